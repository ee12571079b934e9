package org.posthouse.replication;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/// How to get from one configuration to another in steps that change at most one vote each.
///
/// Ratis changes configurations by joint consensus, which would allow any change at once. But a leader elected in the
/// middle of a change appends the *new* configuration as its first entry without waiting for the joint one to be
/// committed (`LeaderStateImpl.StartupLogEntry` in 3.3.0). From {a, b, c} to {a, b, d}, leader b with only d behind
/// it could then commit, while a and c, who know only the old configuration, elect another leader and commit too.
/// With one vote changed at a time every majority of the old configuration meets every majority of the new, and that
/// cannot happen. It also covers that Ratis refuses to go from one voter to three.
///
/// Nor does a member go from listener to voter, or back, in one step: it is left out in between. A leader elected
/// while the joint configuration names one member as both makes two senders for it, fails on the second, and stays a
/// leader that does nothing (`LeaderStateImpl.addSenders` in 3.3.0); with the highest priority it also keeps all
/// others from being elected, after every restart again.
final class ConfigurationSteps {
    private ConfigurationSteps() {}

    /// The configurations to set one after the other; the last is `target`. Empty if there is nothing to change.
    ///
    /// @param gone whether a voter does not answer: such a one is removed before another is added, so that the
    ///     majority needed never grows while it is away; one that answers is removed last, so that a loss in
    ///     between is survived
    static List<List<Member>> plan(List<Member> current, List<Member> target, Predicate<MemberId> gone) {
        Map<MemberId, Member> now = byId(current);
        Map<MemberId, Member> then = byId(target);
        List<MemberId> adds = new ArrayList<>();
        List<MemberId> removals = new ArrayList<>();
        for (Member member : target) {
            if (votes(member) && !votes(now.get(member.id()))) {
                adds.add(member.id());
            }
        }
        for (Member member : current) {
            if (votes(member) && !votes(then.get(member.id()))) {
                removals.add(member.id());
            }
        }
        List<MemberId> order = new ArrayList<>();
        removals.stream().filter(gone).forEach(order::add);
        order.addAll(adds);
        removals.stream().filter(gone.negate()).forEach(order::add);

        List<List<Member>> steps = new ArrayList<>();
        List<MemberId> pending = new ArrayList<>(order);
        List<Member> last = RaftIds.inOrder(current);
        for (MemberId id : order) {
            pending.remove(id);
            List<Member> next = step(now, then, pending);
            List<Member> between = withoutThoseThatChange(last, next);
            if (!between.equals(last) && !between.equals(next)) {
                steps.add(between);
            }
            steps.add(next);
            last = next;
        }
        if (order.isEmpty() && !RaftIds.inOrder(current).equals(RaftIds.inOrder(target))) {
            steps.add(RaftIds.inOrder(target));
        }
        return steps;
    }

    /// The target, except that the votes of `pending` are still as they were.
    private static List<Member> step(Map<MemberId, Member> now, Map<MemberId, Member> then, List<MemberId> pending) {
        Map<MemberId, Member> members = new LinkedHashMap<>(then);
        for (MemberId id : pending) {
            Member before = now.get(id);
            if (before == null) {
                members.remove(id);
            } else {
                members.put(id, before);
            }
        }
        return members.values().stream()
                .sorted(Comparator.comparing(Member::id))
                .toList();
    }

    /// The configuration before a step, without the members whose role the step changes.
    private static List<Member> withoutThoseThatChange(List<Member> before, List<Member> after) {
        Map<MemberId, Member> then = byId(after);
        return before.stream()
                .filter(member -> {
                    Member becomes = then.get(member.id());
                    return becomes == null || becomes.role() == member.role();
                })
                .toList();
    }

    private static boolean votes(Member member) {
        return member != null && member.role() == Member.Role.VOTER;
    }

    private static Map<MemberId, Member> byId(List<Member> members) {
        Map<MemberId, Member> byId = new LinkedHashMap<>();
        for (Member member : members) {
            if (byId.put(member.id(), member) != null) {
                throw new IllegalArgumentException(member.id() + " is named twice");
            }
        }
        return byId;
    }
}
