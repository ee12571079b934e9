package org.posthouse.testkit;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509TrustManager;

/// The client's end of a line protocol: buffered both ways, with one deadline for each exchange that covers
/// connecting, every read and every write of it. Not thread-safe; [#close] may come from any thread.
final class ClientSocket implements AutoCloseable {
    private static final int BUFFER_BYTES = 64 << 10;
    private static final int LINE_BYTES_MAX = 16 << 20;
    private static final int LITERAL_BYTES_MAX = 256 << 20;

    // A blocked write has no timeout in Java: this thread closes the sockets whose write is overdue.
    private static final Set<ClientSocket> OPEN = ConcurrentHashMap.newKeySet();
    private static final ScheduledExecutorService OVERDUE = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("client-socket-deadlines").factory());

    static {
        var _ = OVERDUE.scheduleWithFixedDelay(
                () -> OPEN.forEach(ClientSocket::closeIfOverdue), 250, 250, TimeUnit.MILLISECONDS);
    }

    private final String server;
    private final byte[] incoming = new byte[BUFFER_BYTES];
    private final byte[] outgoing = new byte[BUFFER_BYTES];
    private volatile Socket socket;
    private volatile boolean writing;
    private volatile long deadlineNanos;
    private volatile String exchange = "connecting";
    private Duration limit;
    private InputStream in;
    private OutputStream out;
    private int next;
    private int end;
    private int pending;

    private ClientSocket(Socket socket, InetSocketAddress address, Duration limit) {
        this.socket = socket;
        this.server = address.getHostString() + ":" + address.getPort();
        this.limit = limit;
    }

    static ClientSocket connect(InetSocketAddress address, Duration limit) throws IOException {
        Socket socket = new Socket();
        ClientSocket client = new ClientSocket(socket, address, limit);
        try {
            client.begin("the connection");
            socket.setTcpNoDelay(true);
            socket.connect(address, (int) limit.toMillis());
            client.in = socket.getInputStream();
            client.out = socket.getOutputStream();
        } catch (IOException e) {
            client.close();
            throw new IOException("cannot connect to " + client.server + ": " + e.getMessage(), e);
        }
        OPEN.add(client);
        return client;
    }

    String server() {
        return server;
    }

    /// How long an exchange may take from now on.
    void limit(Duration each) {
        limit = each;
    }

    /// Starts an exchange: the deadline counts anew.
    void begin(String what) {
        exchange = what;
        deadlineNanos = System.nanoTime() + limit.toNanos();
    }

    /// Starts an exchange with a limit of its own.
    void begin(String what, Duration ownLimit) {
        exchange = what;
        deadlineNanos = System.nanoTime() + ownLimit.toNanos();
    }

    void write(String ascii) throws IOException {
        write(ascii.getBytes(StandardCharsets.UTF_8));
    }

    void write(byte[] bytes) throws IOException {
        write(bytes, 0, bytes.length);
    }

    void write(byte[] bytes, int offset, int length) throws IOException {
        if (pending + length > outgoing.length) {
            flush();
        }
        if (length >= outgoing.length) {
            send(bytes, offset, length);
            return;
        }
        System.arraycopy(bytes, offset, outgoing, pending, length);
        pending += length;
    }

    void flush() throws IOException {
        if (pending > 0) {
            int length = pending;
            pending = 0;
            send(outgoing, 0, length);
        }
    }

    private void send(byte[] bytes, int offset, int length) throws IOException {
        writing = true;
        try {
            out.write(bytes, offset, length);
            out.flush();
        } catch (IOException e) {
            throw overdue() ? late(e) : lost(e);
        } finally {
            writing = false;
        }
    }

    /// A line without its end.
    String readLine() throws IOException {
        StringBuilder begun = null;
        while (true) {
            if (next == end) {
                fill();
            }
            int at = next;
            while (at < end && incoming[at] != '\n') {
                at++;
            }
            String part = new String(incoming, next, at - next, StandardCharsets.ISO_8859_1);
            boolean whole = at < end;
            next = whole ? at + 1 : at;
            if (whole && begun == null) {
                return chomped(part);
            }
            begun = begun == null ? new StringBuilder(part) : begun.append(part);
            if (whole) {
                return chomped(begun.toString());
            }
            if (begun.length() > LINE_BYTES_MAX) {
                throw new IOException(server + " sent a line longer than " + LINE_BYTES_MAX + " bytes");
            }
        }
    }

    private static String chomped(String line) {
        return line.endsWith("\r") ? line.substring(0, line.length() - 1) : line;
    }

    byte[] readFully(int length) throws IOException {
        if (length > LITERAL_BYTES_MAX) {
            throw new IOException(server + " announced " + length + " bytes, more than this client takes");
        }
        byte[] bytes = new byte[length];
        int done = Math.min(length, end - next);
        System.arraycopy(incoming, next, bytes, 0, done);
        next += done;
        while (done < length) {
            done += receive(bytes, done, length - done);
        }
        return bytes;
    }

    private void fill() throws IOException {
        next = 0;
        end = 0;
        end = receive(incoming, 0, incoming.length);
    }

    private int receive(byte[] into, int offset, int length) throws IOException {
        flush();
        int taken;
        try {
            long millis = TimeUnit.NANOSECONDS.toMillis(deadlineNanos - System.nanoTime());
            if (millis <= 0) {
                throw new SocketTimeoutException("deadline passed");
            }
            socket.setSoTimeout((int) Math.min(millis, Integer.MAX_VALUE));
            taken = in.read(into, offset, length);
        } catch (SocketTimeoutException e) {
            throw late(e);
        } catch (IOException e) {
            throw lost(e);
        }
        if (taken < 0) {
            throw new EOFException(server + " closed the connection in " + exchange);
        }
        return taken;
    }

    /// Goes on in TLS, trusting any certificate: what is tested and measured here is not the trust.
    void startTls() throws IOException {
        if (end != next) {
            throw new IOException(server + " sent something in clear behind its answer to STARTTLS");
        }
        try {
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(null, new TrustManager[] {new TrustsAny()}, new SecureRandom());
            SSLSocket encrypted = (SSLSocket) context.getSocketFactory().createSocket(socket, server, 0, true);
            encrypted.setUseClientMode(true);
            encrypted.setSoTimeout((int) limit.toMillis());
            encrypted.startHandshake();
            socket = encrypted;
            in = encrypted.getInputStream();
            out = encrypted.getOutputStream();
        } catch (GeneralSecurityException e) {
            throw new IOException("this Java offers no TLS", e);
        }
    }

    private boolean overdue() {
        return System.nanoTime() - deadlineNanos > 0;
    }

    private void closeIfOverdue() {
        if (writing && overdue()) {
            close();
        }
    }

    private SocketTimeoutException late(IOException cause) {
        SocketTimeoutException late = new SocketTimeoutException(
                server + " did not finish " + exchange + " within " + limit.toMillis() + " ms");
        late.initCause(cause);
        return late;
    }

    private IOException lost(IOException cause) {
        return new IOException(
                "lost the connection to " + server + " in " + exchange + ": " + cause.getMessage(), cause);
    }

    @Override
    public void close() {
        OPEN.remove(this);
        try {
            socket.close();
        } catch (IOException _) {
            // Nothing is left to be done with a socket that does not even close.
            // A socket that does not even close leaves nothing else to be done.
        }
    }

    private static final class TrustsAny implements X509TrustManager {
        @Override
        public void checkClientTrusted(X509Certificate[] chain, String authType) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String authType) {}

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return new X509Certificate[0];
        }
    }
}
