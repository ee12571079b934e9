package org.posthouse.wire;

import java.io.IOException;
import java.time.Duration;
import java.util.function.Consumer;

/// A standing mutual-TLS connection between two processes of a cluster, carrying many streams, calls and notices.
/// The implementation and the way to get one is [Links] (towards a peer, reconnecting by itself) and
/// [LinkServer] (from peers). All methods may be used by many threads.
public interface Link extends AutoCloseable {

    /// The peer's name as its certificate says: `node:n1`, `front-end:f1`, `operator:admin`.
    String peer();

    /// The certificate that the peer showed.
    PeerCertificate certificate();

    /// Opens a stream; returns without waiting for the peer.
    ///
    /// @throws IOException if the link is down
    LinkStream open(Opening opening) throws IOException;

    /// Asks and waits for the answer.
    ///
    /// @param request and answer: at most 4 MB
    /// @throws java.net.SocketTimeoutException if no answer comes within the deadline
    /// @throws RemoteException if the peer's service refused or failed; its message is the peer's
    /// @throws IOException if the link is down or goes down meanwhile
    default byte[] call(Opening head, byte[] request, Duration deadline) throws IOException {
        return call(head, request, deadline, _ -> {});
    }

    /// The same, for one who may learn meanwhile that the peer is not to be waited for.
    ///
    /// @param underWay given the call's stream before the wait begins: to reset it ends the wait by
    ///     an [IOException]
    byte[] call(Opening head, byte[] request, Duration deadline, Consumer<LinkStream> underWay) throws IOException;

    /// Sends a message that nobody answers; dropped if the link is down or its queue is full.
    ///
    /// @return whether it was queued
    boolean notice(Opening head, byte[] message);

    /// Whether the link stands now.
    boolean up();

    /// Ends the link and everything in it.
    @Override
    void close();
}
