package org.posthouse.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.posthouse.testkit.SampleCluster;
import picocli.CommandLine;

/// The campaigns in short form, on real processes. Each prints its seed and its figures; none asserts a time.
/// `-Dposthouse.campaigns=false` leaves them out.
@Tag("cluster")
class CampaignsClusterTest {
    @BeforeAll
    static void launcherIsThere() {
        boolean asked = !System.getProperty("posthouse.campaigns", "true").equals("false");
        String without = "skipped: -Dposthouse.campaigns=false leaves the campaigns out";
        if (!asked) {
            System.out.println(CampaignsClusterTest.class.getSimpleName() + " " + without);
        }
        assumeTrue(asked, without);
        Optional<String> missing = SampleCluster.missing();
        assumeTrue(missing.isEmpty(), () -> "skipped: " + missing.get());
    }

    private static void holds(String... arguments) {
        CommandLine faults =
                FaultsCommand.commandLine().setOut(new PrintWriter(System.out, true, StandardCharsets.UTF_8));
        assertThat(faults.execute(arguments)).as(String.join(" ", arguments)).isZero();
    }

    @Test
    void killingEachNodeInTurnLosesAndDoublesNothing() {
        holds("kill-rounds", "--rounds", "1", "--nodes", "n1,n4", "--rate", "40");
    }

    @Test
    void freezingEachNodeInTurnLosesAndDoublesNothing() {
        holds("kill-rounds", "--freeze", "--rounds", "1", "--nodes", "n2", "--rate", "40");
    }

    @Test
    void everythingIsThereAfterAColdStart() {
        holds("cold-start", "--seconds", "5");
    }

    @Test
    void aWipedNodeIsRefilled() {
        holds("wipe", "--seconds", "8");
    }

    @Test
    void withoutAMajorityMailIsRefusedForNow() {
        holds("majority");
    }

    @Test
    void powerLossAtAnyMomentLosesNothing() {
        holds("power-loss", "--rounds", "5");
    }
}
