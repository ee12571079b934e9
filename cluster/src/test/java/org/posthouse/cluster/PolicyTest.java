package org.posthouse.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// Failures, failovers, failbacks and operators' wishes: small decisions one by one, then stories of the sample
/// cluster (vs1 to vs3 on n1 to n3, n4 passive) in steps of 100 ms.
class PolicyTest extends ModelStories {
    private static final int SIX_HOURS_OF_STEPS = 6 * 3600 * 10;

    @BeforeEach
    void begin() {
        cluster = new ModelCluster(11, 4, 3);
        steps(200);
    }

    private String owner(String name) {
        return server(name).permission().owner();
    }

    // ---- small decisions

    @Test
    void restartsThreeTimesWithinFifteenMinutes() {
        ResourcePolicy policy = ResourcePolicy.DEFAULT;
        assertThat(policy.to(List.of(0L))).isEqualTo(new ResourcePolicy.Answer.Restart());
        assertThat(policy.to(List.of(0L, 1L, 2L))).isEqualTo(new ResourcePolicy.Answer.Restart());
        assertThat(policy.to(List.of(0L, 1L, 2L, 899_999L))).isEqualTo(new ResourcePolicy.Answer.GiveUp(3_600_000));
        assertThat(policy.to(List.of(0L, 1L, 2L, 900_000L))).isEqualTo(new ResourcePolicy.Answer.Restart());
        List<Long> hourly =
                LongStream.range(0, 100).mapToObj(hour -> hour * 3_600_000).toList();
        assertThat(policy.to(hourly)).isEqualTo(new ResourcePolicy.Answer.Restart());
        assertThat(policy.with("restarts", "0").to(List.of(0L))).isInstanceOf(ResourcePolicy.Answer.GiveUp.class);
    }

    @Test
    void settingsOfAResource() {
        assertThat(ResourcePolicy.DEFAULT.with("retry-after", "60").settings()).containsEntry("retry-after", "60");
        ResourcePolicy.DEFAULT.settings().forEach((name, value) -> assertThat(ResourcePolicy.DEFAULT.with(name, value))
                .isEqualTo(ResourcePolicy.DEFAULT));
        assertThatThrownBy(() -> ResourcePolicy.DEFAULT.with("restart", "1"))
                .hasMessageContaining("no setting 'restart'; it has [affects-group, ");
        assertThatThrownBy(() -> ResourcePolicy.DEFAULT.with("restarts", "-1")).hasMessageContaining("from 0 to 1000");
        assertThatThrownBy(() -> ResourcePolicy.DEFAULT.with("affects-group", "maybe"))
                .hasMessageContaining("true or false");
    }

    @Test
    void hoursOfFailback() {
        long hour = 3_600_000;
        assertThat(Failback.parse("never").allowed(5 * hour)).isFalse();
        assertThat(Failback.parse("immediate").allowed(5 * hour)).isTrue();
        Failback night = Failback.parse("22-4");
        assertThat(List.of(21, 22, 23, 0, 3, 4).stream()
                        .map(at -> night.allowed(at * hour))
                        .toList())
                .containsExactly(false, true, true, true, true, false);
        assertThat(night.text()).isEqualTo("22-4");
        for (String wrong : List.of("", "soon", "3-3", "24-1", "1-", "-1-2")) {
            assertThatThrownBy(() -> Failback.parse(wrong)).as(wrong).isInstanceOf(IllegalArgumentException.class);
        }
    }

    @Test
    void stepsFollowTheDependencies() {
        ResourceState online = ResourceState.ONLINE;
        ResourceState offline = ResourceState.OFFLINE;
        cluster.accepted(new Command.AddDependency("vs1", "smtp", "imap"));
        VirtualServer chain = server("vs1");
        assertThat(steps(chain, Map.of(), true)).containsExactly("storage up");
        assertThat(steps(chain, Map.of("storage", online), true)).containsExactly("imap up");
        assertThat(steps(chain, Map.of("storage", online, "imap", online), true))
                .containsExactly("smtp up");
        assertThat(steps(chain, Map.of("storage", online, "imap", ResourceState.ONLINE_PENDING), true))
                .isEmpty();
        Map<String, ResourceState> all = Map.of("storage", online, "imap", online, "smtp", online);
        assertThat(steps(chain, all, true)).isEmpty();
        assertThat(steps(chain, all, false)).containsExactly("smtp down");
        assertThat(steps(chain, Map.of("storage", online, "imap", online, "smtp", offline), false))
                .containsExactly("imap down");
        // What has failed takes down what is above it, and nothing else.
        assertThat(steps(chain, Map.of("storage", online, "imap", ResourceState.FAILED, "smtp", online), true))
                .containsExactly("smtp down");
        assertThat(steps(chain.wanted(false), all, true)).containsExactly("smtp down");
    }

    private static List<String> steps(VirtualServer server, Map<String, ResourceState> states, boolean open) {
        return ResourceActions.next(server, states, open, List.of()).stream()
                .map(action -> action.resource() + (action.online() ? " up" : " down"))
                .toList();
    }

    @Test
    void dependenciesCloseNoCycle() {
        cluster.accepted(new Command.AddDependency("vs1", "smtp", "imap"));
        cluster.refused(new Command.AddDependency("vs1", "storage", "smtp"), "cycle: storage -> smtp -> storage");
        cluster.refused(new Command.AddDependency("vs1", "imap", "imap"), "cycle: imap -> imap");
        cluster.refused(new Command.AddDependency("vs1", "imap", "pop3"), "no resource 'pop3' in vs1; there are");
        cluster.refused(
                new Command.RemoveDependency("vs1", "imap", "smtp"), "does not depend on smtp, but on [storage]");
        cluster.accepted(new Command.RemoveDependency("vs1", "smtp", "imap"));
        cluster.accepted(new Command.AddDependency("vs1", "imap", "smtp"));
    }

    @Test
    void whatIsRefusedAndWhatWouldBeAllowed() {
        cluster.refused(new Command.SetGroupWanted("vs9", true), "no virtual server 'vs9'; there are [vs1, vs2, vs3]");
        cluster.refused(
                new Command.SetGroupProperty("vs1", "colour", "red"),
                "no property 'colour'; it has [preferred-owners,");
        cluster.refused(new Command.SetGroupProperty("vs1", "preferred-owners", "n1,n9"), "no node 'n9'; there are");
        cluster.refused(
                new Command.SetGroupProperty("vs1", "possible-owners", "n2,n3"), "n1 is a preferred owner, but no");
        cluster.refused(new Command.SetGroupProperty("vs1", "room", "many"), "'one-per-node' or 'stack N'");
        cluster.accepted(new Command.SetGroupProperty("vs1", "preferred-owners", "any"));
        cluster.refused(new Command.SetGroupProperty("vs1", "failback", "immediate"), "needs preferred owners");
        cluster.refused(new Command.SetResourceProperty("vs1", "imap", "restarts", "x"), "a number from 0 to 1000");
        cluster.refused(new Command.SetNodeDuty("n9", NodeDuty.PAUSED), "no node 'n9'");
        cluster.accepted(new Command.SetNodeDuty("n4", NodeDuty.PAUSED));
        cluster.refused(new Command.Move("vs1", "n4"), "node n4 is paused: 'posthouse node resume n4' first");
    }

    // ---- stories

    @Test
    void aResourceThatFailsForGoodMovesItsGroupAndNoOther() {
        cluster.broken.add("vs1/imap@n1");
        steps(100);
        assertThat(owner("vs1")).isEqualTo("n4");
        assertThat(server("vs1").state()).isEqualTo(GroupState.ONLINE);
        assertThat(server("vs1").failovers()).hasSize(1);
        assertThat(owner("vs2")).isEqualTo("n2");
        assertThat(owner("vs3")).isEqualTo("n3");
    }

    @Test
    void oneThatDoesNotAffectItsGroupStaysWhereItIs() {
        cluster.accepted(new Command.SetResourceProperty("vs1", "imap", "affects-group", "false"));
        cluster.broken.add("vs1/imap@n1");
        steps(300);
        assertThat(owner("vs1")).isEqualTo("n1");
        assertThat(server("vs1").state()).isEqualTo(GroupState.PARTIALLY_ONLINE);
        assertThat(server("vs1").reason()).isEqualTo("imap is failed");
    }

    @Test
    void whatFailsEverywhereMovesThreeTimesInSixHoursAndStays() {
        for (String node : List.of("n1", "n2", "n3", "n4")) {
            cluster.broken.add("vs1/imap@" + node);
        }
        steps(2000);
        assertThat(server("vs1").failovers()).hasSize(3);
        assertThat(server("vs1").state()).isEqualTo(GroupState.PARTIALLY_ONLINE);
        assertThat(server("vs1").reason()).contains("has failed over 3 times within 6 h", "posthouse group online vs1");
        String stays = owner("vs1");
        steps(600);
        assertThat(owner("vs1")).isEqualTo(stays);

        // An operator's word, or time, gives it new chances.
        cluster.broken.removeIf(each -> !each.endsWith("@" + stays));
        cluster.accepted(new Command.SetGroupWanted("vs1", true));
        steps(200);
        assertThat(server("vs1").state()).isEqualTo(GroupState.ONLINE);
        assertThat(owner("vs1")).isNotEqualTo(stays);
    }

    @Test
    void failoversAreForgottenAfterTheirPeriod() {
        cluster.accepted(new Command.SetGroupProperty("vs1", "failover-threshold", "1"));
        cluster.broken.add("vs1/imap@n1");
        steps(100);
        String second = owner("vs1");
        assertThat(second).isNotEqualTo("n1");
        cluster.broken.add("vs1/imap@" + second);
        steps(300);
        assertThat(owner("vs1")).isEqualTo(second);
        cluster.broken.remove("vs1/imap@n1");
        steps(SIX_HOURS_OF_STEPS);
        assertThat(owner("vs1")).isNotEqualTo(second);
        assertThat(server("vs1").state()).isEqualTo(GroupState.ONLINE);
    }

    @Test
    void theLossOfANodeIsNotCounted() {
        cluster.kill("n1");
        steps(50);
        assertThat(owner("vs1")).isEqualTo("n4");
        assertThat(server("vs1").failovers()).isEmpty();
    }

    @Test
    void takenOfflineItIsNoFailure() {
        cluster.accepted(new Command.SetResourceWanted("vs1", "imap", false));
        steps(50);
        assertThat(server("vs1").state()).isEqualTo(GroupState.PARTIALLY_ONLINE);
        assertThat(owner("vs1")).isEqualTo("n1");
        cluster.accepted(new Command.SetGroupWanted("vs1", false));
        steps(50);
        assertThat(server("vs1").state()).isEqualTo(GroupState.OFFLINE);
        assertThat(server("vs1").reason()).isEqualTo("an operator took it offline");
        // It is still replicated, and survives.
        cluster.kill("n1");
        steps(50);
        assertThat(owner("vs1")).isEqualTo("n4");
        assertThat(server("vs1").state()).isEqualTo(GroupState.OFFLINE);
        cluster.accepted(new Command.SetGroupWanted("vs1", true));
        cluster.accepted(new Command.SetResourceWanted("vs1", "imap", true));
        steps(50);
        assertThat(server("vs1").state()).isEqualTo(GroupState.ONLINE);
    }

    @Test
    void aDrainedNodeGivesEverythingAwayAndTakesNothing() {
        cluster.accepted(new Command.SetNodeDuty("n1", NodeDuty.DRAINING));
        steps(100);
        assertThat(owner("vs1")).isEqualTo("n4");
        assertThat(server("vs1").state()).isEqualTo(GroupState.ONLINE);
        cluster.kill("n2");
        steps(100);
        assertThat(owner("vs2")).isEqualTo("n2");
        assertThat(server("vs2").state()).isEqualTo(GroupState.FAILED);
        cluster.accepted(new Command.SetNodeDuty("n1", NodeDuty.ACTIVE));
        steps(300);
        assertThat(owner("vs2")).isEqualTo("n1");
        assertThat(server("vs2").state()).as(server("vs2").reason()).isEqualTo(GroupState.ONLINE);
    }

    @Test
    void aPausedNodeKeepsWhatItOwns() {
        cluster.accepted(new Command.SetNodeDuty("n1", NodeDuty.PAUSED));
        cluster.accepted(new Command.SetNodeDuty("n4", NodeDuty.PAUSED));
        steps(100);
        assertThat(owner("vs1")).isEqualTo("n1");
        assertThat(server("vs1").permission().heir()).isEmpty();
        cluster.kill("n2");
        steps(100);
        assertThat(server("vs2").state()).isEqualTo(GroupState.FAILED);
    }

    @Test
    void failbackOnlyWhereThePolicySaysSoAndAfterAMinute() {
        cluster.accepted(new Command.SetGroupProperty("vs1", "failback", "immediate"));
        cluster.kill("n1");
        steps(50);
        cluster.start("n1", false);
        steps(400);
        assertThat(owner("vs1")).isEqualTo("n4");
        steps(400);
        assertThat(owner("vs1")).isEqualTo("n1");
        assertThat(server("vs1").state()).isEqualTo(GroupState.ONLINE);
        assertThat(server("vs1").failovers()).isEmpty();

        // But not to where its own resources have just failed.
        cluster.broken.add("vs1/imap@n1");
        steps(1_000);
        assertThat(owner("vs1")).isNotEqualTo("n1");
        assertThat(server("vs1").failovers()).hasSize(1);
    }
}
