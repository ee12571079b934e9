package org.posthouse.wire;

/// Hears when a link to a peer stands, and when it is lost. Called one at a time for each peer, up and down in
/// turn, on the thread that would reconnect: return soon.
public interface LinkListener {

    /// The link stands.
    void up(Link link);

    /// The link is gone, with every stream in it.
    ///
    /// @param reason for an operator
    void down(Link link, String reason);
}
