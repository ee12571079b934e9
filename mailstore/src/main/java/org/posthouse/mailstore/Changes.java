package org.posthouse.mailstore;

import java.util.List;

/// What happened in a mailbox after a mod-sequence, up to `highestModSeq`.
///
/// @param changed rows that came or changed and are still there, in UID order
/// @param expunged what went, by (mod-sequence, UID)
public record Changes(long highestModSeq, long uidNext, List<MessageRow> changed, List<Gone> expunged) {

    /// A message that went.
    public record Gone(long modSeq, long uid, long savedModSeq) {}
}
