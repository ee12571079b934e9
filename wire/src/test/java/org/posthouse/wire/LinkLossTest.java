package org.posthouse.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Links that are lost, come again, or must not come about.
@Timeout(60)
class LinkLossTest {
    private static final Duration SOON = LinkPair.SOON;
    private static final Duration LIVENESS = Duration.ofMillis(800);

    @TempDir
    private Path folder;

    private LinkPair pair;
    private final BlockingQueue<String> happened = new LinkedBlockingQueue<>();

    @BeforeEach
    void start() throws IOException {
        pair = new LinkPair(folder, LinkSettings.DEFAULT.withLiveness(LIVENESS));
        pair.links.listen(new LinkListener() {
            @Override
            public void up(Link link) {
                happened.add("up " + link.peer());
            }

            @Override
            public void down(Link link, String reason) {
                happened.add("down " + link.peer() + ": " + reason);
            }

            @Override
            public void gone(String peer) {
                happened.add("gone " + peer);
            }
        });
        pair.offered.register("echo", LinkServices::everyone, new LinkService() {
            @Override
            public byte[] call(Link from, Opening head, byte[] request) {
                return request;
            }

            @Override
            public void stream(Link from, LinkStream stream) throws IOException {
                stream.input().transferTo(stream.output());
            }
        });
    }

    @AfterEach
    void stop() {
        pair.close();
    }

    private String next() throws InterruptedException {
        String what = happened.poll(10, TimeUnit.SECONDS);
        assertThat(what).as("nothing happened").isNotNull();
        return what;
    }

    @Test
    void aLostServerEndsStreamsAndTheLinkComesAgain() throws Exception {
        Link link = pair.link();
        assertThat(next()).isEqualTo("up node:n1");
        LinkStream stream = link.open(LinkPair.opening("echo"));
        stream.output().write('x');
        assertThat(stream.input().read()).isEqualTo('x');

        pair.restartServer();

        assertThatThrownBy(() -> stream.input().read()).hasMessageStartingWith("the link to node:n1 was lost");
        assertThatThrownBy(() -> stream.output().write('y')).hasMessageStartingWith("the link to node:n1 was lost");
        assertThat(next()).startsWith("down node:n1: ");
        assertThat(next()).isEqualTo("up node:n1");
        assertThat(link.up()).isFalse();
        assertThatThrownBy(() -> link.open(LinkPair.opening("echo"))).hasMessageContaining("is down");
        assertThat(link.notice(LinkPair.opening("echo"), new byte[0])).isFalse();
        Link again = pair.links.await("node:n1", SOON);
        assertThat(again.call(LinkPair.opening("echo"), new byte[] {7}, SOON)).containsExactly(7);
    }

    @Test
    void aProcessThatEndedIsToldFromOneThatIsSilent() throws Exception {
        Link first = pair.link();
        assertThat(next()).isEqualTo("up node:n1");
        assertThat(first.up()).isTrue();

        pair.server.close();

        assertThat(next()).startsWith("down node:n1: ");
        assertThat(next()).isEqualTo("gone node:n1");
        try (ServerSocket silent = new ServerSocket()) {
            silent.setReuseAddress(true);
            silent.bind(pair.server.address());
            assertThat(happened.poll(1, TimeUnit.SECONDS))
                    .as("told once, and not of silence")
                    .isNull();
        }
    }

    @Test
    void aServerThatComesLateIsFound() throws Exception {
        InetSocketAddress address = pair.server.address();
        pair.server.close();
        pair.links.peers(Map.of("node:n1", address));
        assertThatThrownBy(() -> pair.links.await("node:n1", Duration.ofMillis(120)))
                .hasMessage("no link to node:n1 within 120 ms");
        assertThat(pair.links.link("node:n1")).isEmpty();
        pair.server = LinkServer.start(address, pair.node, pair.offered, pair.settings);
        assertThat(pair.links.await("node:n1", SOON).up()).isTrue();
        assertThat(pair.links.standing()).hasSize(1);
    }

    @Test
    void aPeerThatIsTakenOffTheListLosesItsLink() throws Exception {
        Link link = pair.link();
        assertThat(next()).isEqualTo("up node:n1");
        pair.links.peers(Map.of());
        assertThat(next()).startsWith("down node:n1");
        assertThat(link.up()).isFalse();
    }

    @Test
    void aPeerThatOnlyStopsTalkingIsGivenUp() throws Exception {
        // A relay that from some moment on passes nothing on, as a frozen machine or a cut cable would.
        try (StallingRelay relay = new StallingRelay(pair.server.address())) {
            pair.links.peers(Map.of("node:n1", relay.address()));
            Link link = pair.links.await("node:n1", SOON);
            assertThat(next()).isEqualTo("up node:n1");
            LinkStream stream = link.open(LinkPair.opening("echo"));
            CompletableFuture<Throwable> end = new CompletableFuture<>();
            Thread reader = Thread.ofVirtual().start(() -> {
                try {
                    int unused = stream.input().read();
                } catch (IOException e) {
                    end.complete(e);
                }
            });
            relay.stall();
            assertThat(end.get(10, TimeUnit.SECONDS)).hasMessageContaining("nothing heard for 800 ms");
            assertThat(next()).isEqualTo("down node:n1: nothing heard for 800 ms");
            reader.join();
        }
    }

    @Test
    void anIdleLinkStays() throws Exception {
        Link link = pair.link();
        assertThat(next()).isEqualTo("up node:n1");
        // The absence of an event cannot be awaited otherwise.
        assertThat(happened.poll(2 * LIVENESS.toMillis(), TimeUnit.MILLISECONDS))
                .isNull();
        assertThat(link.up()).isTrue();
    }

    @Test
    void anotherAuthoritysCertificateIsRefused() throws Exception {
        Authority other = Authority.create(folder.resolve("other-ca"), "other");
        PeerIdentity stranger = LinkPair.issue(other, "front-end:f1", folder.resolve("stranger"));
        try (Links links = new Links(stranger, new LinkServices(), pair.settings)) {
            links.peers(Map.of("node:n1", pair.server.address()));
            assertThatThrownBy(() -> links.await("node:n1", Duration.ofMillis(500)))
                    .hasMessageStartingWith("no link");
        }
        assertThat(pair.server.links()).isEmpty();
        assertThat(pair.link().up()).isTrue();
    }

    @Test
    void aServersCertificateIsNoPeersCertificate() throws Exception {
        // From the right authority, but made for mail clients' eyes: it must not open links.
        Path server = folder.resolve("server");
        pair.authority.issueServer(
                java.util.List.of("mail.example.org"),
                server.resolve(PeerIdentity.KEY_FILE),
                server.resolve(PeerIdentity.CHAIN_FILE));
        Pem.write(
                server.resolve(PeerIdentity.TRUST_FILE),
                Pem.text(Pem.certificates(pair.frontEnd.folder().resolve(PeerIdentity.TRUST_FILE))));
        assertThatThrownBy(() -> PeerIdentity.load(server)).hasMessageContaining("carries no peer's name");
    }

    @Test
    void noCertificateIsRefused() throws Exception {
        SSLContext nobody = SSLContext.getInstance("TLSv1.3");
        nobody.init(null, TrustingAnybody.MANAGERS, null);
        assertRefused(nobody, new byte[0]);
        assertThat(pair.server.links()).isEmpty();
    }

    @Test
    void aPeerUnderAnotherNameIsNotTheOneSought() throws Exception {
        pair.links.peers(Map.of("node:n2", pair.server.address()));
        assertThatThrownBy(() -> pair.links.await("node:n2", Duration.ofMillis(500)))
                .hasMessageStartingWith("no link");
        assertThat(pair.links.standing()).isEmpty();
    }

    @Test
    void garbageAfterTheHandshakeEndsThatLinkOnly() throws Exception {
        Link bystander = pair.link();
        byte[] hello = bytes(Frame.hello(1_000));
        byte[] oversized = ByteBuffer.allocate(9)
                .put((byte) 6)
                .putInt(1)
                .putInt((64 << 10) + 1)
                .array();
        byte[] unknownType = ByteBuffer.allocate(9).put((byte) 99).array();
        byte[] negativeLength =
                ByteBuffer.allocate(9).put((byte) 6).putInt(1).putInt(-1).array();
        byte[] badOpening = bytes(new Frame(Frame.Type.OPEN, 1, new byte[] {(byte) 0xff, (byte) 0xff, 1}));
        byte[] wrongNumber = bytes(Frame.opening(Frame.Type.OPEN, 2, LinkPair.opening("echo"), new byte[0]));
        byte[] wrongMagic = bytes(new Frame(Frame.Type.HELLO, 0, new byte[8]));
        byte[] web = "GET / HTTP/1.1\r\nHost: x\r\n\r\n".getBytes(StandardCharsets.US_ASCII);
        SSLContext context = pair.frontEnd.context();
        assertRefused(context, wrongMagic);
        assertRefused(context, web);
        for (byte[] garbage : new byte[][] {oversized, unknownType, negativeLength, badOpening, wrongNumber, hello}) {
            assertRefused(context, hello, garbage);
        }
        assertThat(bystander.call(LinkPair.opening("echo"), new byte[] {1}, SOON))
                .containsExactly(1);
    }

    @Test
    void moreThanTheWindowEndsTheLink() throws Exception {
        byte[] open = bytes(Frame.opening(Frame.Type.OPEN, 1, LinkPair.opening("stuck"), new byte[0]));
        pair.offered.register("stuck", LinkServices::everyone, new LinkService() {
            @Override
            public void stream(Link from, LinkStream stream) throws IOException {
                // Reads nothing; ends with the link.
                while (from.up()) {
                    Thread.onSpinWait();
                }
            }
        });
        byte[] data = bytes(new Frame(Frame.Type.DATA, 1, new byte[64 << 10]));
        assertRefused(pair.frontEnd.context(), bytes(Frame.hello(1_000)), open, data, data, data, data, data);
    }

    @Test
    void plainBytesInsteadOfTlsAreRefused() throws Exception {
        try (Socket socket = new Socket()) {
            socket.connect(pair.server.address());
            socket.setSoTimeout(10_000);
            socket.getOutputStream().write("EHLO there\r\n".getBytes(StandardCharsets.US_ASCII));
            assertEnds(socket.getInputStream());
        }
        assertThat(pair.link().up()).isTrue();
    }

    @Test
    void halfAFrameAndThenNothingIsGivenUp() throws Exception {
        try (SSLSocket socket = connect(pair.frontEnd.context())) {
            socket.getOutputStream().write(bytes(Frame.hello(1_000)));
            socket.getOutputStream().write(new byte[] {6, 0, 0});
            socket.getOutputStream().flush();
            // The server greets, pings, and then hears nothing for its liveness.
            assertEnds(socket.getInputStream());
        }
    }

    private static byte[] bytes(Frame frame) {
        ByteBuffer bytes = ByteBuffer.allocate(frame.length());
        frame.put(bytes);
        return bytes.array();
    }

    private SSLSocket connect(SSLContext context) throws IOException {
        SSLSocket socket = (SSLSocket) context.getSocketFactory().createSocket();
        socket.connect(pair.server.address());
        socket.setSoTimeout(10_000);
        return socket;
    }

    private void assertRefused(SSLContext context, byte[]... sent) throws IOException {
        try (SSLSocket socket = connect(context)) {
            for (byte[] bytes : sent) {
                socket.getOutputStream().write(bytes);
            }
            assertEnds(socket.getInputStream());
        } catch (javax.net.ssl.SSLException e) {
            // Refused in the handshake, or cut while we were sending: what was wanted.
            assertThat(e).isNotInstanceOf(javax.net.ssl.SSLPeerUnverifiedException.class);
        }
    }

    /// Reads until the other side hangs up; a timeout fails the test.
    private static void assertEnds(InputStream in) throws IOException {
        DataInputStream reader = new DataInputStream(in);
        try {
            // Skips greeting and signs of life.
            reader.readAllBytes();
        } catch (java.net.SocketTimeoutException e) {
            throw new AssertionError("the link was not ended", e);
        } catch (IOException e) {
            assertThat(e).isNotNull();
        }
    }

    /// Passes bytes between a client and a server until told to stall; then holds both connections open, silent.
    private static final class StallingRelay implements AutoCloseable {
        private final ServerSocket listening = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        private final InetSocketAddress to;
        private volatile boolean stalled;

        StallingRelay(InetSocketAddress to) throws IOException {
            this.to = to;
            Thread.ofVirtual().start(this::accept);
        }

        InetSocketAddress address() {
            return (InetSocketAddress) listening.getLocalSocketAddress();
        }

        void stall() {
            stalled = true;
        }

        private void accept() {
            try {
                while (true) {
                    Socket client = listening.accept();
                    Socket server = new Socket(to.getAddress(), to.getPort());
                    Thread.ofVirtual().start(() -> pump(client, server));
                    Thread.ofVirtual().start(() -> pump(server, client));
                }
            } catch (IOException e) {
                assertThat(listening.isClosed()).isTrue();
            }
        }

        private void pump(Socket from, Socket into) {
            byte[] buffer = new byte[8192];
            try {
                for (int n = from.getInputStream().read(buffer);
                        n >= 0;
                        n = from.getInputStream().read(buffer)) {
                    if (!stalled) {
                        into.getOutputStream().write(buffer, 0, n);
                    }
                }
                if (!stalled) {
                    into.close();
                }
            } catch (IOException e) {
                assertThat(e).isNotNull();
            }
        }

        @Override
        public void close() throws IOException {
            listening.close();
        }
    }
}
