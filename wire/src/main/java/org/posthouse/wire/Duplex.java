package org.posthouse.wire;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Optional;

/// A conversation of bytes between a server and its client: a socket, a TLS socket, or a stream inside a link.
/// Blocking, for one virtual thread a conversation; [#close] from another thread ends a blocked read or write.
public interface Duplex extends AutoCloseable {

    /// Bytes from the client. A read that waits longer than the read timeout throws
    /// [java.net.SocketTimeoutException] and can be repeated.
    InputStream input();

    /// Bytes to the client; the caller buffers. A write that the client does not take within the write deadline
    /// (60 s) closes the conversation and throws.
    OutputStream output();

    /// The client's address: the real one, also behind a front end.
    InetSocketAddress remote();

    /// Whether the client's side is encrypted (TLS may end at a front end).
    boolean secure();

    /// Whether [#startTls] can be called.
    boolean offersTls();

    /// Goes on in TLS; this conversation must not be used any more.
    ///
    /// @throws IOException if the handshake fails; the conversation is closed then
    Duplex startTls() throws IOException;

    /// How long a read may wait from now on; zero for ever.
    void readTimeout(Duration timeout) throws IOException;

    /// What ties a log-in to this conversation's TLS; empty where TLS does not end in this process.
    default Optional<ChannelBinding> channelBinding() {
        return Optional.empty();
    }

    /// From here on nobody but the conversation itself writes: no farewell in plain text fits into what is sent
    /// compressed.
    default void noFarewell() {}

    /// Ends the conversation. Does not throw.
    @Override
    void close();
}
