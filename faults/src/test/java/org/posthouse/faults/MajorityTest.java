package org.posthouse.faults;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.posthouse.testkit.ClusterStatus;

class MajorityTest {
    private static String server(String name, String owner, String... replicas) {
        String list = Stream.of(replicas)
                .map("{\"node\":\"%s\",\"incarnation\":1}"::formatted)
                .collect(Collectors.joining(","));
        return "{\"name\":\"%s\",\"state\":\"online\",\"owner\":\"%s\",\"replicas\":[%s]}".formatted(name, owner, list);
    }

    private static ClusterStatus status(String... servers) throws IOException {
        String nodes = Stream.of("n1", "n2", "n3", "n4")
                .map("{\"name\":\"%s\",\"state\":\"up\",\"pid\":1}"::formatted)
                .collect(Collectors.joining(","));
        return ClusterStatus.parse(
                "{\"nodes\":[" + nodes + "],\"virtualServers\":[" + String.join(",", servers) + "]}");
    }

    @Test
    void takesTheMajorityOfSomeAndTheOwnersOfAsFewAsPossible() throws IOException {
        ClusterStatus status = status(
                server("vs1", "n1", "n1", "n4", "n2"),
                server("vs2", "n2", "n2", "n4", "n3"),
                server("vs3", "n3", "n3", "n4", "n1"));
        for (int seed = 0; seed < 20; seed++) {
            List<String> victims = Majority.victims(status, new Random(seed)).orElseThrow();
            assertThat(victims).contains("n4").hasSize(2);
            assertThat(Majority.without(status, victims)).hasSizeBetween(1, 2);
        }
        assertThat(Majority.without(status, List.of("n1", "n2"))).containsExactly("vs1");
        assertThat(Majority.without(status, List.of("n1"))).isEmpty();
    }

    @Test
    void thereMayBeNoSuchPair() throws IOException {
        ClusterStatus status = status(server("vs1", "n1", "n1", "n2", "n3"), server("vs2", "n2", "n1", "n2", "n3"));
        assertThat(Majority.victims(status, new Random(1))).isEmpty();
    }
}
