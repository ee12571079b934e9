package org.posthouse.mailstore;

import java.util.UUID;

/// Identifies one command of one session, so that its repeat is answered from the record.
///
/// @param session random, 128 bits; all zero means that nothing is recorded
/// @param number given by the front end, ascending
/// @param forwarded number up to which answers have reached the client: their records are dropped
public record CommandId(UUID session, long number, long forwarded) {
    /// Nothing is recorded.
    public static final CommandId NONE = new CommandId(new UUID(0, 0), 0, 0);
}
