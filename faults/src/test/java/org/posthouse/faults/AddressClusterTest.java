package org.posthouse.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.posthouse.testkit.ClusterStatus;
import org.posthouse.testkit.ImapClient;
import org.posthouse.testkit.MachineCluster;
import org.posthouse.testkit.SmtpClient;

/// A virtual server with an address of its own, on machines in network namespaces: clients that know that address and
/// no front end reach it wherever it is.
@Tag("cluster")
class AddressClusterTest {
    private static final Duration LIMIT = Duration.ofMinutes(2);
    private static final Duration EACH = Duration.ofSeconds(10);
    private static final String USER = "otto@example.org";
    private static final int SMTP = 25;
    private static final int IMAP = 143;

    @TempDir
    Path folder;

    @Test
    void theAddressMovesWithItsVirtualServerAndAnswersThere() throws IOException {
        Optional<String> missing = MachineCluster.missing();
        missing.ifPresent(why -> System.out.println("skipped: " + why));
        assumeTrue(missing.isEmpty(), () -> "skipped: " + missing.get());
        try (MachineCluster cluster = MachineCluster.start(folder.resolve("machines"), 3, 1, false)) {
            String address = cluster.spareAddress();
            var _ = cluster.command(
                    "group",
                    "create",
                    "vs9",
                    "--address",
                    address + "/24",
                    "--interface",
                    "eth0",
                    "--room",
                    "stack 2",
                    "--smtp-port",
                    "" + SMTP,
                    "--imap-port",
                    "" + IMAP,
                    "--wait");
            var _ = cluster.command(
                    "user", "add", USER, "--password", MachineCluster.PASSWORD, "--virtual-server", "vs9");
            String owner = owner(cluster.await("vs9 survives the loss of its owner", LIMIT, ClusterStatus::safe));
            assertThat(holders(cluster)).containsExactly(owner);
            deliver(address, "first");
            assertThat(messages(address)).isEqualTo(1);

            String heir = cluster.status().virtualServer("vs9").orElseThrow().heir();
            var _ = cluster.command("move", "vs9", heir);
            var _ = cluster.await(
                    "vs9 moved and safe",
                    LIMIT,
                    status -> status.safe() && !owner(status).equals(owner));
            String second = owner(cluster.status());
            assertThat(holders(cluster)).containsExactly(second);
            deliver(address, "second");

            cluster.kill(second);
            var _ = cluster.await(
                    "vs9 online elsewhere",
                    LIMIT,
                    status -> !owner(status).equals(second)
                            && status.virtualServer("vs9").orElseThrow().online());
            deliver(address, "third");
            assertThat(messages(address)).isEqualTo(3);
            // The kernel of a machine whose process died drops the address by itself.
            assertThat(holders(cluster)).containsExactly(owner(cluster.status()));
        }
    }

    private static String owner(ClusterStatus status) {
        return status.virtualServer("vs9").orElseThrow().owner();
    }

    private static List<String> holders(MachineCluster cluster) throws IOException {
        List<String> holders = new ArrayList<>();
        for (String node : List.of("n1", "n2", "n3")) {
            if (cluster.addressesOf(node).contains(cluster.spareAddress() + "/")) {
                holders.add(node);
            }
        }
        return holders;
    }

    private static void deliver(String address, String subject) throws IOException {
        byte[] message = ("Subject: " + subject + "\r\n\r\nHello.\r\n").getBytes(StandardCharsets.US_ASCII);
        try (SmtpClient client =
                SmtpClient.connect(SmtpClient.Protocol.SMTP, new InetSocketAddress(address, SMTP), EACH)) {
            assertThat(client.deliver("sender@example.net", USER, message).code())
                    .isEqualTo(250);
        }
    }

    private static long messages(String address) throws IOException {
        try (ImapClient client =
                ImapClient.login(new InetSocketAddress(address, IMAP), USER, MachineCluster.PASSWORD, EACH)) {
            return client.select("INBOX").exists();
        }
    }
}
