package org.posthouse.wire;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;

/// A stream on a [LinkConnection]. Its state is guarded by the link's lock. An idle one is small: queues and
/// conditions come into being when they are first needed.
///
/// How it ends: each side *finishes* (sends no more), *closes* (nor reads any more: what the other side still
/// sends is dropped, and its writes fail), or *resets* (what is under way is dropped, too). It leaves the link's
/// table when this side has closed or reset it, whatever the other side still sends.
final class ConnectedStream implements LinkStream {
    private static final Duration WRITE_DEADLINE = Duration.ofSeconds(60);
    private static final int DATA_BYTES_MAX = 32 << 10;

    /// One stream's share of what the link has queued to send.
    private static final int PENDING_BYTES_MAX = 128 << 10;

    private final LinkConnection link;
    private final int id;
    private final Opening opening;

    private ArrayDeque<byte[]> arrived;
    private int arrivedOffset;
    private int arrivedBytes;
    private int unreportedBytes;
    private boolean remoteFinished;
    private boolean remoteClosed;
    private Condition readable;
    private long readTimeoutNanos;

    private ArrayDeque<Frame> pending;
    private int pendingBytes;
    private int credit;
    private boolean inRing;
    private boolean openingSent;
    private boolean localFinished;
    private Condition writable;

    private boolean closed;
    private IOException failure;

    /// @param credit how much may be sent before the other side reads
    ConnectedStream(LinkConnection link, int id, Opening opening, int credit) {
        this.link = link;
        this.id = id;
        this.opening = opening;
        this.credit = credit;
        this.openingSent = !link.opens(id);
    }

    @Override
    public Opening opening() {
        return opening;
    }

    @Override
    public InetSocketAddress remote() {
        String text = opening.fields().get("remote");
        int colon = text == null ? -1 : text.lastIndexOf(':');
        if (colon < 0) {
            return link.address();
        }
        try {
            String host = text.substring(0, colon);
            String bare = host.startsWith("[") && host.endsWith("]") ? host.substring(1, host.length() - 1) : host;
            // ofLiteral and never a look-up: the text comes from the other side.
            return new InetSocketAddress(InetAddress.ofLiteral(bare), Integer.parseInt(text.substring(colon + 1)));
        } catch (IllegalArgumentException _) {
            return link.address();
        }
    }

    @Override
    public boolean secure() {
        return Boolean.parseBoolean(opening.fields().getOrDefault("secure", "true"));
    }

    @Override
    public boolean offersTls() {
        return false;
    }

    @Override
    public Duplex startTls() throws IOException {
        throw new IOException("TLS ends at the other side of the link");
    }

    @Override
    public void readTimeout(Duration timeout) {
        link.lock().lock();
        try {
            readTimeoutNanos = timeout.toNanos();
        } finally {
            link.lock().unlock();
        }
    }

    // ---- what arrives; called by the link's reading thread with the lock held ----

    void arrive(byte[] bytes) throws IOException {
        if (remoteFinished) {
            throw new IOException("data behind the end of stream " + id);
        }
        if (arrivedBytes + unreportedBytes + bytes.length > link.settings().windowBytes()) {
            throw new IOException("more data on stream " + id + " than its window allows");
        }
        if (bytes.length == 0) {
            return;
        }
        if (arrived == null) {
            arrived = new ArrayDeque<>(4);
        }
        arrived.add(bytes);
        arrivedBytes += bytes.length;
        wakeReaders();
    }

    void remoteFinished() {
        remoteFinished = true;
        wakeReaders();
    }

    void remoteClosed() {
        remoteFinished = true;
        remoteClosed = true;
        dropPending();
        wakeReaders();
        wakeWriters();
    }

    void addCredit(int bytes) throws IOException {
        if (bytes < 1 || bytes > Integer.MAX_VALUE - credit) {
            throw new IOException("credit of " + bytes + " bytes on stream " + id);
        }
        credit += bytes;
        wakeWriters();
    }

    /// Ends everything: the link is lost, or a side reset the stream. What arrived is dropped, unless all had
    /// arrived before the link was lost: an answer that is whole counts.
    ///
    /// @param lost whether the link was lost
    void fail(IOException why, boolean lost) {
        if (failure == null) {
            failure = why;
        }
        if (!(lost && remoteFinished)) {
            remoteFinished = false;
            arrived = null;
            arrivedBytes = 0;
        }
        dropPending();
        wakeReaders();
        wakeWriters();
    }

    // ---- reading ----

    /// The next bytes as they arrived, without a copy.
    ///
    /// @return null at the end of the stream
    byte[] take() throws IOException {
        link.lock().lock();
        try {
            if (!awaitArrival()) {
                return null;
            }
            byte[] head = arrived.remove();
            byte[] rest = arrivedOffset == 0 ? head : Arrays.copyOfRange(head, arrivedOffset, head.length);
            arrivedOffset = 0;
            consumed(rest.length);
            return rest;
        } finally {
            link.lock().unlock();
        }
    }

    private int read(byte[] into, int offset, int length) throws IOException {
        Objects.checkFromIndexSize(offset, length, into.length);
        if (length == 0) {
            return 0;
        }
        link.lock().lock();
        try {
            if (!awaitArrival()) {
                return -1;
            }
            int taken = 0;
            while (taken < length && !arrived.isEmpty()) {
                byte[] head = arrived.element();
                int part = Math.min(length - taken, head.length - arrivedOffset);
                System.arraycopy(head, arrivedOffset, into, offset + taken, part);
                taken += part;
                arrivedOffset += part;
                if (arrivedOffset == head.length) {
                    arrived.remove();
                    arrivedOffset = 0;
                }
            }
            consumed(taken);
            return taken;
        } finally {
            link.lock().unlock();
        }
    }

    private int available() {
        link.lock().lock();
        try {
            return arrivedBytes;
        } finally {
            link.lock().unlock();
        }
    }

    private boolean awaitArrival() throws IOException {
        long left = readTimeoutNanos;
        boolean forever = left == 0;
        while (true) {
            if (closed) {
                throw failure == null ? new IOException("the stream is closed") : again(failure);
            }
            if (arrivedBytes > 0) {
                return true;
            }
            if (remoteFinished) {
                return false;
            }
            if (failure != null) {
                throw again(failure);
            }
            if (readable == null) {
                readable = link.lock().newCondition();
            }
            try {
                if (forever) {
                    readable.await();
                } else if (left <= 0) {
                    throw new SocketTimeoutException("nothing arrived on the stream in time");
                } else {
                    left = readable.awaitNanos(left);
                }
            } catch (InterruptedException _) {
                Thread.currentThread().interrupt();
                throw new IOException("interrupted while waiting for a stream");
            }
        }
    }

    private void consumed(int bytes) {
        arrivedBytes -= bytes;
        unreportedBytes += bytes;
        if (!remoteFinished
                && failure == null
                && unreportedBytes >= link.settings().windowBytes() / 2) {
            link.urgent(Frame.credit(id, unreportedBytes));
            unreportedBytes = 0;
        }
    }

    // ---- writing ----

    /// What goes out first on a stream opened here. Wants the lock held.
    void sendOpening(Frame frame) {
        queue(frame);
    }

    private void write(byte[] bytes, int offset, int length) throws IOException {
        Objects.checkFromIndexSize(offset, length, bytes.length);
        write(bytes, offset, length, System.nanoTime() + WRITE_DEADLINE.toNanos());
    }

    /// @param deadline by [System#nanoTime], for the other side to make room
    void write(byte[] bytes, int offset, int length, long deadline) throws IOException {
        link.lock().lock();
        try {
            int written = 0;
            while (written < length) {
                awaitRoom(deadline);
                int part = Math.min(Math.min(length - written, credit), DATA_BYTES_MAX);
                int from = offset + written;
                queue(new Frame(Frame.Type.DATA, id, Arrays.copyOfRange(bytes, from, from + part)));
                credit -= part;
                written += part;
            }
        } finally {
            link.lock().unlock();
        }
    }

    private void awaitRoom(long deadline) throws IOException {
        while (true) {
            if (failure != null) {
                throw again(failure);
            }
            if (closed || localFinished) {
                throw new IOException("the stream is closed for writing");
            }
            if (remoteClosed) {
                throw new IOException("the other side closed the stream");
            }
            // With nothing queued a stream may always queue one frame, however much the others have queued.
            boolean crowded = pendingBytes >= PENDING_BYTES_MAX
                    || (pendingBytes > 0 && link.outbox().full(this));
            if (credit > 0 && !crowded) {
                return;
            }
            long left = deadline - System.nanoTime();
            if (left <= 0) {
                reset("what was sent was not read in time");
                throw new SocketTimeoutException("the other side of the stream does not read");
            }
            if (writable == null) {
                writable = link.lock().newCondition();
            }
            try {
                boolean _ = writable.await(left, TimeUnit.NANOSECONDS);
            } catch (InterruptedException _) {
                Thread.currentThread().interrupt();
                throw new IOException("interrupted while waiting for a stream");
            }
        }
    }

    private void queue(Frame frame) {
        if (pending == null) {
            pending = new ArrayDeque<>(4);
        }
        pending.add(frame);
        pendingBytes += frame.length();
        link.outbox().queued(frame.length());
        if (!inRing) {
            inRing = true;
            link.outbox().ready(this);
        }
    }

    private void dropPending() {
        if (pendingBytes > 0) {
            pending.clear();
            link.outbox().dropped(pendingBytes);
            pendingBytes = 0;
        }
    }

    // ---- for the outbox, with the lock held ----

    Frame nextToSend() {
        Frame next = pending.peek();
        if (next == null) {
            inRing = false;
        }
        return next;
    }

    /// Takes note that the frame of [#nextToSend] goes out.
    ///
    /// @return whether there is more
    boolean sent(Frame frame) {
        pending.remove();
        pendingBytes -= frame.length();
        if (frame.type() == Frame.Type.OPEN || frame.type() == Frame.Type.CALL) {
            openingSent = true;
        }
        if (pendingBytes < PENDING_BYTES_MAX / 2) {
            wakeWriters();
        }
        inRing = pendingBytes > 0;
        return inRing;
    }

    void wakeWriters() {
        if (writable != null) {
            writable.signalAll();
        }
    }

    private void wakeReaders() {
        if (readable != null) {
            readable.signalAll();
        }
    }

    // ---- ends ----

    @Override
    public void finish() {
        link.lock().lock();
        try {
            if (!localFinished && !closed && failure == null && !remoteClosed) {
                queue(Frame.of(Frame.Type.FINISH, id));
            }
            localFinished = true;
        } finally {
            link.lock().unlock();
        }
    }

    @Override
    public void close() {
        link.lock().lock();
        try {
            if (closed) {
                return;
            }
            closed = true;
            boolean bothKnow = remoteClosed || (localFinished && remoteFinished);
            if (failure == null && !bothKnow) {
                queue(Frame.of(Frame.Type.CLOSE, id));
            }
            arrived = null;
            arrivedBytes = 0;
            link.forget(id);
            wakeReaders();
            wakeWriters();
        } finally {
            link.lock().unlock();
        }
    }

    @Override
    public void reset(String reason) {
        link.lock().lock();
        try {
            if (closed) {
                return;
            }
            closed = true;
            boolean lost = failure != null;
            fail(new IOException("the stream was reset here: " + reason), false);
            // Of a stream whose opening is still queued the other side need not hear at all.
            if (openingSent && !lost) {
                link.urgent(Frame.reason(Frame.Type.RESET, id, reason));
            }
            link.forget(id);
        } finally {
            link.lock().unlock();
        }
    }

    /// Of an exception that several threads may get, each gets its own, with its own stack trace.
    private static IOException again(IOException failure) {
        return failure instanceof RemoteException
                ? new RemoteException(failure.getMessage())
                : new IOException(failure.getMessage(), failure);
    }

    // ---- the two halves as streams; they hold nothing, so they are made when asked for ----

    @Override
    public InputStream input() {
        return new Input();
    }

    @Override
    public OutputStream output() {
        return new Output();
    }

    private final class Input extends InputStream {
        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] into, int offset, int length) throws IOException {
            return ConnectedStream.this.read(into, offset, length);
        }

        @Override
        public int available() {
            return ConnectedStream.this.available();
        }

        /// Hands on the pieces as they arrived: a relay needs no buffer while its stream is idle.
        @Override
        public long transferTo(OutputStream out) throws IOException {
            long transferred = 0;
            for (byte[] piece = take(); piece != null; piece = take()) {
                out.write(piece);
                transferred += piece.length;
            }
            return transferred;
        }
    }

    private final class Output extends OutputStream {
        @Override
        public void write(int octet) throws IOException {
            ConnectedStream.this.write(new byte[] {(byte) octet}, 0, 1);
        }

        @Override
        public void write(byte[] bytes, int offset, int length) throws IOException {
            ConnectedStream.this.write(bytes, offset, length);
        }

        @Override
        public void close() {
            finish();
        }
    }
}
