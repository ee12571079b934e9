package org.posthouse.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Certificates that have not expired and are good for nothing any more.
@Timeout(60)
class RevocationTest {
    private static final String WHY = "f1 was let go on Monday";

    @TempDir
    private Path folder;

    private LinkPair pair;
    private final BlockingQueue<String> ends = new LinkedBlockingQueue<>();

    @BeforeEach
    void start() throws IOException {
        pair = new LinkPair(folder, LinkSettings.DEFAULT);
        pair.links.listen(new LinkListener() {
            @Override
            public void up(Link link) {
                // Only ends are awaited.
            }

            @Override
            public void down(Link link, String reason) {
                ends.add(reason);
            }
        });
    }

    @AfterEach
    void stop() {
        pair.close();
    }

    private static Map<String, String> refusing(PeerIdentity peer) {
        return Map.of(peer.certificate().fingerprint(), WHY);
    }

    private LinkConnection connect() throws IOException {
        InetSocketAddress to = pair.server.address();
        return LinkConnection.connect(
                new Socket(to.getAddress(), to.getPort()),
                to,
                "node:n1",
                pair.frontEnd,
                pair.settings,
                new LinkServices());
    }

    @Test
    void aStandingLinkIsEndedAndEachNewOneIsToldWhy() throws Exception {
        assertThat(pair.link().certificate()).isEqualTo(pair.node.certificate());
        pair.node.revocation().refuse(refusing(pair.frontEnd));
        assertThat(ends.poll(10, TimeUnit.SECONDS)).isEqualTo(WHY);
        assertThatThrownBy(this::connect).hasMessage("node:n1 refuses the link: " + WHY);
        // TLS remembers sessions, and does not look at certificates again then.
        assertThatThrownBy(this::connect).hasMessage("node:n1 refuses the link: " + WHY);
        assertThatThrownBy(() -> pair.links.await("node:n1", Duration.ofMillis(300)))
                .hasMessageStartingWith("no link");
        assertThat(pair.server.links()).isEmpty();

        pair.node.revocation().refuse(Map.of());
        assertThat(pair.links.await("node:n1", LinkPair.SOON).up()).isTrue();
    }

    @Test
    void whoeverConnectsRefusesToo() throws Exception {
        Link link = pair.link();
        pair.frontEnd.revocation().refuse(refusing(pair.node));
        assertThat(ends.poll(10, TimeUnit.SECONDS)).isEqualTo("closed here");
        assertThat(link.up()).isFalse();
        assertThatThrownBy(this::connect).hasMessage(WHY);
        assertThat(pair.server.links()).isEmpty();
    }

    @Test
    void anotherCertificateOfTheSamePeerIsAccepted() throws Exception {
        pair.node.revocation().refuse(refusing(pair.frontEnd));
        PeerIdentity anew = LinkPair.issue(pair.authority, "front-end:f1", folder.resolve("anew"));
        try (Links links = new Links(anew, new LinkServices(), pair.settings)) {
            links.peers(Map.of("node:n1", pair.server.address()));
            assertThat(links.await("node:n1", LinkPair.SOON).up()).isTrue();
        }
    }
}
