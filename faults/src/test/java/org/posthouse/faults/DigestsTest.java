package org.posthouse.faults;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.posthouse.testkit.ClusterStatus;
import org.posthouse.testkit.ClusterStatus.VirtualServer;

/// Reads the status that DESIGN and the command line promise, and compares digests in it.
class DigestsTest {
    private static VirtualServer server(String... digests) throws IOException {
        StringBuilder replicas = new StringBuilder();
        for (int k = 0; k < digests.length; k++) {
            String[] parts = digests[k].split("@");
            replicas.append(k == 0 ? "" : ",")
                    .append("{\"node\":\"n%d\",\"incarnation\":1,\"role\":\"leader\",\"appliedIndex\":9,\"lag\":0,"
                            .formatted(k + 1))
                    .append("\"digest\":\"%s\",\"digestIndex\":%s,\"later\":1}".formatted(parts[0], parts[1]));
        }
        String json = "{\"cluster\":{\"name\":\"c\",\"quorum\":{\"voters\":3,\"held\":true}},\"nodes\":[],"
                + "\"virtualServers\":[{\"name\":\"vs1\",\"state\":\"online\",\"owner\":\"n1\",\"epoch\":\"0.12\","
                + "\"survivesOwnerLoss\":true,\"resources\":[],\"replicas\":[" + replicas + "]}]}";
        return ClusterStatus.parse(json).virtualServer("vs1").orElseThrow();
    }

    @Test
    void sameIndexAndDigest() throws IOException {
        VirtualServer server = server("aa@5", "aa@5", "aa@5");
        assertThat(Digests.comparable(server)).isTrue();
        assertThat(Digests.agree(server)).isTrue();
        assertThat(Digests.line(server)).isEqualTo("n1 aa@5, n2 aa@5, n3 aa@5");
    }

    @Test
    void anotherDigestAtTheSameIndexDisagrees() throws IOException {
        assertThat(Digests.agree(server("aa@5", "bb@5"))).isFalse();
    }

    @Test
    void anotherIndexSaysNothing() throws IOException {
        VirtualServer server = server("aa@5", "bb@6");
        assertThat(Digests.comparable(server)).isFalse();
        assertThat(Digests.agree(server)).isTrue();
    }

    @Test
    void aStatusWithLittleInItCanBeRead() throws IOException {
        ClusterStatus status = ClusterStatus.parse("{\"cluster\":null}");
        assertThat(status.nodes()).isEmpty();
        assertThat(status.online()).isFalse();
    }
}
