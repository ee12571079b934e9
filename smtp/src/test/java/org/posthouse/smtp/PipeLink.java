package org.posthouse.smtp;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.function.Consumer;
import org.posthouse.wire.Duplex;
import org.posthouse.wire.Link;
import org.posthouse.wire.LinkService;
import org.posthouse.wire.LinkStream;
import org.posthouse.wire.Opening;
import org.posthouse.wire.PeerCertificate;
import org.posthouse.wire.RemoteException;

/// A link inside one process that fails as told.
final class PipeLink implements Link {
    /// What happens to the next stream or call.
    sealed interface Fault {
        /// The link is down.
        record Down() implements Fault {}

        /// The stream breaks after so many bytes towards the node.
        record CutSending(long bytes) implements Fault {}

        /// The node does its work, but its answer does not come through.
        record CutAnswer() implements Fault {}

        /// The node says nothing, and takes what fits into the buffers.
        record Frozen() implements Fault {}

        /// Nothing.
        record None() implements Fault {}
    }

    final Queue<Fault> faults = new ConcurrentLinkedQueue<>();
    final CountDownLatch frozen = new CountDownLatch(1);
    private final String peer;
    private final LinkService service;

    PipeLink(String peer, LinkService service) {
        this.peer = peer;
        this.service = service;
    }

    private Fault next() {
        Fault fault = faults.poll();
        return fault == null ? new Fault.None() : fault;
    }

    @Override
    public PeerCertificate certificate() {
        return new PeerCertificate("none", Instant.MAX);
    }

    @Override
    public LinkStream open(Opening opening) throws IOException {
        Fault fault = next();
        Pipe there = new Pipe();
        Pipe back = new Pipe();
        switch (fault) {
            case Fault.Down() -> throw new IOException("link to " + peer + " is down");
            case Fault.CutSending(long bytes) -> there.breakAt(bytes);
            case Fault.CutAnswer() -> back.breakAt(0);
            case Fault.Frozen() -> frozen.countDown();
            case Fault.None() -> {}
        }
        Stream nodeSide = new Stream(opening, there, back);
        if (!(fault instanceof Fault.Frozen)) {
            Thread.ofVirtual().start(() -> serve(nodeSide));
        }
        return new Stream(opening, back, there);
    }

    private void serve(Stream stream) {
        try {
            service.stream(this, stream);
        } catch (IOException e) {
            stream.reset(e.toString());
        }
    }

    @Override
    public byte[] call(Opening head, byte[] request, Duration deadline, Consumer<LinkStream> underWay)
            throws IOException {
        return switch (next()) {
            case Fault.Down() -> throw new IOException("link to " + peer + " is down");
            case Fault.CutSending _, Fault.CutAnswer _ -> throw new IOException("link broke");
            case Fault.Frozen() -> {
                Stream silent = new Stream(head, new Pipe(), new Pipe());
                underWay.accept(silent);
                frozen.countDown();
                silent.readTimeout(deadline);
                throw new IOException("a frozen node said " + silent.input().read());
            }
            case Fault.None() -> {
                try {
                    yield service.call(this, head, request);
                } catch (RuntimeException e) {
                    throw new RemoteException(e.toString());
                }
            }
        };
    }

    @Override
    public String peer() {
        return peer;
    }

    @Override
    public boolean notice(Opening head, byte[] message) {
        return false;
    }

    @Override
    public boolean up() {
        return true;
    }

    @Override
    public void close() {}

    private record Stream(Opening opening, Pipe from, Pipe to) implements LinkStream {
        @Override
        public void finish() {
            to.end();
        }

        @Override
        public void reset(String reason) {
            to.fail(reason);
            from.fail(reason);
        }

        @Override
        public InputStream input() {
            return from.input();
        }

        @Override
        public OutputStream output() {
            return to.output();
        }

        @Override
        public InetSocketAddress remote() {
            return new InetSocketAddress(0);
        }

        @Override
        public boolean secure() {
            return true;
        }

        @Override
        public boolean offersTls() {
            return false;
        }

        @Override
        public Duplex startTls() {
            throw new UnsupportedOperationException();
        }

        @Override
        public void readTimeout(Duration timeout) {
            from.timeout(timeout.toMillis());
        }

        @Override
        public void close() {
            to.end();
        }
    }
}
