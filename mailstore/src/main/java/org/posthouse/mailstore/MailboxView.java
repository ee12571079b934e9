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

    /// Copies all UIDs, as unsigned numbers of 32 bits.
    ///
    /// @param into has room for [#size]
    default void uids(int[] into) {
        for (int i = 0; i < size(); i++) {
            into[i] = (int) uid(i);
        }
    }

    /// Position of the first message that lacks a system flag ([Flags]), or -1.
    default int firstWithout(int systemFlag) {
        for (int i = 0; i < size(); i++) {
            if (!flags(i).has(systemFlag)) {
                return i;
            }
        }
        return -1;
    }

    /// The mailbox's highest mod-sequence at that entry.
    long highestModSeq();

    /// The next UID at that entry.
    long uidNext();
}
