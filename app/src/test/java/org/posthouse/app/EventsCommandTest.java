package org.posthouse.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.posthouse.cluster.HistoryEntry;

class EventsCommandTest {
    private static final List<HistoryEntry> HISTORY = List.of(
            new HistoryEntry(7, 1_000, "node n1 is down: not heard for 1014 ms"),
            new HistoryEntry(7, 1_000, "vs1 is pending: waiting for its heir n4 to open it"),
            new HistoryEntry(8, 1_500, "vs2 is online"),
            new HistoryEntry(9, 2_000, "node n10 is up: its heartbeats arrive"));

    @Test
    void whatFollowsStandsUnderWhatHappened() {
        List<String> lines = shown(Optional.empty(), 10);
        assertThat(lines).hasSize(4);
        assertThat(lines.get(0)).matches("\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:01\\.000  node n1 is down: .*");
        assertThat(lines.get(1)).isEqualTo(" ".repeat(27) + "vs1 is pending: waiting for its heir n4 to open it");
        assertThat(lines.get(2)).matches(".*:01\\.500  vs2 is online");
    }

    @Test
    void aNameSelectsWholeMomentsAndIsNoPartOfAnother() {
        assertThat(shown(Optional.of("n1"), 10)).hasSize(2).last().asString().contains("vs1 is pending");
        assertThat(shown(Optional.of("vs9"), 10)).isEmpty();
    }

    @Test
    void theNewestAreShown() {
        assertThat(shown(Optional.empty(), 1))
                .singleElement()
                .asString()
                .endsWith("node n10 is up: its heartbeats arrive");
    }

    private static List<String> shown(Optional<String> about, int last) {
        return EventsCommand.text(HISTORY, about, last).lines().toList();
    }
}
