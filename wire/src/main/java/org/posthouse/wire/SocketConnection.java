package org.posthouse.wire;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import javax.net.ssl.SSLSocket;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A socket with TLS layered over it or not, a deadline for writes, and a way to say farewell: what the views
/// ([SocketDuplex]) of one connection before and after STARTTLS have in common.
///
/// Invariants:
/// - Whoever writes holds `writing`, and has set `busySince` for the watchdog before it blocks.
/// - A farewell is written only while the conversation waits for its client (`reading`), so never into the middle
///   of an answer; after it nothing more is written.
final class SocketConnection {
    private static final Logger LOG = LoggerFactory.getLogger(SocketConnection.class);
    private static final int DRAIN_BYTES_MAX = 1 << 20;
    private static final int DRAIN_MILLIS_MAX = 1000;

    private final Socket socket;
    private volatile InetSocketAddress remote;
    private final Optional<TlsIdentity> tls;
    private final WriteWatchdog watchdog;
    private final ReentrantLock writing = new ReentrantLock();
    private volatile SSLSocket layered;
    private volatile long busySince; // nanoTime of a write or handshake under way, 0 for none
    private volatile boolean reading;
    private volatile byte[] farewell;
    private volatile boolean farewellFits = true;
    private boolean farewellSaid; // guarded by `writing`
    private volatile boolean over;

    SocketConnection(Socket socket, Optional<TlsIdentity> tls, WriteWatchdog watchdog) {
        this.socket = socket;
        this.remote = (InetSocketAddress) socket.getRemoteSocketAddress();
        this.tls = tls;
        this.watchdog = watchdog;
        watchdog.guard(this);
    }

    InetSocketAddress remote() {
        return remote;
    }

    /// Who the client is, on the word of the balancer whose socket this is.
    void passedOnFor(InetSocketAddress client) {
        remote = client;
    }

    Optional<TlsIdentity> tls() {
        return tls;
    }

    /// Of the TLS that was layered over the socket, where that has any.
    Optional<ChannelBinding> channelBinding() {
        return Optional.ofNullable(layered)
                .map(tlsSocket -> new ChannelBinding(
                        tlsSocket.getSession(), tls.orElseThrow().chain().getFirst()))
                .filter(ChannelBinding::exists);
    }

    /// Plain text would be read as something else: whoever is sent away is so without a word.
    void noFarewell() {
        farewellFits = false;
    }

    void readTimeout(Duration timeout) throws IOException {
        int millis = (int) Math.min(Integer.MAX_VALUE, timeout.toMillis());
        // A positive timeout below a millisecond must not become "for ever".
        socket.setSoTimeout(timeout.isPositive() ? Math.max(1, millis) : 0);
    }

    SSLSocket handshake() throws IOException {
        busy();
        int timeoutBefore = socket.getSoTimeout();
        try {
            TlsIdentity identity = tls.orElseThrow();
            SSLSocket upgraded = (SSLSocket) identity.context()
                    .getSocketFactory()
                    .createSocket(socket, remote.getAddress().getHostAddress(), remote.getPort(), true);
            upgraded.setUseClientMode(false);
            upgraded.setEnabledProtocols(identity.protocols());
            layered = upgraded;
            socket.setSoTimeout((int) Math.max(1, watchdog.deadline().toMillis()));
            upgraded.startHandshake();
            socket.setSoTimeout(timeoutBefore);
            return upgraded;
        } catch (IOException e) {
            close();
            throw e;
        } finally {
            busySince = 0;
        }
    }

    /// Closes a connection whose write has been under way for longer than the deadline.
    void closeIfStuck(long now, long deadlineNanos) {
        long since = busySince;
        if (since != 0 && now - since > deadlineNanos) {
            LOG.info("{} did not take what was sent to it within {} s: closed", remote, deadlineNanos / 1_000_000_000);
            abort();
        }
    }

    /// Ends the conversation with a last line: at once if it waits for its client, else as soon as it does.
    void dismiss(byte[] line) {
        farewell = line;
        if (reading) {
            sayFarewell();
        }
    }

    void close() {
        if (over) {
            return;
        }
        SSLSocket tlsSocket = layered;
        // Another thread's write holds the lock: then there is no time for manners.
        if (tlsSocket != null && writing.tryLock()) {
            try {
                busy();
                tlsSocket.close();
            } catch (IOException e) {
                LOG.debug("{}: no orderly end of TLS: {}", remote, e.toString());
            } finally {
                busySince = 0;
                writing.unlock();
            }
        }
        abort();
    }

    /// Closes so that the client gets the last answer even if it has sent more than was read: a socket closed
    /// with unread input sends a reset, and the client's kernel then drops what it had not delivered yet.
    void closeGently() {
        if (!over) {
            try {
                endOutput();
                drain();
            } catch (IOException e) {
                LOG.debug("{}: gone before its connection was closed: {}", remote, e.toString());
            }
        }
        close();
    }

    private void endOutput() throws IOException {
        SSLSocket tlsSocket = layered;
        if (tlsSocket != null) {
            busy();
            try {
                tlsSocket.shutdownOutput(); // a close_notify
            } finally {
                busySince = 0;
            }
        }
        if (!socket.isOutputShutdown()) {
            socket.shutdownOutput();
        }
    }

    private void drain() throws IOException {
        long until = System.nanoTime() + DRAIN_MILLIS_MAX * 1_000_000L;
        byte[] dropped = new byte[8 << 10];
        InputStream in = socket.getInputStream();
        for (long count = 0; count < DRAIN_BYTES_MAX; ) {
            int left = (int) ((until - System.nanoTime()) / 1_000_000);
            if (left <= 0) {
                return;
            }
            socket.setSoTimeout(left);
            int taken;
            try {
                taken = in.read(dropped);
            } catch (SocketTimeoutException e) {
                return; // the client keeps its side open: enough was done for it
            }
            if (taken < 0) {
                return;
            }
            count += taken;
        }
    }

    private void abort() {
        over = true;
        watchdog.release(this);
        try {
            socket.close();
        } catch (IOException e) {
            LOG.debug("{}: closing failed: {}", remote, e.toString());
        }
    }

    private void busy() {
        long now = System.nanoTime();
        busySince = now == 0 ? 1 : now;
    }

    private void sayFarewell() {
        if (!writing.tryLock()) {
            return; // it is answering after all; its next read comes here again
        }
        try {
            byte[] line = farewell;
            if (over || line == null || farewellSaid) {
                return;
            }
            farewellSaid = true;
            busy();
            SSLSocket tlsSocket = layered;
            OutputStream out = tlsSocket == null ? socket.getOutputStream() : tlsSocket.getOutputStream();
            if (farewellFits) {
                out.write(line);
                out.flush();
            }
            if (tlsSocket == null) {
                socket.shutdownOutput();
            }
        } catch (IOException e) {
            LOG.debug("{}: left before its farewell: {}", remote, e.toString());
        } finally {
            busySince = 0;
            writing.unlock();
        }
        close();
    }

    InputStream guarded(InputStream in) {
        return new InputStream() {
            @Override
            public int read() throws IOException {
                byte[] one = new byte[1];
                return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
            }

            @Override
            public int read(byte[] into, int offset, int length) throws IOException {
                reading = true;
                try {
                    if (farewell != null) {
                        sayFarewell();
                        return -1;
                    }
                    return in.read(into, offset, length);
                } catch (SocketException e) {
                    if (farewell != null) {
                        return -1; // the farewell closed the socket under this read
                    }
                    throw e;
                } finally {
                    reading = false;
                }
            }

            @Override
            public int available() throws IOException {
                return in.available();
            }

            @Override
            public void close() {
                SocketConnection.this.close();
            }
        };
    }

    OutputStream guarded(OutputStream out) {
        return new OutputStream() {
            @Override
            public void write(int octet) throws IOException {
                write(new byte[] {(byte) octet}, 0, 1);
            }

            @Override
            public void write(byte[] bytes, int offset, int length) throws IOException {
                writing.lock();
                try {
                    if (farewellSaid) {
                        throw new SocketException("the conversation was ended with a farewell");
                    }
                    busy();
                    out.write(bytes, offset, length);
                } finally {
                    busySince = 0;
                    writing.unlock();
                }
            }

            @Override
            public void flush() throws IOException {
                // Neither sockets nor TLS sockets keep anything back.
            }

            @Override
            public void close() {
                SocketConnection.this.close();
            }
        };
    }
}
