package org.posthouse.sim;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.posthouse.cluster.OpenEpoch;
import org.posthouse.cluster.VirtualServer;

/// Watches ownership from outside: who opened what, what was accepted, acknowledged, and read.
final class Stores {
    private final World world;
    private final SortedMap<String, Judged> judged = new TreeMap<>();

    /// What is true of a virtual server.
    private static final class Judged {
        private OpenEpoch epoch = new OpenEpoch(0, 0);
        private Optional<Id> owner = Optional.empty();
        private final SortedMap<OpenEpoch, Id> opened = new TreeMap<>();
        /// Of each epoch that is over: by each node's monotonic clock, when the next began.
        private final SortedMap<OpenEpoch, SortedMap<String, Long>> over = new TreeMap<>();
        private final SortedMap<Integer, Boolean> verdicts = new TreeMap<>();
        /// Place of each accepted write in the order of writes, from 1, by number.
        private final SortedMap<Long, Integer> accepted = new TreeMap<>();
        private int acknowledged;
    }

    Stores(World world) {
        this.world = world;
    }

    private Judged of(String virtualServer) {
        return judged.computeIfAbsent(virtualServer, _ -> new Judged());
    }

    /// The newest epoch committed.
    OpenEpoch epoch(String virtualServer) {
        return of(virtualServer).epoch;
    }

    /// Who has opened it last.
    Optional<Id> owner(String virtualServer) {
        return of(virtualServer).owner;
    }

    /// How many writes are in it.
    int writes(String virtualServer) {
        return of(virtualServer).accepted.size();
    }

    /// How many writes, in their order, a read that begins now must show.
    int acknowledged(String virtualServer) {
        return of(virtualServer).acknowledged;
    }

    /// An entry of a storage group is committed.
    void committed(String virtualServer, int index, Entry entry) {
        Judged now = of(virtualServer);
        switch (entry.payload) {
            case Entry.Open open -> open(virtualServer, now, index, open);
            case Entry.Write write -> {
                boolean current = write.epoch().equals(now.epoch);
                now.verdicts.put(index, current);
                if (current) {
                    now.accepted.put(write.number(), now.accepted.size() + 1);
                }
            }
            case Entry.Begin _, Entry.Members _, Entry.Decided _ -> {}
        }
    }

    /// A virtual server in shared mode was opened, perhaps by one that another has followed already.
    void openedShared(String virtualServer, SimNode node, SharedHolder by, OpenEpoch epoch, long version) {
        Judged now = of(virtualServer);
        Id id = new Id(node.name, (int) by.files().number);
        checkPermitted(virtualServer, id, version);
        if (epoch.compareTo(now.epoch) > 0) {
            if (now.owner.isPresent() && !now.owner.get().node().equals(node.name)) {
                world.tally.add("failovers and moves");
            }
            now.epoch = epoch;
            now.owner = Optional.of(id);
            world.tally.add("epochs");
        }
    }

    private void checkPermitted(String virtualServer, Id by, long version) {
        Violation.unless(
                world.images.permitted(virtualServer, version, by.node()),
                Invariant.OPENED_BY_PERMISSION,
                by + " opens " + virtualServer + ", which version " + version + " does not permit");
    }

    private void open(String virtualServer, Judged now, int index, Entry.Open open) {
        checkPermitted(virtualServer, open.by(), open.version());
        SortedMap<String, Long> clocks = new TreeMap<>();
        world.nodes.values().forEach(node -> clocks.put(node.name, node.mono()));
        now.over.put(now.epoch, clocks);
        if (now.owner.isPresent() && !now.owner.get().node().equals(open.by().node())) {
            world.tally.add("failovers and moves");
        }
        now.epoch = new OpenEpoch(0, index);
        now.owner = Optional.of(open.by());
        now.opened.put(now.epoch, open.by());
        world.tally.add("epochs");
    }

    /// A replica has applied a write.
    void applied(String virtualServer, int index, Id replica, boolean accepted) {
        boolean verdict = of(virtualServer).verdicts.get(index);
        Violation.unless(
                !accepted || verdict,
                Invariant.NO_WRITE_BY_A_DEPOSED_OWNER,
                replica + " accepts entry " + index + " of " + virtualServer + ", whose epoch was over");
        Violation.unless(
                accepted || !verdict,
                Invariant.LOGS_AGREE,
                replica + " refuses entry " + index + " of " + virtualServer + ", which others accept");
    }

    /// A gate has opened.
    void opened(String virtualServer, SimNode node, Id by, OpenEpoch epoch) {
        Violation.unless(
                by.equals(of(virtualServer).opened.get(epoch)),
                Invariant.ONE_OWNER_AT_A_TIME,
                virtualServer + ": the gate of " + by + " opens under epoch " + epoch + " of "
                        + of(virtualServer).opened.get(epoch));
        for (SimNode other : world.nodes.values()) {
            boolean too = other != node
                    && other.alive()
                    && other.agent().latch(virtualServer).equals(Optional.of(epoch));
            Violation.unless(
                    !too,
                    Invariant.ONE_OWNER_AT_A_TIME,
                    virtualServer + " is open under epoch " + epoch + " on " + node + " and " + other);
        }
        checkRoom(node);
    }

    /// Counts what a node has open under the newest epochs against the policies of its own image.
    void checkRoom(SimNode node) {
        List<VirtualServer> open = new ArrayList<>();
        for (VirtualServer server : node.agent().image().virtualServers().values()) {
            if (node.agent().latch(server.name()).equals(Optional.of(epoch(server.name())))) {
                open.add(server);
            }
        }
        int limit = open.stream()
                .mapToInt(server -> server.policy().room().limit())
                .min()
                .orElse(Integer.MAX_VALUE);
        Violation.unless(
                open.size() <= limit,
                Invariant.OPEN_HAVE_ROOM,
                node + " has " + open.stream().map(VirtualServer::name).toList() + " open, and room for " + limit);
    }

    /// A client is told that its write is safe.
    void acknowledged(String virtualServer, long number, SimNode by) {
        Judged now = of(virtualServer);
        Integer place = now.accepted.get(number);
        Violation.unless(
                place != null,
                Invariant.NO_ACKNOWLEDGED_WRITE_LOST,
                by + " acknowledges write " + number + " of " + virtualServer + ", which is not committed");
        now.acknowledged = Math.max(now.acknowledged, place);
        world.tally.add("writes acknowledged");
    }

    /// A client asks what is there, on a node that believes to own it.
    Read begin(String virtualServer, SimNode on, OpenEpoch epoch) {
        return new Read(
                virtualServer, on, epoch, epoch.equals(epoch(virtualServer)), acknowledged(virtualServer), on.mono());
    }

    /// A read under way.
    ///
    /// @param current whether the epoch was the newest when it began
    /// @param owed how many writes, in their order, were acknowledged when it began
    /// @param begun when, by the node's monotonic clock
    record Read(String virtualServer, SimNode on, OpenEpoch epoch, boolean current, int owed, long begun) {}

    /// A client is told what is there.
    ///
    /// @param shown how many writes, in their order
    void answered(Read read, int shown) {
        world.tally.add("reads answered");
        if (read.current()) {
            Violation.unless(
                    shown >= read.owed(),
                    Invariant.NO_STALE_READ,
                    read.on() + " shows " + shown + " writes in " + read.virtualServer() + ", of " + read.owed()
                            + " that were acknowledged before the read began");
            return;
        }
        world.tally.add("reads answered by a deposed owner");
        long over = of(read.virtualServer()).over.get(read.epoch()).getOrDefault(read.on().name, 0L);
        Violation.unless(
                read.begun() - over <= Leadership.LEASE_MILLIS,
                Invariant.NO_STALE_READ,
                read.on() + " answers a read of " + read.virtualServer() + " under epoch " + read.epoch()
                        + ", which was over " + (read.begun() - over) + " ms before the read began");
    }

    /// In the end, with everything whole: what was acknowledged is there.
    void checkKept(String virtualServer, Store store) {
        Violation.unless(
                store.writes() >= acknowledged(virtualServer),
                Invariant.NO_ACKNOWLEDGED_WRITE_LOST,
                virtualServer + " holds " + store.writes() + " writes; " + acknowledged(virtualServer)
                        + " were acknowledged");
    }
}
