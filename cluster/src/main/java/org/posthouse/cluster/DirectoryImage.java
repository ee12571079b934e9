package org.posthouse.cluster;

import java.util.List;
import java.util.SortedMap;

/// The directory as part of the cluster's image. Keys are canonical: addresses `local@domain` with the domain
/// in lower case, and the local part in lower case too; domains in lower case.
///
/// @param domains those for which this cluster receives mail
/// @param users by address
/// @param aliases by address
public record DirectoryImage(
        SortedMap<String, Domain> domains, SortedMap<String, User> users, SortedMap<String, Alias> aliases) {

    /// A domain for which mail is received here.
    public record Domain(String name) {}

    /// A user.
    ///
    /// @param passwordHash as the `directory` module writes it (its scheme in front)
    /// @param virtualServer holds the user's mailboxes
    /// @param quotaBytes 0 for none
    public record User(String address, String passwordHash, String virtualServer, boolean enabled, long quotaBytes) {}

    /// Another address for users; all on one virtual server until there is a transport queue.
    public record Alias(String address, List<String> targets) {}
}
