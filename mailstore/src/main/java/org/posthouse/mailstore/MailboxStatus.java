package org.posthouse.mailstore;

import java.util.List;

/// Counts of a mailbox at one applied entry.
///
/// @param messages how many
/// @param unseen without `\Seen`
/// @param deleted with `\Deleted`
/// @param bytes sum of their sizes
/// @param deletedBytes the same of those with `\Deleted`
/// @param uidNext the next UID
/// @param firstRecent UIDs from here on were recent to nobody yet (RFC 3501 section 2.3.2)
/// @param highestModSeq RFC 7162
/// @param keywords ever used in it, in order of first use
public record MailboxStatus(
        long messages,
        long unseen,
        long deleted,
        long bytes,
        long deletedBytes,
        long uidNext,
        long firstRecent,
        long uidValidity,
        long highestModSeq,
        List<String> keywords) {}
