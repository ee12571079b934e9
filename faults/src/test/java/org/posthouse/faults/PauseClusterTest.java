package org.posthouse.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.posthouse.testkit.ImapClient;
import org.posthouse.testkit.SampleCluster;

/// A machine that is suspended for some seconds, or moved to another host, while nobody takes over from it.
@Tag("cluster")
class PauseClusterTest {
    @TempDir
    Path folder;

    @Test
    void aPauseOfASingleNodeCutsNoSession() throws IOException {
        Optional<String> missing = SampleCluster.missing();
        assumeTrue(missing.isEmpty(), () -> "skipped: " + missing.get());
        try (SampleCluster cluster = SampleCluster.start(folder.resolve("one"), SampleCluster.Layout.single())) {
            InetSocketAddress imap = cluster.imap(1);
            String epoch = epoch(cluster);
            try (ImapClient session =
                    ImapClient.login(imap, "user1@example.org", SampleCluster.PASSWORD, Duration.ofSeconds(30))) {
                cluster.command("node", "freeze", "n1");
                // Longer than every timeout of elections; shows too that the node stands still.
                assertThatThrownBy(() -> ImapClient.connect(imap, Duration.ofSeconds(3)))
                        .isInstanceOf(SocketTimeoutException.class);
                cluster.command("node", "thaw", "n1");
                assertThat(session.select("INBOX").exists()).isZero();
            }
            assertThat(epoch(cluster)).isEqualTo(epoch);
        }
    }

    private static String epoch(SampleCluster cluster) throws IOException {
        return cluster.status().virtualServer("vs1").orElseThrow().epoch();
    }
}
