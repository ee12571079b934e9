package org.posthouse.smtp;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.posthouse.mailstore.Gate;
import org.posthouse.mailstore.MailStore;
import org.posthouse.mailstore.MailboxView;
import org.posthouse.mailstore.StorageGroup;
import org.posthouse.mailstore.StoreMemory;
import org.posthouse.mailstore.StoreService;
import org.posthouse.mailstore.StoreSettings;
import org.posthouse.testkit.LocalLog;
import org.posthouse.wire.Authority;
import org.posthouse.wire.Link;
import org.posthouse.wire.LinkListener;
import org.posthouse.wire.LinkServer;
import org.posthouse.wire.LinkServices;
import org.posthouse.wire.LinkSettings;
import org.posthouse.wire.Links;
import org.posthouse.wire.PeerIdentity;
import org.posthouse.wire.Sasl.Credentials;
import org.posthouse.wire.ScramSalt;

/// The whole way: a client on a socket, a front end's server, a link in mutual TLS, a node's service, a real store.
@Timeout(120)
class DeliveryOverLinksTest {
    private static final String USER = "ann@example.org";
    private static final StoreMemory MEMORY = new StoreMemory();

    @TempDir
    Path folder;

    private StorageGroup group;
    private MailStore store;
    private PeerIdentity node;
    private final LinkServices offered = new LinkServices();
    private LinkServer linkServer;
    private Links links;
    private SpoolSpace space;
    private TestServer frontEnd;

    @BeforeEach
    void begin() throws IOException {
        group = new StorageGroup(folder.resolve("store"), MEMORY, StoreSettings.defaults(), new Gate("n1.1"));
        store = StoreService.openAlone(group, new LocalLog(group));
        Authority authority = Authority.create(folder.resolve("ca"), "test");
        node = identity(authority, "node:n1");
        DeliverService service = new DeliverService(_ -> Optional.of(store), _ -> 0);
        offered.register(DeliverService.DELIVER, LinkServices::nodesAndFrontEnds, service);
        offered.register(DeliverService.RECIPIENT, LinkServices::nodesAndFrontEnds, service);
        linkServer = listen(0);
        links = new Links(identity(authority, "front-end:f1"), new LinkServices(), LinkSettings.DEFAULT);
        LinkOwners owners = new LinkOwners(links);
        links.peers(Map.of("node:n1", linkServer.address()));
        space = new SpoolSpace(folder.resolve("spool"), SpoolSpace.Limits.DEFAULT);
        frontEnd = TestServer.withRandomIds(
                Role.RECEIVING, new RemoteReception(new OneUser(), owners, space, RemoteReception.Patience.DEFAULT));
    }

    @AfterEach
    void end() {
        frontEnd.close();
        links.close();
        linkServer.close();
        group.close();
    }

    private PeerIdentity identity(Authority authority, String peer) throws IOException {
        Path into = folder.resolve(peer.replace(':', '-'));
        authority.issuePeer(peer, List.of("127.0.0.1", "localhost"), into);
        return PeerIdentity.load(into);
    }

    private LinkServer listen(int port) throws IOException {
        InetSocketAddress address = new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
        return LinkServer.start(address, node, offered, LinkSettings.DEFAULT);
    }

    private static final class OneUser implements AddressBook {
        @Override
        public Place locate(String address) {
            return address.equals(USER)
                    ? new Place.Local("vs1", List.of(USER))
                    : new Place.Nowhere(Answer.UNKNOWN_USER);
        }

        @Override
        public Optional<Known> verify(Credentials credentials) {
            return Optional.empty();
        }

        @Override
        public ScramSalt salt(String user) {
            return new ScramSalt("c2FsdA==", 4096);
        }
    }

    /// The node `n1` owns everything whenever the link to it stands.
    private static final class LinkOwners implements Owners {
        private final Links links;
        private final List<Runnable> watchers = new CopyOnWriteArrayList<>();

        LinkOwners(Links links) {
            this.links = links;
            links.listen(new LinkListener() {
                @Override
                public void up(Link link) {
                    watchers.forEach(Runnable::run);
                }

                @Override
                public void down(Link link, String reason) {
                    watchers.forEach(Runnable::run);
                }
            });
        }

        @Override
        public Optional<Link> owner(String virtualServer) {
            return links.link("node:n1");
        }

        @Override
        public Watch watch(String virtualServer, Runnable changed) {
            watchers.add(changed);
            return () -> watchers.remove(changed);
        }
    }

    private static SmtpClient hello(TestServer server) throws IOException {
        SmtpClient client = server.connect();
        client.say("EHLO client.example").answer();
        return client;
    }

    private static void send(SmtpClient client, String subject, int lines) throws IOException {
        client.raw("MAIL FROM:<out@client.example>\r\nRCPT TO:<" + USER + ">\r\nDATA\r\n");
        client.expect("250").expect("250").expect("354");
        client.raw("Subject: " + subject + "\r\n\r\n" + ("y".repeat(98) + "\r\n").repeat(lines) + ".\r\n");
        client.expect("250 2.0.0");
    }

    private List<String> inbox() {
        long id = store.mailbox(USER, "INBOX").orElseThrow().id();
        MailboxView view = store.view(id);
        List<String> texts = new ArrayList<>();
        for (int i = 0; i < view.size(); i++) {
            long bodyId = store.message(id, view.uid(i)).orElseThrow().bodyId();
            try (MailStore.Body body = store.body(bodyId)) {
                texts.add(new String(body.stream(0, body.length()).readAllBytes(), UTF_8));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        return texts;
    }

    @Test
    void smallAndLargeMessagesArriveByteForByte() throws Exception {
        try (SmtpClient client = hello(frontEnd)) {
            client.say("MAIL FROM:<>").expect("250");
            client.say("RCPT TO:<nobody@example.org>")
                    .expect("550 5.1.1")
                    .say("RSET")
                    .expect("250");
            send(client, "small", 3);
            send(client, "large", 30_000);
        }
        List<String> texts = inbox();
        assertThat(texts).hasSize(2);
        assertThat(texts.get(0))
                .startsWith("Return-Path: <out@client.example>\r\nReceived: from client.example")
                .endsWith("Subject: small\r\n\r\n" + ("y".repeat(98) + "\r\n").repeat(3));
        assertThat(texts.get(1)).endsWith("Subject: large\r\n\r\n" + ("y".repeat(98) + "\r\n").repeat(30_000));
        assertThat(space.used()).isZero();
    }

    @Test
    void linksThatBreakUnderLoadLoseAndDoubleNothing() throws Exception {
        int clients = 8;
        int messages = 25;
        Semaphore sent = new Semaphore(0);
        List<Future<Void>> senders = new ArrayList<>();
        try (ExecutorService tasks = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int c = 0; c < clients; c++) {
                int number = c;
                senders.add(tasks.submit(() -> {
                    try (SmtpClient client = hello(frontEnd)) {
                        for (int m = 0; m < messages; m++) {
                            send(client, number + "/" + m, m * 40);
                            sent.release();
                        }
                    }
                    return null;
                }));
            }
            for (int round = 0; round < 5; round++) {
                assertThat(sent.tryAcquire(clients * messages / 8, 30, TimeUnit.SECONDS))
                        .isTrue();
                int port = linkServer.address().getPort();
                linkServer.close();
                linkServer = listen(port);
            }
        }
        for (Future<Void> sender : senders) {
            sender.get();
        }
        Map<String, Integer> found = new TreeMap<>();
        for (String text : inbox()) {
            int at = text.indexOf("Subject: ") + 9;
            found.merge(text.substring(at, text.indexOf('\r', at)), 1, Integer::sum);
        }
        assertThat(found).hasSize(clients * messages);
        assertThat(new TreeSet<>(found.values())).containsExactly(1);
        assertThat(space.used()).isZero();
    }
}
