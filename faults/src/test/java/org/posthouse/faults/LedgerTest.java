package org.posthouse.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.posthouse.faults.Ledger.Found;
import org.posthouse.faults.Ledger.Outcome;
import org.posthouse.faults.Ledger.Verdict;

class LedgerTest {
    private final Ledger ledger = new Ledger();

    @ParameterizedTest
    @CsvSource({
        // outcome, copies found, lost, doubled, unwanted
        "ACKNOWLEDGED,     0, 1, 0, 0",
        "ACKNOWLEDGED,     2, 0, 1, 0",
        "ACKNOWLEDGED,     3, 0, 2, 0",
        "UNKNOWN,          2, 0, 1, 0",
        "REFUSED_FOR_NOW,  1, 0, 0, 1",
        "REFUSED_FOR_GOOD, 1, 0, 0, 1",
        "ACKNOWLEDGED,     1, 0, 0, 0",
        "UNKNOWN,          0, 0, 0, 0",
        "UNKNOWN,          1, 0, 0, 0",
        "REFUSED_FOR_NOW,  0, 0, 0, 0",
        "REFUSED_FOR_GOOD, 0, 0, 0, 0",
    })
    void oneMessage(Outcome outcome, int copies, long lost, long doubled, long unwanted) {
        ledger.note("m", "user1", outcome);
        Verdict verdict = ledger.check(IntStream.range(0, copies)
                .mapToObj(_ -> new Found("m", "user1", true))
                .toList());
        assertThat(verdict.lost().count()).as("lost").isEqualTo(lost);
        assertThat(verdict.doubled().count()).as("doubled").isEqualTo(doubled);
        assertThat(verdict.unwanted().count()).as("unwanted").isEqualTo(unwanted);
        assertThat(verdict.kept()).isEqualTo(lost + doubled + unwanted == 0);
        assertThat(verdict.found()).isEqualTo(copies);
    }

    @Test
    void aMessageInAnotherMailboxIsUnwantedThereAndLostHere() {
        ledger.note("m", "user1", Outcome.ACKNOWLEDGED);
        Verdict verdict = ledger.check(List.of(new Found("m", "user2", true)));
        assertThat(verdict.unwanted().examples()).containsExactly("m in user2 (ACKNOWLEDGED, sent to user1)");
        assertThat(verdict.lost().examples()).containsExactly("m in user1");
    }

    @Test
    void aDamagedBodyIsNotKept() {
        ledger.note("m", "user1", Outcome.ACKNOWLEDGED);
        Verdict verdict = ledger.check(List.of(new Found("m", "user1", false)));
        assertThat(verdict.damaged().examples()).containsExactly("m in user1");
        assertThat(verdict.lost().count()).isZero();
        assertThat(verdict.kept()).isFalse();
    }

    @Test
    void aMessageNobodySentIsAStranger() {
        assertThat(ledger.check(List.of(new Found("?", "user1", true)))
                        .strangers()
                        .count())
                .isEqualTo(1);
    }

    @Test
    void examplesAreBoundedCountsAreNot() {
        for (int i = 0; i < 100; i++) {
            ledger.note("m" + i, "user1", Outcome.ACKNOWLEDGED);
        }
        Verdict verdict = ledger.check(List.of());
        assertThat(verdict.lost().count()).isEqualTo(100);
        assertThat(verdict.lost().examples()).hasSize(20);
        assertThat(verdict.sent(Outcome.ACKNOWLEDGED)).isEqualTo(100);
    }

    @Test
    void anIdHasOneOutcome() {
        ledger.note("m", "user1", Outcome.UNKNOWN);
        assertThatThrownBy(() -> ledger.note("m", "user1", Outcome.ACKNOWLEDGED))
                .isInstanceOf(IllegalStateException.class);
    }
}
