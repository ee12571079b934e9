package org.posthouse.sim;

import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.posthouse.cluster.ClusterImage;

/// Watches the Raft groups from outside: keeps of each group what is committed, as it was first applied anywhere, and
/// holds every member to it.
final class Logs {
    private final World world;
    private final SortedMap<String, List<Entry>> committed = new TreeMap<>();
    /// In which term each of them was committed.
    private final SortedMap<String, List<Long>> committedIn = new TreeMap<>();
    private final SortedMap<String, SortedMap<Long, Id>> leaders = new TreeMap<>();

    Logs(World world) {
        this.world = world;
    }

    /// What is committed in a group.
    List<Entry> committed(String group) {
        return committed.computeIfAbsent(group, _ -> new ArrayList<>());
    }

    /// A member was elected.
    void elected(RaftMember member) {
        Id before = leaders.computeIfAbsent(member.group, _ -> new TreeMap<>())
                .putIfAbsent(member.disk.term(), member.self());
        Violation.unless(
                before == null,
                Invariant.ONE_LEADER_IN_A_TERM,
                member.group + ": " + member.self() + " leads in term " + member.disk.term() + ", as " + before
                        + " did");
        List<Entry> all = committed(member.group);
        for (int index = all.size(); index > 0; index--) {
            // What a later leader committed, one that is elected late need not have: nobody follows it.
            boolean later = committedIn.get(member.group).get(index - 1) >= member.disk.term();
            boolean has = index <= member.disk.last() && member.disk.at(index) == all.get(index - 1);
            Violation.unless(
                    has || later,
                    Invariant.LEADER_HAS_ALL,
                    member.group + ": " + member.self() + " was elected without entry " + index + ", "
                            + all.get(index - 1) + ", which is committed");
        }
    }

    /// A member is about to drop an entry and all behind it.
    void truncated(RaftMember member, int index) {
        List<Entry> all = committed(member.group);
        Violation.unless(
                index > all.size() || member.disk.at(index) != all.get(index - 1),
                Invariant.LOGS_AGREE,
                member.group + ": " + member.self() + " drops entry " + index + ", which is committed");
    }

    /// A member takes an entry for committed and is about to apply it.
    void applied(RaftMember member, int index, Entry entry) {
        List<Entry> all = committed(member.group);
        if (index <= all.size()) {
            Violation.unless(
                    all.get(index - 1) == entry,
                    Invariant.LOGS_AGREE,
                    member.group + ": " + member.self() + " applies " + entry + " at " + index + ", others applied "
                            + all.get(index - 1));
            return;
        }
        Violation.unless(
                member.disk.config().majority(id -> holds(member.group, id, index, entry)),
                Invariant.COMMITTED_IS_ON_A_MAJORITY,
                member.group + ": " + member.self() + " takes entry " + index + ", " + entry
                        + ", for committed, but no majority of " + member.disk.config()
                        + " has it on stable storage");
        all.add(entry);
        committedIn.computeIfAbsent(member.group, _ -> new ArrayList<>()).add(member.disk.term());
        if (member.group.equals(ClusterImage.CLUSTER_GROUP)) {
            world.images.committed(entry);
        } else {
            world.stores.committed(member.group, index, entry);
        }
    }

    /// A witness' log begins later than before: what is not in it any more must be held by every replica that votes
    /// beside it.
    void covers(RaftMember witness) {
        RaftDisk log = witness.disk;
        if (!log.witness || log.overLimit() || !log.config().votes(witness.self())) {
            return;
        }
        for (Id voter : log.config().voters()) {
            SimNode node = world.nodes.get(voter.node());
            RaftDisk disk = node == null ? null : node.disk().groups.get(witness.group);
            boolean there = disk != null && disk.self.equals(voter) && !disk.witness;
            Violation.unless(
                    !there || disk.forced() >= log.snapshot(),
                    Invariant.WITNESS_KEEPS_WHAT_IS_NEEDED,
                    witness.group + ": " + witness.self() + " has nothing up to entry " + log.snapshot() + ", and "
                            + voter + " only what is before " + (there ? disk.forced() : 0));
        }
    }

    private boolean holds(String group, Id id, int index, Entry entry) {
        SimNode node = world.nodes.get(id.node());
        RaftDisk disk = node == null ? null : node.disk().groups.get(group);
        return disk != null && disk.self.equals(id) && disk.forced() >= index && disk.at(index) == entry;
    }
}
