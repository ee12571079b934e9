package org.posthouse.cluster;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.OptionalLong;
import java.util.SortedMap;
import java.util.TreeMap;

/// What a witness knows of the full replicas' snapshots in one storage group, from heartbeats, and up to where its own
/// log may go therefore. Not thread-safe.
///
/// A snapshot that was once told counts for as long as that replica does, heard or not: the replica would come back
/// with it. One that was never told is none.
public final class Coverage {
    private static final Comparator<Replica> ORDER =
            Comparator.comparing(Replica::node).thenComparingInt(Replica::incarnation);

    private final SortedMap<Replica, Long> told = new TreeMap<>(ORDER);

    /// Up to which entry a witness' log may go.
    ///
    /// @param byAll the lowest of the full replicas' newest snapshots: nobody needs anything older from here
    /// @param byOne the highest of those that live: what is older one of them at least has. A witness whose log is
    ///     too long goes by this
    public record Upto(long byAll, long byOne) {
        /// Nothing may go.
        public static final Upto NONE = new Upto(0, 0);
    }

    /// Takes in what was heard lately.
    ///
    /// @param peers the newest heartbeat of each node heard within the last second
    public Upto upto(ClusterImage image, String group, SortedMap<String, Facts.Heartbeat> peers) {
        if (image.replicas(group).isEmpty()) {
            return Upto.NONE;
        }
        List<Replica> full = counting(image, group);
        told.keySet().removeIf(known -> full.stream().noneMatch(one -> ORDER.compare(one, known) == 0));
        long byAll = Long.MAX_VALUE;
        long byOne = 0;
        for (Replica replica : full) {
            OptionalLong now = heard(replica, group, peers);
            now.ifPresent(snapshot -> told.merge(replica, snapshot, Math::max));
            byOne = Math.max(byOne, now.orElse(0));
            byAll = Math.min(byAll, told.getOrDefault(replica, 0L));
        }
        return full.isEmpty() ? Upto.NONE : new Upto(byAll, Math.max(byOne, byAll));
    }

    /// Full replicas that have a vote, or had one until the change under way.
    private static List<Replica> counting(ClusterImage image, String group) {
        ReplicaSet set = image.replicas(group).orElseThrow();
        List<Replica> counting = new ArrayList<>(Witness.full(image, set));
        set.change().stream()
                .flatMap(change -> change.removed().stream())
                .filter(replica -> !Witness.is(image, replica) && !counting.contains(replica))
                .forEach(counting::add);
        return counting;
    }

    private static OptionalLong heard(Replica replica, String group, SortedMap<String, Facts.Heartbeat> peers) {
        Facts.Heartbeat heartbeat = peers.get(replica.node());
        Facts.Membership membership =
                heartbeat == null ? null : heartbeat.groups().get(group);
        boolean tells = membership != null
                && membership.incarnation() == replica.incarnation()
                && !membership.failed()
                && !replica.lost();
        return tells ? OptionalLong.of(membership.snapshot()) : OptionalLong.empty();
    }
}
