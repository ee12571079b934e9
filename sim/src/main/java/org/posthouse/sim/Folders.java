package org.posthouse.sim;

import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.posthouse.cluster.OpenEpoch;

/// The shared folders of a cluster, and what is true of them, watched from outside: who holds which, what was
/// acknowledged, and whether later holders have it.
final class Folders {
    private final World world;
    private final SortedMap<String, Judged> judged = new TreeMap<>();

    private static final class Judged {
        private final SharedDisk disk;
        private SharedHolder holder;
        /// What clients were told of, in the order of the log, each at its place in it.
        private final SortedMap<Integer, Entry> acknowledged = new TreeMap<>();

        Judged(SharedDisk disk) {
            this.disk = disk;
        }
    }

    Folders(World world) {
        this.world = world;
    }

    void add(String virtualServer) {
        judged.put(virtualServer, new Judged(new SharedDisk(world, virtualServer)));
    }

    boolean has(String virtualServer) {
        return judged.containsKey(virtualServer);
    }

    List<SharedDisk> all() {
        List<SharedDisk> disks = new ArrayList<>();
        judged.values().forEach(one -> disks.add(one.disk));
        return disks;
    }

    SharedDisk disk(String virtualServer) {
        return judged.get(virtualServer).disk;
    }

    /// A holder may answer for a while from now on.
    void beaten(SharedHolder by) {
        Judged now = judged.get(by.disk.name);
        SharedHolder other = now.holder;
        if (other == by) {
            return;
        }
        Violation.unless(
                other == null || !other.valid(),
                Invariant.ONE_HOLDER_AT_A_TIME,
                by + " may answer for it, and so may " + other);
        Violation.unless(
                other == null || other.files().number < by.files().number,
                Invariant.EPOCHS_RISE,
                by + " holds it after " + other);
        checkSealed(now, by);
        now.holder = by;
    }

    /// What was acknowledged is at its place in what a holder goes on from.
    private static void checkSealed(Judged now, SharedHolder by) {
        List<Entry> log = by.files().log;
        now.acknowledged.forEach((place, entry) -> Violation.unless(
                place <= log.size() && log.get(place - 1) == entry,
                Invariant.SEALED_HAS_WHAT_WAS_ACKNOWLEDGED,
                by + " goes on without entry " + place + ", " + entry + ", which was acknowledged"));
    }

    /// A client is told that its write is safe.
    void acknowledged(SharedHolder by, int place, Entry entry) {
        checkNotSealed(by, "acknowledges entry " + place + ", " + entry);
        judged.get(by.disk.name).acknowledged.put(place, entry);
        world.tally.add("writes acknowledged from a shared folder");
    }

    /// The place in the log up to which a read that begins now must show everything.
    int acknowledged(String virtualServer) {
        SortedMap<Integer, Entry> all = judged.get(virtualServer).acknowledged;
        return all.isEmpty() ? 0 : all.lastKey();
    }

    /// A client is told what is there.
    ///
    /// @param owed see [#acknowledged], when the read began
    /// @param shown up to which place
    void answered(SharedHolder by, int owed, int shown) {
        checkNotSealed(by, "answers a read");
        Violation.unless(
                shown >= owed,
                Invariant.NO_STALE_READ,
                by + " shows " + shown + " entries, of " + owed + " that were acknowledged before the read began");
        world.tally.add("reads answered from a shared folder");
    }

    private static void checkNotSealed(SharedHolder by, String what) {
        Violation.unless(
                !by.files().sealed,
                Invariant.SEALED_AWAY_ANSWERS_NOTHING,
                by + " " + what + " though another has sealed that epoch");
    }

    /// In the end: what was acknowledged is there.
    void checkKept(String virtualServer, SharedMail mail) {
        Judged now = judged.get(virtualServer);
        checkSealed(now, mail.holder());
    }

    /// The epoch under which a folder's holder has it open.
    static OpenEpoch epoch(SharedHolder holder, int place) {
        return new OpenEpoch(1 + holder.files().number, place);
    }
}
