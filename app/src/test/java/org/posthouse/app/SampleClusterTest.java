package org.posthouse.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.UUID;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.posthouse.app.SampleCluster.ClientPorts;
import org.posthouse.cluster.FirstPlan.PlannedResource;
import org.posthouse.cluster.FirstPlan.PlannedServer;
import org.posthouse.wire.PeerIdentity;

class SampleClusterTest {

    @ParameterizedTest
    @CsvSource({
        "0, 1, 2, 10, 2000, --nodes",
        "41, 1, 2, 10, 2000, --nodes",
        "4, 0, 2, 10, 2000, --virtual-servers",
        "4, 3, -1, 10, 2000, --front-ends",
        "4, 3, 2, -1, 2000, --users",
        "4, 3, 2, 10, -1, --base-port",
        "4, 3, 2, 10, 63000, --base-port",
    })
    void refusesWhatCannotBeLaidOut(int nodes, int servers, int frontEnds, int users, int port, String option) {
        assertThatThrownBy(() -> sample(nodes, servers, frontEnds, users, port))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(option);
    }

    @Test
    void portsFollowFromTheBasePort() {
        SampleCluster sample = sample(4, 3, 2, 10, 2000);
        assertThat(sample.ports("f1")).isEqualTo(new ClientPorts(2025, 2587, 2143, 2993));
        assertThat(sample.ports("f2")).isEqualTo(new ClientPorts(3025, 3587, 3143, 3993));
        assertThat(sample.nodeAddress("n1")).isEqualTo("127.0.0.11");
        assertThat(sample.userNames()).hasSize(10).contains("user10@example.org");
        assertThat(sample.stacked()).isFalse();
        assertThat(sample(4, 4, 2, 10, 2000).stacked()).isTrue();
        assertThat(sample(1, 1, 2, 10, 2000).stacked()).isFalse();
    }

    @Test
    void aVirtualServerThatIsCreatedGetsThePortsOfItsNumberOrTheFirstFreeOnes() throws IOException {
        SampleCluster sample = sample(4, 2, 2, 10, 2000);
        Set<Integer> taken = Set.of(2025, 2587, 3143); // of the first and of the second
        assertThat(sample.freePorts("vs5", taken)).isEqualTo(sample.ports("vs5"));
        assertThat(sample.freePorts("mail", taken)).isEqualTo(sample.ports("vs3"));
        assertThat(sample.freePorts("vs2", taken)).isEqualTo(sample.ports("vs3"));
        assertThat(sample.freePorts("vs99", Set.of())).isEqualTo(sample.ports("vs1"));
        assertThatThrownBy(() -> sample(1, 1, 1, 1, 64000).freePorts("vs2", Set.of(64025)))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("--smtp-port");
    }

    @Test
    void aFolderIsMadeOnceAndFoundAgain(@TempDir Path dir) throws IOException {
        SampleCluster sample = sample(2, 1, 1, 1, 2000);
        Path at = dir.resolve("data");
        ClusterFolder made = ClusterFolder.create(at, sample);
        assertThat(ClusterFolder.find(at)).contains(made);
        assertThat(made.node("n1").planned()).isPresent();
        assertThat(PeerIdentity.load(made.tls("n2")).name()).isEqualTo("node:n2");
        assertThat(Files.exists(made.process("n1").resolve("ca.key"))).isFalse();
        assertThatThrownBy(() -> ClusterFolder.create(at, sample)).hasMessageContaining("not empty");
        assertThatThrownBy(() -> Installation.open(dir.resolve("elsewhere"))).hasMessageContaining("posthouse up");
    }

    @Test
    void aLostNodeGetsANewCertificateAndFormsNothing(@TempDir Path dir) throws IOException {
        ClusterFolder folder = ClusterFolder.create(dir.resolve("data"), sample(2, 1, 0, 1, 2000));
        ClusterFolder.delete(folder.process("n2"));
        folder.makeNode("n2");
        assertThat(PeerIdentity.load(folder.tls("n2")).name()).isEqualTo("node:n2");
        assertThat(folder.node("n2").planned()).isEmpty();
    }

    @Test
    void nodesThatJoinAndLeaveAreKept(@TempDir Path dir) throws IOException {
        ClusterFolder folder = ClusterFolder.create(dir.resolve("data"), sample(3, 1, 0, 1, 2000));
        assertThat(folder.sample().nextNode()).isEqualTo("n4");
        ClusterFolder grown = folder.withNextNode();
        assertThat(PeerIdentity.load(grown.tls("n4")).name()).isEqualTo("node:n4");
        assertThat(grown.node("n4").planned()).isEmpty();
        ClusterFolder shrunk = grown.without("n2");
        assertThat(Installation.open(dir.resolve("data"))).isEqualTo(shrunk);
        assertThat(shrunk.sample().nodeNames()).containsExactly("n1", "n3", "n4");
        assertThat(shrunk.sample().nextNode()).as("no name is given twice").isEqualTo("n5");
        assertThat(shrunk.process("n2")).as("what it held is left").exists();
    }

    /// Services stand on the system attendant, and that on the storage group and on the address if there is one.
    @Test
    void aVirtualServerIsTheClassicTree() {
        SortedMap<String, String> address = new TreeMap<>(Map.of("address", "192.0.2.7/24", "interface", "eth0"));
        assertThat(tree(MailServices.planned("vs1", "example.org", Optional.empty(), new TreeMap<>(), new TreeMap<>())))
                .isEqualTo(Map.of(
                        "storage", List.of(),
                        "attendant", List.of("storage"),
                        "imap", List.of("attendant"),
                        "smtp", List.of("attendant")));
        assertThat(tree(MailServices.planned("vs1", "example.org", Optional.empty(), address, new TreeMap<>())))
                .containsEntry("address", List.of())
                .containsEntry("attendant", List.of("storage", "address"));
    }

    private static Map<String, List<String>> tree(PlannedServer planned) {
        return planned.resources().stream()
                .collect(Collectors.toMap(PlannedResource::name, PlannedResource::dependsOn));
    }

    @Test
    void aTableIsAligned() {
        assertThat(new TextTable("A", "LONG").row("xyz", "1").toString()).isEqualTo("A    LONG\nxyz  1\n");
    }

    private static SampleCluster sample(int nodes, int servers, int frontEnds, int users, int port) {
        return new SampleCluster("sample", new UUID(1, 2), 0, port, nodes, servers, frontEnds, users, List.of());
    }
}
