package org.posthouse.replication;

/// One member of a Raft group's configuration.
///
/// @param id who
/// @param host address on which its replication port listens
/// @param port that port
/// @param role whether it votes
/// @param priority Raft priority: owner and heir 1, others 0 (DESIGN.md section 4, "Priorities")
public record Member(MemberId id, String host, int port, Role role, int priority) {

    /// A voter takes part in elections and majorities; a listener only follows the log.
    public enum Role {
        VOTER,
        LISTENER
    }
}
