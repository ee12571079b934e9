package org.posthouse.sim;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

/// Two thousand seeds, and that each mistake made on purpose is noticed. `./posthouse sim` plays any number.
class SimulationTest {
    private static final int SEEDS = 2_000;
    private static final int AT_A_TIME = 24;

    @Test
    void whateverHappensTheInvariantsHold() {
        Tally all = new Tally();
        List<String> failed =
                Campaign.play(0, SEEDS, 0, 0, false, Campaign.MILLIS, EnumSet.noneOf(Mistake.class)).stream()
                        .peek(result -> all.add(result.tally()))
                        .filter(result -> result.failure().isPresent())
                        .map(result -> "./posthouse sim --seed " + result.seed() + ": "
                                + result.failure().get())
                        .toList();
        assertThat(failed).isEmpty();
        assertThat(Stream.of(
                        "kills",
                        "power losses",
                        "freezes",
                        "suspended machines",
                        "partitions",
                        "poor links",
                        "clock jumps",
                        "wiped folders",
                        "damaged replicas",
                        "hung disks",
                        "cold starts",
                        "failovers and moves",
                        "writes acknowledged",
                        "reads answered by a deposed owner",
                        "shared folders taken over",
                        "shared folders that hang",
                        "shared folders unmounted",
                        "shared folders damaged",
                        "shared folders given up",
                        "owners of shared folders paused",
                        "stopped in a step of a takeover",
                        "locks let go late",
                        "writes acknowledged from a shared folder",
                        "reads answered from a shared folder",
                        "witness logs begun anew",
                        "witness logs at their limit"))
                .as("what was disturbed, and what was seen: " + all.counts())
                .allMatch(what -> all.of(what) > 0);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        OPENS_UNPERMITTED         | OPENED_BY_PERMISSION           | 48
        OPENS_WITHOUT_LEADING     | NO_STALE_READ                  | 240
        KEEPS_HEARTBEAT_AGES      | NOBODY_ACCUSED_FALSELY         | 120
        READS_WITHOUT_ASKING      | NO_STALE_READ                  | 240
        EPOCH_IGNORED             | NO_WRITE_BY_A_DEPOSED_OWNER    | 96
        ACKNOWLEDGES_UNCOMMITTED  | NO_ACKNOWLEDGED_WRITE_LOST     | 24
        ANSWERS_BEFORE_FORCED     | COMMITTED_IS_ON_A_MAJORITY     | 24
        COUNTS_ITSELF_UNFORCED    | COMMITTED_IS_ON_A_MAJORITY     | 48
        TELLS_UNCOMMITTED_MEMBERS | SURVIVES_AS_SAID               | 240
        HEIR_WITHOUT_ROOM         | HEIR_HAS_ROOM                  | 24
        FAILS_BACK_UNASKED        | NOTHING_GOES_BACK_UNASKED      | 24
        WITHDRAWS_ONE_VOTE        | ODD_VOTES                      | 24
        OVERLOOKS_OPENS           | REPLAY                         | 24
        DECIDES_BY_CHANCE         | REPLAY                         | 96
        APPLIES_STALE_CHANGES     | SAME_IMAGE_AT_THE_SAME_VERSION | 240
        WITNESS_PURGES_EARLY      | WITNESS_KEEPS_WHAT_IS_NEEDED   | 96
        WITNESS_GIVES_SNAPSHOT    | LOGS_AGREE                     | 480
        HOLDER_IGNORES_SUSPENSION | ONE_HOLDER_AT_A_TIME           | 240
        ANSWERS_WITHOUT_HOLDING   | SEALED_AWAY_ANSWERS_NOTHING    | 240
        TAKER_TRUSTS_ITS_LOCK     | ONE_HOLDER_AT_A_TIME           | 480
        """)
    void everyMistakeMadeOnPurposeIsNoticed(Mistake mistake, Invariant by, int seedsMax) {
        Set<Invariant> said = EnumSet.noneOf(Invariant.class);
        for (int from = 0; from < seedsMax && !said.contains(by); from += AT_A_TIME) {
            Campaign.play(from, AT_A_TIME, 0, 0, false, Campaign.MILLIS, EnumSet.of(mistake))
                    .forEach(result -> result.broken().ifPresent(said::add));
        }
        assertThat(said)
                .as("what " + mistake + " breaks in " + seedsMax + " seeds")
                .contains(by);
    }

    @Test
    void aSeedPlaysTheSameAgain() {
        List<String> once = story(7);
        assertThat(once).hasSizeGreaterThan(100).isEqualTo(story(7));
        assertThat(story(8)).isNotEqualTo(once);
    }

    private static List<String> story(long seed) {
        Story story = new Story(100_000);
        Run.Result result = Run.play(seed, new World.Size(4, 3), Campaign.MILLIS, EnumSet.noneOf(Mistake.class), story);
        assertThat(result.failure()).isEmpty();
        return result.story().lines();
    }

    @Test
    void theCommandTellsWhatFailedAndHowToPlayItAgain() {
        StringWriter said = new StringWriter();
        CommandLine line = new CommandLine(new SimCommand()).setOut(new PrintWriter(said, true));
        assertThat(line.execute("--seeds", "2", "--seconds", "5", "--nodes", "3", "--virtual-servers", "1"))
                .as(said.toString())
                .isZero();
        assertThat(said.toString()).contains("2 seeds from 0 in ", " 0 failed", "writes acknowledged");
        assertThat(line.execute("--seeds", "1", "--seconds", "5", "--mistake", "ACKNOWLEDGES_UNCOMMITTED"))
                .isEqualTo(1);
        assertThat(said.toString())
                .contains(
                        "NO_ACKNOWLEDGED_WRITE_LOST does not hold",
                        "again: ./posthouse sim --seed 0 --seconds 5 --mistake ACKNOWLEDGES_UNCOMMITTED");
    }
}
