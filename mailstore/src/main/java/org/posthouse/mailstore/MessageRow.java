package org.posthouse.mailstore;

import org.posthouse.mail.Flags;

/// What the index knows of one message in one mailbox.
///
/// @param uid ascending, never reused
/// @param modSeq of its last change
/// @param savedModSeq at which it came
/// @param expungedModSeq at which it went, 0 while it is there
/// @param internalDateSeconds Unix time
/// @param zoneMinutes offset in which the date was given
/// @param savedSeconds when it came into this mailbox (SAVEDATE), leader's clock
/// @param size in bytes
/// @param bodyId of its bytes
public record MessageRow(
        long mailboxId,
        long uid,
        long modSeq,
        long savedModSeq,
        long expungedModSeq,
        Flags flags,
        long internalDateSeconds,
        int zoneMinutes,
        long savedSeconds,
        long size,
        long bodyId) {}
