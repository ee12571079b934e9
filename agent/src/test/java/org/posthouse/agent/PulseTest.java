package org.posthouse.agent;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.posthouse.cluster.Facts;
import org.posthouse.cluster.LeaseWord;
import org.posthouse.wire.Authority;
import org.posthouse.wire.Link;
import org.posthouse.wire.LinkServer;
import org.posthouse.wire.LinkService;
import org.posthouse.wire.LinkServices;
import org.posthouse.wire.LinkSettings;
import org.posthouse.wire.Links;
import org.posthouse.wire.Opening;
import org.posthouse.wire.PeerIdentity;

/// Who hears how often how a node stands, over real links.
@Timeout(60)
class PulseTest {
    @TempDir
    private Path folder;

    private final List<AutoCloseable> open = new ArrayList<>();
    private final Listening coordinator = new Listening();
    private final Listening other = new Listening();
    private volatile Optional<String> known = Optional.of("n2");
    private volatile SortedMap<String, Facts.Membership> groups = new TreeMap<>();
    private Authority authority;
    private Pulse pulse;

    /// Keeps the heartbeats that a peer hears.
    private static final class Listening implements LinkService {
        private final LinkedBlockingQueue<Facts.Heartbeat> heard = new LinkedBlockingQueue<>();

        @Override
        public void notice(Link from, Opening head, byte[] message) {
            try {
                heard.add(Json.read(message, Facts.Heartbeat.class));
            } catch (IOException e) {
                throw new AssertionError(e);
            }
        }

        Facts.Heartbeat next() throws InterruptedException {
            return Optional.ofNullable(heard.poll(10, TimeUnit.SECONDS)).orElseThrow();
        }
    }

    @BeforeEach
    void start() throws Exception {
        authority = Authority.create(folder.resolve("ca"), "test");
        Links links = new Links(identity("node:n1"), new LinkServices(), LinkSettings.DEFAULT);
        open.add(links);
        links.peers(Map.of("node:n2", listen("node:n2", coordinator), "node:n3", listen("node:n3", other)));
        pulse = new Pulse(
                "00c0ffee",
                links,
                () -> new Facts.Heartbeat("n1", 1, 7, 0, groups, 2, new LeaseWord(0, new TreeMap<>())),
                () -> known);
        open.add(pulse);
        pulse.start();
        var _ = coordinator.next();
        var _ = other.next();
    }

    @AfterEach
    void stop() throws Exception {
        for (AutoCloseable each : open.reversed()) {
            each.close();
        }
    }

    private PeerIdentity identity(String peer) throws IOException {
        Path files = folder.resolve(peer.replace(':', '-'));
        authority.issuePeer(peer, List.of("127.0.0.1"), files);
        return PeerIdentity.load(files);
    }

    private InetSocketAddress listen(String peer, LinkService service) throws IOException {
        LinkServices services = new LinkServices();
        services.register(Pulse.KIND, LinkServices::nodesAndFrontEnds, service);
        LinkServer server = LinkServer.start(
                new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
                identity(peer),
                services,
                LinkSettings.DEFAULT);
        open.add(server);
        return server.address();
    }

    /// Takes so many heartbeats that a peer hears from now on.
    ///
    /// @return milliseconds from the first to the last
    private static long hear(Listening peer, int count) throws InterruptedException {
        peer.heard.clear();
        var _ = peer.next();
        long first = System.nanoTime();
        for (int k = 1; k < count; k++) {
            var _ = peer.next();
        }
        return TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - first);
    }

    @Test
    void whatIsKnownGoesToTheOthersLessOften() throws Exception {
        coordinator.heard.clear();
        // Seven intervals, less what the first may have been late by.
        assertThat(hear(other, 8)).isGreaterThan(6 * 400);
        assertThat(coordinator.heard.size()).isGreaterThan(8);
    }

    @Test
    void withoutACoordinatorAllHearEachHeartbeat() throws Exception {
        known = Optional.empty();
        var _ = hear(other, 3);
        coordinator.heard.clear();
        var _ = hear(other, 10);
        assertThat(coordinator.heard.size()).isLessThan(20);
    }

    @Test
    void theCoordinatorItselfTellsTheOthersAsRarely() throws Exception {
        known = Optional.of("n1");
        var _ = hear(coordinator, 2);
        assertThat(hear(coordinator, 8)).isGreaterThan(6 * 400);
    }

    @Test
    void aChangeGoesToAll() throws Exception {
        for (int applied = 1; applied <= 5; applied++) {
            groups = new TreeMap<>(Map.of("vs1", membership(applied)));
            pulse.nudge();
            SortedMap<String, Facts.Membership> heard;
            do {
                heard = other.next().groups();
            } while (!heard.equals(groups));
        }
    }

    private static Facts.Membership membership(long applied) {
        return new Facts.Membership(1, false, Optional.empty(), 0, applied, applied, List.of(), false, new TreeMap<>());
    }
}
