package org.posthouse.smtp;

import java.util.List;
import org.posthouse.directory.DirectoryClient;
import org.posthouse.directory.Resolution;

/// Where mail for an address goes: the directory's answer as reception needs it, on a node ([#of(Resolution)]) and
/// on a front end ([#of(DirectoryClient.Located)]).
public sealed interface Place {

    /// Mailboxes of this cluster.
    ///
    /// @param users canonical addresses, at least one
    record Local(String virtualServer, List<String> users) implements Place {}

    /// Nowhere.
    record Nowhere(Answer answer) implements Place {}

    /// From a node's own directory.
    static Place of(Resolution resolution) {
        return switch (resolution) {
            case Resolution.Local(String virtualServer, var users) ->
                new Local(
                        virtualServer,
                        users.stream().map(user -> user.address()).toList());
            case Resolution.Unknown() -> new Nowhere(Answer.UNKNOWN_USER);
            case Resolution.Foreign() -> new Nowhere(Answer.RELAYING_DENIED);
            case Resolution.Disabled() -> new Nowhere(Answer.USER_DISABLED);
            case Resolution.Malformed() -> new Nowhere(Answer.BAD_RECIPIENT_SYNTAX);
        };
    }

    /// From what a node answered.
    static Place of(DirectoryClient.Located located) {
        return switch (located.kind()) {
            case LOCAL -> new Local(located.virtualServer(), located.users());
            case UNKNOWN -> new Nowhere(Answer.UNKNOWN_USER);
            case FOREIGN -> new Nowhere(Answer.RELAYING_DENIED);
            case DISABLED -> new Nowhere(Answer.USER_DISABLED);
            case MALFORMED -> new Nowhere(Answer.BAD_RECIPIENT_SYNTAX);
        };
    }
}
