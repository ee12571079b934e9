package org.posthouse.agent;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.posthouse.cluster.ClusterImage;
import org.posthouse.cluster.FirstPlan;
import org.posthouse.cluster.Node;
import org.posthouse.cluster.VirtualServer;

/// An image of feature level 1 holds nothing that a node of that level cannot read, and is read as it was.
class OldImageTest {
    @Test
    void whatIsNewIsNotWrittenUntilItIsUsedAndReadAsItsStandard() throws Exception {
        ClusterImage image = new FirstPlan(
                        "00c0ffee",
                        "test",
                        List.of(new FirstPlan.PlannedNode("n1", "127.0.0.1", 1, 2, "")),
                        List.of(new FirstPlan.PlannedServer(
                                "vs1",
                                List.of(new FirstPlan.PlannedResource(
                                        "storage", "storage-group", new TreeMap<>(), List.of())))),
                        List.of())
                .image(0);
        byte[] bytes = Json.bytes(image);
        assertThat(new String(bytes, StandardCharsets.UTF_8))
                .doesNotContain("possibleOwners\":[\"", "\"made\"", "\"deadlockMillis\"", "\"types\"", "ertificates\"");
        ClusterImage read = Json.read(bytes, ClusterImage.class);
        assertThat(read).isEqualTo(image);
        Node node = read.nodes().get("n1");
        assertThat(node.types()).isEmpty();
        VirtualServer.Resource storage =
                read.virtualServers().get("vs1").resources().get("storage");
        assertThat(storage.possibleOwners()).isEmpty();
        assertThat(storage.policy().deadlock()).isEqualTo(300_000);
    }
}
