package org.posthouse.replication;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/// The way from one configuration to another. Members are written as letters, voters in capitals.
class ConfigurationStepsTest {

    private static List<Member> members(String letters) {
        List<Member> members = new ArrayList<>();
        for (int i = 0; i < letters.length(); i++) {
            char letter = letters.charAt(i);
            members.add(new Member(
                    new MemberId(String.valueOf(Character.toLowerCase(letter)), 1),
                    "host",
                    1,
                    Character.isUpperCase(letter) ? Member.Role.VOTER : Member.Role.LISTENER,
                    0));
        }
        return members;
    }

    private static String way(String from, String to, String gone) {
        return ConfigurationSteps.plan(members(from), members(to), id -> gone.contains(id.node())).stream()
                .map(step -> step.stream()
                        .map(member -> member.role() == Member.Role.VOTER
                                ? member.id().node().toUpperCase(java.util.Locale.ROOT)
                                : member.id().node())
                        .collect(Collectors.joining()))
                .collect(Collectors.joining(" "));
    }

    @Test
    void oneVoteAtATime() {
        assertThat(way("ABC", "ABC", "")).as("nothing").isEmpty();
        assertThat(way("A", "AB", "")).as("one more").isEqualTo("AB");
        assertThat(way("A", "ABC", "")).as("one to three").isEqualTo("AB ABC");
        assertThat(way("ABC", "ABCd", "")).as("a listener").isEqualTo("ABCd");
        assertThat(way("ABCd", "ABD", "")).as("a live third replaced").isEqualTo("ABC ABCD ABD");
        assertThat(way("ABCd", "ABD", "c")).as("a lost third replaced").isEqualTo("ABd AB ABD");
        assertThat(way("ABC", "ABD", "")).as("by a new one").isEqualTo("ABCD ABD");
        assertThat(way("ABCDE", "ABC", "de")).as("two lost ones withdrawn").isEqualTo("ABCE ABC");
        assertThat(way("ABC", "ABcD", "")).as("demoted for another").isEqualTo("ABCD ABD ABcD");
        assertThat(way("ABCd", "ABC", "")).as("listener removed").isEqualTo("ABC");
    }

    @Test
    void nobodyIsListenerAndVoterInOneStep() {
        Random random = new Random(5);
        for (int round = 0; round < 5_000; round++) {
            List<Member> last = members(some(random));
            List<Member> target = members(some(random));
            int gone = random.nextInt(64);
            for (List<Member> step : ConfigurationSteps.plan(
                    last, target, id -> (gone >> (id.node().charAt(0) - 'a') & 1) == 1)) {
                long votesChanged = 0;
                for (MemberId id : ids(last, step)) {
                    Member before = of(last, id);
                    Member after = of(step, id);
                    assertThat(before != null && after != null && before.role() != after.role())
                            .as("%s from %s to %s", id, last, step)
                            .isFalse();
                    votesChanged += votes(before) == votes(after) ? 0 : 1;
                }
                assertThat(votesChanged).isLessThanOrEqualTo(1);
                last = step;
            }
            assertThat(RaftIds.inOrder(last)).isEqualTo(RaftIds.inOrder(target));
        }
    }

    private static String some(Random random) {
        StringBuilder letters = new StringBuilder("A");
        for (char letter = 'b'; letter <= 'f'; letter++) {
            switch (random.nextInt(3)) {
                case 0 -> letters.append(letter);
                case 1 -> letters.append(Character.toUpperCase(letter));
                default -> {}
            }
        }
        return letters.toString();
    }

    private static Set<MemberId> ids(List<Member> one, List<Member> other) {
        return Stream.concat(one.stream(), other.stream()).map(Member::id).collect(Collectors.toSet());
    }

    private static Member of(List<Member> members, MemberId id) {
        return members.stream()
                .filter(member -> member.id().equals(id))
                .findFirst()
                .orElse(null);
    }

    private static boolean votes(Member member) {
        return member != null && member.role() == Member.Role.VOTER;
    }

    @Test
    void prioritiesChangeInOneStep() {
        List<Member> now = members("ABC");
        List<Member> then = new ArrayList<>(now);
        Member first = then.removeFirst();
        then.addFirst(new Member(first.id(), first.host(), first.port(), first.role(), 1));
        assertThat(ConfigurationSteps.plan(now, then, _ -> false)).containsExactly(then);
    }

    @Test
    void aMemberNamedTwiceIsRefused() {
        assertThatThrownBy(() -> way("ABC", "AAB", "")).isInstanceOf(IllegalArgumentException.class);
    }
}
