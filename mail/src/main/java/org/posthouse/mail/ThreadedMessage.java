package org.posthouse.mail;

import java.util.List;

/// What threading looks at in a message (RFC 5256 section 3).
///
/// @param number sequence number or UID, never 0
/// @param subject its base subject's key, by which subjects are compared
/// @param replyOrForward whether the subject says that it is one
/// @param sentSeconds Unix time of its Date field; of its arrival where it has none
/// @param id its Message ID, or null
/// @param references what it answers, oldest first: of References, or the first of In-Reply-To
public record ThreadedMessage(
        long number, String subject, boolean replyOrForward, long sentSeconds, String id, List<String> references) {}
