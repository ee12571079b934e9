package org.posthouse.mailstore;

import org.posthouse.mail.Flags;

/// The messages of a mailbox in UID order at one applied entry; positions from 0. Immutable.
public interface MailboxView {
    /// How many messages.
    int size();

    /// UID of the message at a position.
    long uid(int position);

    /// Its mod-sequence.
    long modSeq(int position);

    /// Its flags.
    Flags flags(int position);

    /// Where a UID is, or, as [java.util.Arrays#binarySearch] says it, where it would be.
    int indexOf(long uid);

    /// The mailbox's highest mod-sequence at that entry.
    long highestModSeq();

    /// The next UID at that entry.
    long uidNext();
}
