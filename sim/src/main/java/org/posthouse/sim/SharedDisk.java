package org.posthouse.sim;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.Supplier;

/// The folder of a virtual server in shared mode, as the file system has it that every node mounts: it keeps what
/// reached it, whatever becomes of the nodes. What it is for is in `replication`'s `SharedFolder`.
final class SharedDisk {
    private static final int LOCK_KEPT_MILLIS_MAX = 12_000;
    private static final int LOOK_AGAIN_MILLIS = 40;

    final String name;
    /// Folders of epochs, by number.
    final SortedMap<Long, Files> epochs = new TreeMap<>();
    Claim claim = new Claim(0, "nobody");
    /// The last sign of life.
    String beat = "";
    /// Whether no store can be opened from what is in it.
    boolean damaged;
    /// Until then no call returns, by the simulation's time; by node, and for all.
    private final SortedMap<String, Long> hangs = new TreeMap<>();
    private long hangsForAll;
    /// Until then it is not mounted there.
    private final SortedMap<String, Long> unmounted = new TreeMap<>();
    private final World world;
    private SharedHolder lock;

    /// Who takes the folder, or has it.
    record Claim(long number, String holder) {}

    /// What one epoch wrote.
    static final class Files {
        final long number;
        /// The epoch that it was made of; 0 for none.
        long from;
        final List<Entry> log = new ArrayList<>();
        /// Whether all of it is there that was in the one before.
        boolean manifest;
        /// Whether somebody has begun to read it, to go on from there: what is written from then on counts for nothing.
        boolean sealed;

        Files(long number) {
            this.number = number;
        }
    }

    SharedDisk(World world, String name) {
        this.world = world;
        this.name = name;
    }

    /// The newest epoch that is whole; 0 for none.
    long newest() {
        return epochs.values().stream()
                .filter(files -> files.manifest)
                .mapToLong(files -> files.number)
                .max()
                .orElse(0);
    }

    void hang(long millis) {
        hangsForAll = world.time.now() + millis;
    }

    void hang(String node, long millis) {
        hangs.put(node, world.time.now() + millis);
    }

    void unmount(String node, long millis) {
        unmounted.put(node, world.time.now() + millis);
    }

    /// Nothing is wrong with it any more.
    void mend() {
        hangsForAll = 0;
        hangs.clear();
        unmounted.clear();
        damaged = false;
    }

    /// Does something with the folder for a process; after that the process goes on. A call that was begun reaches the
    /// storage even while the process is frozen, or only when it wakes; it does not if the process has ended.
    ///
    /// @param what changes the folder at one stroke, or looks at it
    /// @param failed if the folder is not there
    <T> void call(SimNode node, Supplier<T> what, Consumer<T> then, Runnable failed) {
        boolean kernel = world.random.nextInt(4) == 0;
        call(node, node.process(), kernel, 1 + world.random.nextInt(4), what, then, failed);
    }

    private <T> void call(
            SimNode node,
            long process,
            boolean kernel,
            long millis,
            Supplier<T> what,
            Consumer<T> then,
            Runnable failed) {
        Runnable arrives = () -> {
            if (!node.alive() || node.process() != process) {
                return;
            }
            if (Math.max(hangsForAll, hangs.getOrDefault(node.name, 0L)) > world.time.now()) {
                call(node, process, kernel, LOOK_AGAIN_MILLIS, what, then, failed);
            } else if (unmounted.getOrDefault(node.name, 0L) > world.time.now()) {
                node.after(1, failed);
            } else {
                T said = what.get();
                node.after(world.random.nextInt(3), () -> then.accept(said));
            }
        };
        if (kernel) {
            world.time.after(millis, arrives);
        } else {
            node.after(millis, arrives);
        }
    }

    /// Gives a process the lock if no other has it. The storage may not know for a while that a machine is gone.
    boolean tryLock(SharedHolder by) {
        if (lock != null && lock != by && lock.ended() && !lock.lockKept) {
            lock.lockKept = true;
            SharedHolder gone = lock;
            boolean atOnce = world.random.nextInt(3) > 0;
            world.time.after(atOnce ? 0 : world.random.nextInt(LOCK_KEPT_MILLIS_MAX), () -> unlock(gone));
        }
        if (lock == null) {
            lock = by;
        }
        return lock == by;
    }

    /// Who has the lock, as far as the storage knows.
    Optional<SimNode> locker() {
        return Optional.ofNullable(lock).map(by -> by.node);
    }

    void unlock(SharedHolder by) {
        if (lock == by) {
            lock = null;
        }
    }

    @Override
    public String toString() {
        return name + " claimed by " + claim + ", beat " + beat + ", epochs "
                + epochs.values().stream()
                        .map(files -> files.number + (files.manifest ? "" : "?") + " of " + files.from + " with "
                                + files.log.size())
                        .toList()
                + (damaged ? ", damaged" : "") + ", locked by "
                + (lock == null ? "nobody" : lock.node);
    }
}
