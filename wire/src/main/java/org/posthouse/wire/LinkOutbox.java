package org.posthouse.wire;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.LinkedHashSet;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/// What a link has still to send, and the one thread that sends it.
///
/// Two queues. *Urgent* frames (signs of life, notices, credit, resets) go before everything else, so a heartbeat
/// waits for at most one batch. *Streams* with something to send stand in a ring and give one frame at a turn, so
/// a bulk transfer and a command share the link fairly. All methods but [#run] want the link's lock held.
final class LinkOutbox {
    /// Room for urgent frames and at least one of the largest frames.
    private static final int BATCH_BYTES = Frame.PAYLOAD_BYTES_MAX + (16 << 10);

    /// A peer that never reads lets credit and resets pile up; here it ends.
    private static final int URGENT_BYTES_MAX = 8 << 20;

    /// What a queued frame takes beside its bytes.
    private static final int FRAME_OVERHEAD_BYTES = 64;

    private final ReentrantLock lock;
    private final Condition work;
    private final LinkSettings settings;
    private final Queue<Frame> urgent = new ArrayDeque<>();
    private final Queue<ConnectedStream> ring = new ArrayDeque<>();
    private final Set<ConnectedStream> waitingForRoom = new LinkedHashSet<>();
    private int urgentBytes;
    private int noticeBytes;
    private int streamBytes;
    private boolean sent;
    private Frame farewell;
    private boolean aborted;

    LinkOutbox(ReentrantLock lock, LinkSettings settings) {
        this.lock = lock;
        this.work = lock.newCondition();
        this.settings = settings;
    }

    /// Queues a frame before all streams.
    ///
    /// @return false if the queue is full, which means that the peer does not read
    boolean urgent(Frame frame) {
        if (urgentBytes >= URGENT_BYTES_MAX) {
            return false;
        }
        urgentBytes += frame.length() + FRAME_OVERHEAD_BYTES;
        urgent.add(frame);
        work.signal();
        return true;
    }

    /// Queues a notice, unless too much of those waits already.
    boolean notice(Frame frame) {
        if (farewell != null || noticeBytes + frame.length() > settings.noticeQueueBytes() || !urgent(frame)) {
            return false;
        }
        noticeBytes += frame.length();
        return true;
    }

    /// Tells that a stream has got something to send; it is not in the ring yet.
    void ready(ConnectedStream stream) {
        ring.add(stream);
        work.signal();
    }

    void queued(int bytes) {
        streamBytes += bytes;
    }

    void dropped(int bytes) {
        streamBytes -= bytes;
        letWritersGoOn();
    }

    /// Whether all streams together have as much queued as they may; if so the stream is woken when that changes.
    boolean full(ConnectedStream asking) {
        if (streamBytes < settings.sendQueueBytes()) {
            return false;
        }
        waitingForRoom.add(asking);
        return true;
    }

    private void letWritersGoOn() {
        if (!waitingForRoom.isEmpty() && streamBytes <= settings.sendQueueBytes() / 2) {
            waitingForRoom.forEach(ConnectedStream::wakeWriters);
            waitingForRoom.clear();
        }
    }

    /// Whether anything was sent since this was asked last.
    boolean sentSinceAsked() {
        boolean answer = sent;
        sent = false;
        return answer;
    }

    /// Sends what is queued, then the farewell, then ends [#run].
    void close(Frame last) {
        farewell = last;
        work.signal();
    }

    /// Ends [#run] now.
    void abort() {
        aborted = true;
        work.signal();
    }

    /// Sends until [#close] or [#abort].
    ///
    /// @throws IOException if the connection is lost
    void run(OutputStream out) throws IOException {
        ByteBuffer batch = ByteBuffer.allocate(BATCH_BYTES);
        boolean last = false;
        while (!last) {
            lock.lock();
            try {
                while (!aborted && farewell == null && urgent.isEmpty() && ring.isEmpty()) {
                    // No deadline: the link's own liveness ends the link, and with it this thread.
                    work.awaitUninterruptibly();
                }
                if (aborted) {
                    return;
                }
                last = farewell != null && urgent.isEmpty() && ring.isEmpty();
                if (last) {
                    farewell.put(batch);
                } else {
                    fill(batch);
                }
                sent |= batch.position() > 0;
            } finally {
                lock.unlock();
            }
            // Nothing, if the streams in the ring had been reset meanwhile.
            out.write(batch.array(), 0, batch.position());
            out.flush();
            batch.clear();
        }
    }

    private void fill(ByteBuffer batch) {
        for (Frame frame = urgent.peek(); frame != null && frame.length() <= batch.remaining(); frame = urgent.peek()) {
            urgent.remove();
            urgentBytes -= frame.length() + FRAME_OVERHEAD_BYTES;
            if (frame.type() == Frame.Type.NOTICE) {
                noticeBytes -= frame.length();
            }
            frame.put(batch);
        }
        for (ConnectedStream next = ring.peek(); next != null; next = ring.peek()) {
            Frame frame = next.nextToSend();
            if (frame != null && frame.length() > batch.remaining()) {
                break;
            }
            ring.remove();
            if (frame != null) {
                streamBytes -= frame.length();
                frame.put(batch);
                if (next.sent(frame)) {
                    ring.add(next);
                }
            }
        }
        letWritersGoOn();
    }
}
