package org.posthouse.wire;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.Optional;
import javax.net.ssl.SSLSocket;

/// A client's conversation over a socket, plain or in TLS.
///
/// A blocking socket has no write timeout, so a [WriteWatchdog] closes the socket under a write that takes too
/// long. For that, and because `SSLSocket.close` waits for a write under way, TLS is always layered over a plain
/// socket that can be closed by itself.
public final class SocketDuplex implements Duplex {
    private final SocketConnection connection;
    private final boolean secure;
    private final InputStream input;
    private final OutputStream output;

    private SocketDuplex(SocketConnection connection, InputStream in, OutputStream out, boolean secure) {
        this.connection = connection;
        this.secure = secure;
        this.input = connection.guarded(in);
        this.output = connection.guarded(out);
    }

    /// A plain conversation over an accepted or connected socket.
    ///
    /// @param tls for [#startTls]; empty if not offered
    /// @param watchdog guards writes, until [#close]
    public static SocketDuplex plain(Socket socket, Optional<TlsIdentity> tls, WriteWatchdog watchdog)
            throws IOException {
        socket.setTcpNoDelay(true);
        SocketConnection connection = new SocketConnection(socket, tls, watchdog);
        return new SocketDuplex(connection, socket.getInputStream(), socket.getOutputStream(), false);
    }

    @Override
    public InputStream input() {
        return input;
    }

    @Override
    public OutputStream output() {
        return output;
    }

    @Override
    public InetSocketAddress remote() {
        return connection.remote();
    }

    @Override
    public boolean secure() {
        return secure;
    }

    @Override
    public boolean offersTls() {
        return !secure && connection.tls().isPresent();
    }

    /// {@inheritDoc} The handshake must be done within the write deadline.
    @Override
    public SocketDuplex startTls() throws IOException {
        if (!offersTls()) {
            throw new IllegalStateException("TLS is not offered on this connection, or is in use already");
        }
        SSLSocket layered = connection.handshake();
        return new SocketDuplex(connection, layered.getInputStream(), layered.getOutputStream(), true);
    }

    @Override
    public Optional<ChannelBinding> channelBinding() {
        return secure ? connection.channelBinding() : Optional.empty();
    }

    @Override
    public void noFarewell() {
        connection.noFarewell();
    }

    @Override
    public void readTimeout(Duration timeout) throws IOException {
        connection.readTimeout(timeout);
    }

    /// {@inheritDoc} In TLS a close_notify goes out, unless a write is under way.
    @Override
    public void close() {
        connection.close();
    }

    /// What the listener needs beyond the conversation.
    SocketConnection connection() {
        return connection;
    }
}
