package org.posthouse.wire;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import javax.net.ssl.SSLSocket;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// One standing connection and everything in it; the same at both ends, but that the end that connected gives its
/// streams odd numbers and the other even ones.
///
/// Invariants: one lock guards the table of streams, all streams' states and the outbox. The reading thread never
/// waits for a reader of a stream (windows bound what may arrive), nor for the socket's sending side, so a sign of
/// life is always seen. The two threads are platform threads, not virtual ones: native calls elsewhere (RocksDB,
/// fsync) may hold all carriers of virtual threads for a while, and that must not look like this machine's death.
///
/// Liveness: each end sends something at least once a tick, an eighth of [LinkSettings#liveness], and gives the
/// other up after eight ticks of its own without a sign. A machine that was paused itself counts only one tick
/// for the whole pause and finds what the peer sent meanwhile.
final class LinkConnection implements Link {
    private static final int MESSAGE_BYTES_MAX = 4 << 20;
    private static final int STREAM_ID_MAX = Integer.MAX_VALUE - 2;
    private static final Duration FAREWELL = Duration.ofMillis(500);
    private static final Duration REQUEST_DEADLINE = Duration.ofSeconds(60);
    private static final Duration ANSWER_DEADLINE = Duration.ofSeconds(60);
    private static final Logger log = LoggerFactory.getLogger(LinkConnection.class);

    private final Socket socket;
    private final String peer;
    private final PeerCertificate certificate;
    private final InetSocketAddress address;
    private final boolean initiator;
    private final LinkSettings settings;
    private final LinkServices services;
    private final int peerWindowBytes;
    private final DataInputStream in;
    private final OutputStream out;

    private final ReentrantLock lock = new ReentrantLock();
    private final LinkOutbox outbox;
    private final Map<Integer, ConnectedStream> streams = new HashMap<>();
    private final CountDownLatch ended = new CountDownLatch(1);
    private int nextId;
    private int lastRemoteId;
    private int servedStreams;
    private int servedCalls;
    private int silentTicks;
    private String downReason;
    private volatile boolean heard;

    private LinkConnection(
            Socket socket,
            SSLSocket tls,
            LinkHandshake shown,
            boolean initiator,
            LinkSettings settings,
            LinkServices services)
            throws IOException {
        this.socket = socket;
        this.peer = shown.peer();
        this.certificate = shown.certificate();
        this.address = (InetSocketAddress) socket.getRemoteSocketAddress();
        this.initiator = initiator;
        this.settings = settings;
        this.services = services;
        this.nextId = initiator ? 1 : 2;
        this.outbox = new LinkOutbox(lock, settings);
        this.in = new DataInputStream(new BufferedInputStream(new Ear(tls.getInputStream()), Frame.PAYLOAD_BYTES_MAX));
        this.out = tls.getOutputStream();
        // Both greet before either believes in the link. In TLS 1.3 a client is done with its handshake before the
        // server has looked at the client's certificate: only the greeting says that it was accepted.
        ByteBuffer hello = ByteBuffer.allocate(64);
        Frame.hello(settings.windowBytes()).put(hello);
        out.write(hello.array(), 0, hello.position());
        out.flush();
        Frame answer = Frame.read(in);
        if (answer.type() == Frame.Type.BYE) {
            throw new IOException(peer + " refuses the link: " + answer.reason());
        }
        this.peerWindowBytes = answer.helloWindow();
    }

    /// Makes a connected socket a link, as the end that connected.
    ///
    /// @param expected the name that the peer's certificate must carry
    /// @throws IOException if the peer is somebody else or refuses; the socket is closed then
    static LinkConnection connect(
            Socket socket,
            InetSocketAddress to,
            String expected,
            PeerIdentity identity,
            LinkSettings settings,
            LinkServices services)
            throws IOException {
        return establish(socket, () -> {
            // Host and port are the key under which TLS remembers sessions to resume.
            SSLSocket tls = (SSLSocket)
                    identity.context().getSocketFactory().createSocket(socket, to.getHostString(), to.getPort(), true);
            tls.setUseClientMode(true);
            LinkHandshake shown = LinkHandshake.with(socket, tls, identity, settings);
            if (!shown.peer().equals(expected)) {
                throw new IOException(to + " is " + shown.peer() + ", not " + expected);
            }
            return new LinkConnection(socket, tls, shown, true, settings, services);
        });
    }

    /// Makes an accepted socket a link.
    ///
    /// @throws IOException if the peer has no certificate of this cluster; the socket is closed then
    static LinkConnection accept(Socket socket, PeerIdentity identity, LinkSettings settings, LinkServices services)
            throws IOException {
        return establish(socket, () -> {
            SSLSocket tls = (SSLSocket) identity.context().getSocketFactory().createSocket(socket, null, true);
            tls.setUseClientMode(false);
            tls.setNeedClientAuth(true);
            LinkHandshake shown = LinkHandshake.with(socket, tls, identity, settings);
            return new LinkConnection(socket, tls, shown, false, settings, services);
        });
    }

    private interface Attempt {
        LinkConnection make() throws IOException;
    }

    private static LinkConnection establish(Socket socket, Attempt attempt) throws IOException {
        try {
            LinkConnection link = attempt.make();
            // From here on silence is found by ticks.
            socket.setSoTimeout(0);
            return link;
        } catch (IOException | RuntimeException e) {
            closeQuietly(socket);
            throw e;
        }
    }

    /// Starts reading and writing.
    ///
    /// @param onDown told once with the reason when the link has gone down
    void start(Consumer<String> onDown) {
        Thread.ofPlatform().daemon().name("link-" + peer + "-write").start(this::write);
        Thread.ofPlatform().daemon().name("link-" + peer + "-read").start(() -> {
            read();
            onDown.accept(downReason());
        });
    }

    // ---- for streams and the outbox ----

    ReentrantLock lock() {
        return lock;
    }

    LinkOutbox outbox() {
        return outbox;
    }

    LinkSettings settings() {
        return settings;
    }

    InetSocketAddress address() {
        return address;
    }

    /// Whether this end opens streams with such a number.
    boolean opens(int id) {
        return (id & 1) == (initiator ? 1 : 0);
    }

    /// Takes a stream out of the table. Wants the lock held.
    void forget(int id) {
        streams.remove(id);
    }

    /// Sends before all streams. Wants the lock held.
    void urgent(Frame frame) {
        if (downReason == null && !outbox.urgent(frame)) {
            fail("the peer does not read");
        }
    }

    // ---- Link ----

    @Override
    public String peer() {
        return peer;
    }

    @Override
    public PeerCertificate certificate() {
        return certificate;
    }

    @Override
    public boolean up() {
        return downReason() == null;
    }

    private String downReason() {
        lock.lock();
        try {
            return downReason;
        } finally {
            lock.unlock();
        }
    }

    @Override
    public LinkStream open(Opening opening) throws IOException {
        return open(Frame.Type.OPEN, opening);
    }

    private ConnectedStream open(Frame.Type type, Opening opening) throws IOException {
        lock.lock();
        try {
            if (downReason != null) {
                throw new IOException("the link to " + peer + " is down: " + downReason);
            }
            if (nextId >= STREAM_ID_MAX) {
                fail("all stream numbers are used up");
                throw new IOException("the link to " + peer + " must be made anew");
            }
            int id = nextId;
            Frame frame = Frame.opening(type, id, opening, new byte[0]);
            nextId += 2;
            ConnectedStream stream = new ConnectedStream(this, id, opening, peerWindowBytes);
            streams.put(id, stream);
            stream.sendOpening(frame);
            return stream;
        } finally {
            lock.unlock();
        }
    }

    @Override
    public byte[] call(Opening head, byte[] request, Duration deadline, Consumer<LinkStream> underWay)
            throws IOException {
        requireMessage(request.length);
        long end = System.nanoTime() + deadline.toNanos();
        ConnectedStream stream = null;
        // Under one hold of the lock, so that a small request leaves in one batch with its opening.
        lock.lock();
        try {
            stream = open(Frame.Type.CALL, head);
            stream.write(request, 0, request.length, end);
            stream.finish();
        } catch (IOException e) {
            if (stream != null) {
                stream.close();
            }
            throw e;
        } finally {
            lock.unlock();
        }
        try {
            underWay.accept(stream);
            return collect(stream, end);
        } catch (SocketTimeoutException e) {
            stream.reset("no answer within the deadline");
            throw new SocketTimeoutException(
                    peer + " did not answer '" + head.kind() + "' within " + deadline.toMillis() + " ms");
        } finally {
            stream.close();
        }
    }

    private static byte[] collect(ConnectedStream stream, long end) throws IOException {
        ByteArrayOutputStream whole = null;
        byte[] first = null;
        while (true) {
            // A timeout of zero would mean for ever.
            stream.readTimeout(Duration.ofNanos(Math.max(1, end - System.nanoTime())));
            byte[] piece = stream.take();
            if (piece == null) {
                return whole != null ? whole.toByteArray() : first != null ? first : new byte[0];
            }
            if (first == null) {
                first = piece;
                continue;
            }
            if (whole == null) {
                whole = new ByteArrayOutputStream(first.length + piece.length);
                whole.writeBytes(first);
            }
            whole.writeBytes(piece);
            if (whole.size() > MESSAGE_BYTES_MAX) {
                String tooLong = "a message over " + MESSAGE_BYTES_MAX + " bytes";
                stream.reset(tooLong);
                throw new IOException(tooLong);
            }
        }
    }

    private static void requireMessage(int length) {
        if (length > MESSAGE_BYTES_MAX) {
            throw new IllegalArgumentException("a message of " + length + " bytes is too long for a call");
        }
    }

    @Override
    public boolean notice(Opening head, byte[] message) {
        Frame frame = Frame.opening(Frame.Type.NOTICE, 0, head, message);
        lock.lock();
        try {
            return downReason == null && outbox.notice(frame);
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void close() {
        close("closed by the other end");
    }

    /// Ends the link, telling the peer why, when what is queued has gone out or half a second is over.
    void close(String reason) {
        lock.lock();
        try {
            if (downReason == null) {
                outbox.close(Frame.reason(Frame.Type.BYE, 0, reason));
            }
        } finally {
            lock.unlock();
        }
        try {
            boolean _ = ended.await(FAREWELL.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
        fail("closed here");
    }

    /// Ends the link at once, for this reason unless it is down already.
    void fail(String reason) {
        List<ConnectedStream> lost;
        lock.lock();
        try {
            if (downReason != null) {
                return;
            }
            downReason = reason;
            lost = new ArrayList<>(streams.values());
            streams.clear();
            IOException why = new IOException("the link to " + peer + " was lost: " + reason);
            lost.forEach(stream -> stream.fail(why, true));
            outbox.abort();
        } finally {
            lock.unlock();
        }
        // The bare socket: TLS would first say goodbye, and wait for whoever is stuck in a write.
        closeQuietly(socket);
        ended.countDown();
    }

    private static void closeQuietly(Socket socket) {
        try {
            socket.close();
        } catch (IOException e) {
            log.debug("Closing a link's socket failed.", e);
        }
    }

    /// Called once a tick: counts silence, and breaks its own.
    void tick() {
        boolean dead = false;
        lock.lock();
        try {
            if (downReason != null) {
                return;
            }
            silentTicks = heard ? 0 : silentTicks + 1;
            heard = false;
            dead = silentTicks >= LinkSettings.TICKS_PER_LIVENESS;
            if (!dead && !outbox.sentSinceAsked()) {
                urgent(Frame.of(Frame.Type.PING, 0));
            }
        } finally {
            lock.unlock();
        }
        if (dead) {
            fail("nothing heard for " + settings.liveness().toMillis() + " ms");
        }
    }

    // ---- the two threads ----

    private void write() {
        try {
            outbox.run(out);
            fail("closed here");
        } catch (IOException e) {
            fail(describe(e));
        } catch (RuntimeException e) {
            log.error("Writing to {} failed for a reason of our own; the link is made anew.", peer, e);
            fail("an internal error");
        }
    }

    private void read() {
        try {
            while (up()) {
                take(Frame.read(in));
            }
        } catch (IOException e) {
            fail(describe(e));
        } catch (RuntimeException e) {
            log.error("Reading from {} failed for a reason of our own; the link is made anew.", peer, e);
            fail("an internal error");
        }
    }

    private static String describe(IOException e) {
        if (e instanceof EOFException) {
            return "the peer's process ended or dropped it";
        }
        return e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
    }

    /// Notes every sign of life, not only whole frames: a large one takes its time on a slow line.
    private final class Ear extends FilterInputStream {
        Ear(InputStream in) {
            super(in);
        }

        @Override
        public int read(byte[] into, int offset, int length) throws IOException {
            int taken = super.read(into, offset, length);
            heard = true;
            return taken;
        }
    }

    private void take(Frame frame) throws IOException {
        switch (frame.type()) {
            case PING -> {}
            case HELLO -> throw new IOException("the peer greets twice");
            case BYE -> fail(frame.reason());
            case NOTICE -> takeNotice(frame.opened());
            case OPEN, CALL -> takeOpening(frame);
            case DATA, FINISH, CLOSE, RESET, CREDIT -> takeForStream(frame);
        }
    }

    private void takeForStream(Frame frame) throws IOException {
        lock.lock();
        try {
            ConnectedStream stream = streams.get(frame.stream());
            if (stream == null) {
                // Closed here a moment ago; the peer did not know yet.
                return;
            }
            switch (frame.type()) {
                case DATA -> stream.arrive(frame.payload());
                case FINISH -> stream.remoteFinished();
                case CLOSE -> stream.remoteClosed();
                case RESET -> stream.fail(new RemoteException(frame.reason()), false);
                case CREDIT -> stream.addCredit(frame.creditBytes());
                case HELLO, PING, BYE, NOTICE, OPEN, CALL -> throw new AssertionError(frame.type());
            }
        } finally {
            lock.unlock();
        }
    }

    private void takeNotice(Frame.Opened notice) {
        String kind = notice.opening().kind();
        switch (services.find(kind, peer)) {
            case LinkServices.Found.Refusal(String reason) -> log.debug("Dropped a notice from {}: {}.", peer, reason);
            case LinkServices.Found.Service(LinkService service) -> {
                try {
                    service.notice(this, notice.opening(), notice.message());
                } catch (RuntimeException e) {
                    log.error("A notice of kind '{}' from {} could not be handled.", kind, peer, e);
                }
            }
        }
    }

    private void takeOpening(Frame frame) throws IOException {
        int id = frame.stream();
        if (opens(id) || id <= lastRemoteId) {
            throw new IOException("the peer opens a stream with number " + id);
        }
        lastRemoteId = id;
        Opening opening = frame.opened().opening();
        boolean call = frame.type() == Frame.Type.CALL;
        switch (services.find(opening.kind(), peer)) {
            case LinkServices.Found.Refusal(String reason) -> refuse(id, reason);
            case LinkServices.Found.Service(LinkService service) -> {
                ConnectedStream stream = admit(id, opening, call);
                if (stream == null) {
                    refuse(id, "too many " + (call ? "calls" : "streams") + " on this link");
                } else {
                    serve(service, stream, call);
                }
            }
        }
    }

    private void refuse(int id, String reason) {
        lock.lock();
        try {
            urgent(Frame.reason(Frame.Type.RESET, id, reason));
        } finally {
            lock.unlock();
        }
    }

    /// Takes a stream into the table; `null` if the peer has as many as it may.
    private ConnectedStream admit(int id, Opening opening, boolean call) {
        lock.lock();
        try {
            if (call ? servedCalls >= settings.callsMax() : servedStreams >= settings.streamsMax()) {
                return null;
            }
            ConnectedStream stream = new ConnectedStream(this, id, opening, peerWindowBytes);
            streams.put(id, stream);
            count(call, 1);
            return stream;
        } finally {
            lock.unlock();
        }
    }

    private void serve(LinkService service, ConnectedStream stream, boolean call) {
        String kind = stream.opening().kind();
        Thread.ofVirtual().name(kind + " from " + peer).start(() -> {
            try {
                if (call) {
                    answer(service, stream);
                } else {
                    service.stream(this, stream);
                }
            } catch (IOException e) {
                log.debug("'{}' for {} ended: {}", kind, peer, describe(e));
                stream.reset(describe(e));
            } catch (IllegalArgumentException e) {
                stream.reset(e.getMessage());
            } catch (RuntimeException e) {
                log.error("'{}' for {} failed for a reason of our own.", kind, peer, e);
                stream.reset(e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage());
            } finally {
                stream.close();
                lock.lock();
                try {
                    count(call, -1);
                } finally {
                    lock.unlock();
                }
            }
        });
    }

    private void answer(LinkService service, ConnectedStream stream) throws IOException {
        byte[] request = collect(stream, System.nanoTime() + REQUEST_DEADLINE.toNanos());
        byte[] answer = service.call(this, stream.opening(), request);
        requireMessage(answer.length);
        lock.lock();
        try {
            stream.write(answer, 0, answer.length, System.nanoTime() + ANSWER_DEADLINE.toNanos());
            stream.finish();
        } finally {
            lock.unlock();
        }
    }

    private void count(boolean call, int change) {
        if (call) {
            servedCalls += change;
        } else {
            servedStreams += change;
        }
    }
}
