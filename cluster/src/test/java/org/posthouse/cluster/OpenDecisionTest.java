package org.posthouse.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// May this leader open? One case a line. The cluster: n1, n2, n3 own vs1, vs2, vs3, and n4 is heir of all three.
class OpenDecisionTest {
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        vs1 | n1 | 0     | -       | n1 n4    | no  | no  | open
        vs1 | n1 | 0     | vs1     | n1 n4    | no  | no  | open
        vs1 | n1 | 99999 | vs2     | n1 n4    | no  | no  | fetch
        vs1 | n1 | 99999 | vs2     | n1 n4    | no  | yes | hand over n4
        vs1 | n1 | 99999 | vs2     | n1       | no  | yes | wait
        vs1 | n4 | 99999 | -       | n4       | no  | no  | open
        vs1 | n4 | 99999 | -       | n1 n4    | no  | no  | open
        vs1 | n4 | 59999 | -       | n1 n4    | no  | no  | hand over n1
        vs1 | n4 | 59999 | -       | n1 n4    | yes | no  | open
        vs1 | n4 | 9999  | -       | n4       | no  | no  | wait
        vs1 | n4 | 9999  | -       | n4       | yes | no  | open
        vs1 | n4 | 10000 | -       | n4       | no  | no  | open
        vs1 | n4 | 99999 | vs2     | n4       | yes | no  | fetch
        vs1 | n4 | 99999 | vs2     | n4       | yes | yes | wait
        vs1 | n4 | 99999 | vs2     | n1 n4    | yes | yes | hand over n1
        vs1 | n2 | 99999 | -       | n1 n2 n4 | yes | no  | fetch
        vs1 | n2 | 99999 | -       | n1 n2 n4 | yes | yes | hand over n1 n4
        vs1 | n2 | 99999 | -       | n2 n4    | yes | yes | hand over n4
        vs1 | n2 | 99999 | -       | n2       | yes | yes | wait
        vs9 | n2 | 99999 | -       | n2       | yes | no  | fetch
        vs9 | n2 | 99999 | -       | n2       | yes | yes | wait
        """)
    void decides(
            String server,
            String self,
            long processAge,
            String held,
            String alive,
            String ownerSeen,
            String fresh,
            String expected) {
        var situation = new OpenDecision.Situation(
                self, processAge, words(held), words(alive), ownerSeen.equals("yes"), fresh.equals("yes"));
        ClusterImage image = Plans.created(4, 3);
        String decided =
                switch (OpenDecision.decide(image, server, situation)) {
                    case OpenDecision.Open open -> {
                        assertThat(open.version()).isEqualTo(image.version());
                        yield "open";
                    }
                    case OpenDecision.FetchImage ignored -> "fetch";
                    case OpenDecision.Wait ignored -> "wait";
                    case OpenDecision.HandOver handOver -> "hand over " + String.join(" ", handOver.to());
                };
        assertThat(decided).isEqualTo(expected);
    }

    @Test
    void anHeirDoesNotWaitForAnOwnerThatLostItsReplica() {
        var young = new OpenDecision.Situation("n4", 0, words("-"), words("n1 n4"), false, false);
        ClusterImage image = Plans.created(4, 3);
        assertThat(OpenDecision.decide(image, "vs1", young)).isInstanceOf(OpenDecision.HandOver.class);
        image = image.with(new Event.ReplicaLost("vs1", "n1", 1, "it is damaged"), image.version() + 1, 0);
        assertThat(OpenDecision.decide(image, "vs1", young)).isEqualTo(new OpenDecision.Open(image.version()));
    }

    private static SortedSet<String> words(String text) {
        return text.equals("-") ? new TreeSet<>() : new TreeSet<>(List.of(text.split(" ")));
    }
}
