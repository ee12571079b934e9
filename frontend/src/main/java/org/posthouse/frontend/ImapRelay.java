package org.posthouse.frontend;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.posthouse.cluster.Route;
import org.posthouse.imap.ImapServer;
import org.posthouse.smtp.Owners;
import org.posthouse.wire.Duplex;
import org.posthouse.wire.LinkStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// One logged-in IMAP session between its client and the owner of its mailboxes: bytes both ways, until one side
/// is done. If the owner is lost (its link or stream ends, or another node owns the virtual server in a higher
/// epoch: a frozen owner ends nothing by itself) the client is told `* BYE [UNAVAILABLE]`, unless a response is
/// half sent; then the connection just ends, so that the client takes nothing for whole that is not.
///
/// Two threads, each of which reads one side and writes the other. An idle session holds a small buffer for what
/// the client may send, and none for the owner's side: pieces are passed on as they arrived.
final class ImapRelay {
    private static final int BUFFER_BYTES = 512;
    private static final int BUFFER_BYTES_MAX = 64 << 10;

    /// The owner ends idle sessions after 30 minutes (RFC 3501 section 5.4); this only ends what that does not.
    private static final Duration CLIENT_SILENCE = Duration.ofMinutes(40);

    private static final Logger log = LoggerFactory.getLogger(ImapRelay.class);

    private final Duplex client;
    private final byte[] early;
    private final LinkStream owner;
    private final Route route;
    private final Routes routes;
    private final AtomicReference<String> ending = new AtomicReference<>();
    private final CountDownLatch over = new CountDownLatch(1);

    ImapRelay(ImapServer.Relay handedOver, Route route, Routes routes) {
        this.client = handedOver.client();
        this.early = handedOver.early();
        this.owner = handedOver.owner();
        this.route = route;
        this.routes = routes;
    }

    /// Relays until the session is over. The client's connection is the caller's to close, if it is not closed yet.
    void run() throws IOException {
        client.readTimeout(CLIENT_SILENCE);
        Owners.Watch watch = routes.watch(route.virtualServer(), this::endIfDeposed);
        try (watch) {
            // The owner may have changed between the log-in and the watch.
            endIfDeposed();
            Thread.ofVirtual().name("imap to " + route.node()).start(this::toOwner);
            toClient();
        } finally {
            owner.close();
            over.countDown();
        }
    }

    /// Waits until [#run] is done with the client.
    void awaitEnd(Duration atMost) throws InterruptedException {
        if (!over.await(atMost.toNanos(), TimeUnit.NANOSECONDS)) {
            log.info("The session of {} does not end: cut.", client.remote());
            client.close();
        }
    }

    private void endIfDeposed() {
        if (!routes.newest(route)) {
            end("Mailboxes are served elsewhere now, connect again");
        }
    }

    /// Ends the session for a reason that the client is told. What the owner still sends is dropped.
    void end(String reason) {
        if (ending.compareAndSet(null, reason)) {
            owner.reset(reason);
        }
    }

    private void toOwner() {
        byte[] buffer = new byte[BUFFER_BYTES];
        try {
            InputStream in = client.input();
            OutputStream out = owner.output();
            out.write(early);
            for (int taken = read(in, buffer); taken >= 0; taken = read(in, buffer)) {
                out.write(buffer, 0, taken);
                if (taken == buffer.length && taken < BUFFER_BYTES_MAX) {
                    buffer = new byte[buffer.length * 2];
                } else if (taken < BUFFER_BYTES && buffer.length > BUFFER_BYTES) {
                    buffer = new byte[BUFFER_BYTES];
                }
            }
            owner.finish();
        } catch (IOException e) {
            log.debug("Passing on from {} to {} ended: {}", client.remote(), route.node(), e.getMessage());
        }
    }

    private int read(InputStream in, byte[] buffer) throws IOException {
        try {
            return in.read(buffer);
        } catch (IOException e) {
            owner.reset("the client went away: " + e.getMessage());
            throw e;
        }
    }

    private void toClient() throws IOException {
        ClientOutput out = new ClientOutput(client);
        try {
            owner.input().transferTo(out);
        } catch (IOException e) {
            if (out.lost) {
                throw e;
            }
            String reason = ending.get();
            log.info(
                    "The session of {} at {} ends: {}",
                    client.remote(),
                    route.node(),
                    reason == null ? e.getMessage() : reason);
            if (out.boundary.reached()) {
                String text = reason == null ? "The server of these mailboxes was lost, connect again" : reason;
                out.write(("* BYE [UNAVAILABLE] " + text + "\r\n").getBytes(StandardCharsets.US_ASCII));
            } else {
                // At once, so that nobody else says farewell in the middle of the response either.
                client.close();
            }
        }
    }

    /// Knows where the client is in the conversation, and whether it was the client that was lost.
    private static final class ClientOutput extends OutputStream {
        private final Duplex client;
        private final OutputStream out;
        private final ResponseBoundary boundary = new ResponseBoundary();
        private boolean lost;

        ClientOutput(Duplex client) {
            this.client = client;
            this.out = client.output();
        }

        @Override
        public void write(int octet) throws IOException {
            write(new byte[] {(byte) octet}, 0, 1);
        }

        @Override
        public void write(byte[] bytes, int offset, int length) throws IOException {
            try {
                out.write(bytes, offset, length);
                out.flush();
            } catch (IOException e) {
                lost = true;
                throw e;
            }
            boundary.passed(bytes, offset, length);
            if (boundary.compressed()) {
                client.noFarewell();
            }
        }
    }
}
