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

    /// The link is gone, and the peer's machine refuses a new one: it lives, and the process does not. Called once for
    /// each link lost, after [#down]. Silence is never told so: a frozen process or a cut cable refuses nothing.
    default void gone(String peer) {}
}
