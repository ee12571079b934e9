package org.posthouse.frontend;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import org.posthouse.directory.ScramCredential;
import org.posthouse.wire.DeflateDuplex;
import org.posthouse.wire.Link;
import org.posthouse.wire.LinkServer;
import org.posthouse.wire.LinkService;
import org.posthouse.wire.LinkServices;
import org.posthouse.wire.LinkSettings;
import org.posthouse.wire.LinkStream;
import org.posthouse.wire.Opening;
import org.posthouse.wire.PeerIdentity;
import org.posthouse.wire.ScramSalt;
import org.posthouse.wire.Secret;
import org.posthouse.wire.WireReader;

/// What a front end sees of a node: routes, a directory, and owners of mailboxes that understand a few commands.
final class FakeNode implements AutoCloseable {
    /// How it takes log-ins.
    enum Mood {
        /// Right passwords are accepted.
        SERVING,
        /// The answer is NO UNAVAILABLE.
        NOT_HERE,
        /// There is no answer at all, as from a frozen owner.
        SILENT
    }

    private static final ScramCredential SCRAM =
            ScramCredential.of("secret", new ScramSalt("W22ZaJ0SNY7soEsUEjb6gQ==", 4096));

    final String name;
    final Set<String> routes = ConcurrentHashMap.newKeySet();
    final Map<String, String> directory = new ConcurrentHashMap<>();
    final BlockingQueue<Opening> heartbeats = new LinkedBlockingQueue<>();
    final BlockingQueue<Opening> logins = new LinkedBlockingQueue<>();
    final BlockingQueue<String> verified = new LinkedBlockingQueue<>();
    final BlockingQueue<byte[]> delivered = new LinkedBlockingQueue<>();
    volatile Mood mood = Mood.SERVING;
    volatile boolean directoryKnows = true;
    private final List<LinkStream> listeningForRoutes = new CopyOnWriteArrayList<>();
    private final PeerIdentity identity;
    private final LinkServices services = new LinkServices();
    private InetSocketAddress address = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
    private LinkServer server;

    FakeNode(String name, PeerIdentity identity) throws IOException {
        this.name = name;
        this.identity = identity;
        Service service = new Service();
        for (String kind : List.of("routes", "locate", "verify", "salt", "imap", "recipient", "deliver", "front-end")) {
            services.register(kind, LinkServices::nodesAndFrontEnds, service);
        }
        start();
    }

    InetSocketAddress address() {
        return address;
    }

    /// Listens, where it listened before.
    void start() throws IOException {
        server = LinkServer.start(address, identity, services, LinkSettings.DEFAULT);
        address = server.address();
    }

    /// Dies.
    void stop() {
        server.close();
        listeningForRoutes.clear();
    }

    @Override
    public void close() {
        stop();
    }

    /// Tells all front ends, now and whoever comes later.
    void tell(String route) throws IOException {
        routes.add(route);
        for (LinkStream stream : listeningForRoutes) {
            stream.output().write((route + "\n").getBytes(UTF_8));
        }
    }

    private final class Service implements LinkService {
        @Override
        public void notice(Link from, Opening head, byte[] message) {
            heartbeats.add(head);
        }

        @Override
        public byte[] call(Link from, Opening head, byte[] request) throws IOException {
            return switch (head.kind()) {
                case "locate" -> {
                    if (!directoryKnows) {
                        throw new IOException("no quorum");
                    }
                    String virtualServer = directory.get(head.field("address"));
                    yield (virtualServer == null ? "unknown" : "local " + virtualServer + " " + head.field("address"))
                            .getBytes(UTF_8);
                }
                case "verify" -> {
                    verified.add(head.field("user"));
                    yield "refused".getBytes(UTF_8);
                }
                case "salt" -> (SCRAM.salt().salt() + " " + SCRAM.salt().iterations()).getBytes(UTF_8);
                case "recipient" -> "ok".getBytes(UTF_8);
                default -> throw new IOException(head.kind());
            };
        }

        @Override
        public void stream(Link from, LinkStream stream) throws IOException {
            switch (stream.opening().kind()) {
                case "routes" -> {
                    listeningForRoutes.add(stream);
                    for (String route : routes) {
                        stream.output().write((route + "\n").getBytes(UTF_8));
                    }
                    int unused = stream.input().read();
                }
                case "imap" -> imap(stream);
                case "deliver" -> {
                    delivered.add(stream.input().readAllBytes());
                    stream.output().write("answer 250 2.0.0 delivered\r\n".getBytes(UTF_8));
                }
                default -> throw new IOException(stream.opening().kind());
            }
        }
    }

    private void imap(LinkStream stream) throws IOException {
        Opening opening = stream.opening();
        logins.add(opening);
        WireReader in = new WireReader(stream.input());
        String tag = opening.field("tag");
        switch (mood) {
            case SILENT -> {
                int unused = in.read();
                return;
            }
            case NOT_HERE -> {
                say(stream, tag + " NO [UNAVAILABLE] not served here");
                return;
            }
            case SERVING -> {}
        }
        Secret secret = Secret.of(opening.field("kind"), opening.field("secret"));
        Optional<String> signature = secret instanceof Secret.ScramProof proof
                ? SCRAM.verify(proof)
                : Optional.of("").filter(_ -> secret.text().equals("secret"));
        if (signature.isEmpty()) {
            say(stream, tag + " NO [AUTHENTICATIONFAILED] wrong");
            return;
        }
        if (!signature.get().isEmpty()) {
            say(stream, "+ " + signature.get());
        }
        say(stream, tag + " OK [CAPABILITY IMAP4rev1] logged in");
        while (command(stream, in)) {
            // On to the next.
        }
    }

    /// `NOOP`, `UPLOAD n` (then n bytes), `FETCH n` (a literal of so many bytes), `HALF` (a literal never ended),
    /// `LOGOUT`.
    private boolean command(LinkStream stream, WireReader in) throws IOException {
        String[] words = new String(in.readLine(1_000), UTF_8).split(" ");
        switch (words[1]) {
            case "NOOP" -> say(stream, words[0] + " OK from " + name);
            case "UPLOAD" -> {
                byte[] bytes = in.readFully(Integer.parseInt(words[2]));
                say(stream, words[0] + " OK sum " + java.util.Arrays.hashCode(bytes));
            }
            case "FETCH" -> {
                int length = Integer.parseInt(words[2]);
                stream.output().write(("* 1 FETCH (BODY[] {" + length + "}\r\n").getBytes(ISO_8859_1));
                stream.output().write(literal(length));
                say(stream, ")\r\n" + words[0] + " OK fetched");
            }
            case "HALF" -> stream.output().write("* 1 FETCH (BODY[] {100}\r\nonly\r\n".getBytes(ISO_8859_1));
            case "COMPRESS" -> {
                say(stream, words[0] + " OK DEFLATE active");
                compressed(new DeflateDuplex(stream, in.readFully(in.buffered())));
                return false;
            }
            case "LOGOUT" -> {
                say(stream, "* BYE\r\n" + words[0] + " OK done");
                return false;
            }
            default -> say(stream, words[0] + " BAD");
        }
        return true;
    }

    /// `FETCH n` and `NOOP`, until the client has enough.
    private void compressed(DeflateDuplex stream) throws IOException {
        WireReader in = new WireReader(stream.input());
        while (in.peek() >= 0) {
            String[] words = new String(in.readLine(1_000), UTF_8).split(" ");
            if (words[1].equals("FETCH")) {
                int length = Integer.parseInt(words[2]);
                stream.output().write(("* 1 FETCH (BODY[] {" + length + "}\r\n").getBytes(ISO_8859_1));
                stream.output().write(literal(length));
                stream.output().write(")\r\n".getBytes(ISO_8859_1));
            }
            stream.output().write((words[0] + " OK from " + name + "\r\n").getBytes(ISO_8859_1));
            stream.output().flush();
        }
    }

    static byte[] literal(int length) {
        byte[] bytes = new byte[length];
        new java.util.Random(length).nextBytes(bytes);
        return bytes;
    }

    private static void say(LinkStream stream, String line) throws IOException {
        stream.output().write((line + "\r\n").getBytes(ISO_8859_1));
    }
}
