package org.posthouse.agent;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/// When a process that a third-party cluster service started may answer, and when it ends itself.
final class OutsideWarrantTest {
    private final List<String> halted = new ArrayList<>();
    private long now = 1_000_000;
    private int asked;
    private boolean ours = true;
    private boolean silent;

    private final OutsideWarrant warrant = new OutsideWarrant(
            "/shared/vs1",
            "supported: it is a test",
            () -> {
                asked++;
                if (silent) {
                    throw new IOException("Stale file handle");
                }
                return ours;
            },
            halted::add,
            () -> now);

    @Test
    void theFolderIsNotAskedBeforeEachAnswer() {
        assertThat(warrant.confirm("vs1")).isTrue();
        assertThat(asked).isZero();
        assertThat(warrant.decider()).isEqualTo(Warrant.Decider.OUTSIDE);
        assertThat(warrant.note())
                .isEqualTo("a third-party cluster service decides where this runs; supported: it is a test");
    }

    @Test
    void aProcessThatWasPausedAsksBeforeItAnswers() {
        now += OutsideWarrant.FRESH_MILLIS + 1;
        assertThat(warrant.confirm("vs1")).isTrue();
        assertThat(asked).isEqualTo(1);
    }

    @Test
    void oneThatWasReplacedWhilePausedEnds() {
        ours = false;
        now += 60_000;
        assertThat(warrant.leftMillis("vs1")).isZero();
        assertThat(warrant.confirm("vs1")).isFalse();
        assertThat(halted).singleElement().asString().contains("another start has taken over /shared/vs1");
        ours = true; // Whatever it hears later.
        warrant.ask();
        assertThat(warrant.confirm("vs1")).isFalse();
        assertThat(warrant.leftMillis("vs1")).isZero();
    }

    @Test
    void answersWaitWhileTheFolderIsSilentAndGoOnAfterwards() {
        silent = true;
        now += OutsideWarrant.FRESH_MILLIS + 1;
        assertThat(warrant.confirm("vs1")).isFalse();
        assertThat(warrant.leftMillis("vs1")).isEqualTo(OutsideWarrant.HELD_MILLIS - OutsideWarrant.FRESH_MILLIS - 1);
        assertThat(halted).isEmpty();

        silent = false;
        assertThat(warrant.confirm("vs1")).isTrue();
        assertThat(warrant.leftMillis("vs1")).isEqualTo(OutsideWarrant.HELD_MILLIS);
    }

    @Test
    void aFolderThatStaysSilentEndsTheProcess() {
        silent = true;
        now += OutsideWarrant.SILENT_MILLIS_MAX + 1;
        assertThat(warrant.confirm("vs1")).isFalse();
        assertThat(halted).singleElement().asString().contains("has not said for 30 s");
    }
}
