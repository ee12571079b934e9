package org.posthouse.replication;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
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
        assertThat(way("ABCd", "ABD", "")).as("a live third replaced").isEqualTo("ABCD ABD");
        assertThat(way("ABCd", "ABD", "c")).as("a lost third replaced").isEqualTo("ABd ABD");
        assertThat(way("ABC", "ABD", "")).as("by a new one").isEqualTo("ABCD ABD");
        assertThat(way("ABCDE", "ABC", "de")).as("two lost ones withdrawn").isEqualTo("ABCE ABC");
        assertThat(way("ABC", "ABcD", "")).as("demoted for another").isEqualTo("ABCD ABcD");
        assertThat(way("ABCd", "ABC", "")).as("listener removed").isEqualTo("ABC");
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
