package org.posthouse.directory;

import java.util.List;
import org.posthouse.cluster.DirectoryImage.User;

/// Who is behind an address.
public sealed interface Resolution {

    /// Mailboxes here, all on one virtual server.
    ///
    /// @param users at least one, in order of address, each once
    record Local(String virtualServer, List<User> users) implements Resolution {}

    /// The domain is ours, the address is nobody's.
    record Unknown() implements Resolution {}

    /// The domain is not ours.
    record Foreign() implements Resolution {}

    /// The user may not receive or log in at present.
    record Disabled() implements Resolution {}

    /// The text is not an address.
    record Malformed() implements Resolution {}

    /// Whether the answer could be wrong because the image it came from is old: everything but a hit.
    default boolean negative() {
        return !(this instanceof Local);
    }
}
