package org.posthouse.sim;

import java.util.ArrayList;
import java.util.List;

/// A machine and the process on it. Everything the process does hangs on [#after]: it is dropped when the process has
/// ended meanwhile, and late when the process was stopped.
final class SimNode {
    private static final int WAKING_MILLIS = 15;
    private static final int READING_MILLIS = 40;

    final World world;
    final String name;
    private NodeDisk disk;
    private Agent agent;
    private long process;
    private boolean frozen;
    private long clockStoppedAt = -1;
    private long clockBehind;
    private long resumedAt;
    private long wallAhead;
    private long lagsUntil;
    private long startedAt;
    private long wellSince;
    private final List<Runnable> late = new ArrayList<>();
    private final List<Runnable> unread = new ArrayList<>();

    SimNode(World world, String name, NodeDisk disk) {
        this.world = world;
        this.name = name;
        this.disk = disk;
    }

    // ---- clocks

    /// The monotonic clock: stands still while the machine is suspended.
    long mono() {
        return (clockStoppedAt >= 0 ? clockStoppedAt : world.time.now()) - clockBehind;
    }

    /// The clock that runs on while the machine is suspended.
    long boot() {
        return world.time.now();
    }

    /// Milliseconds since 1970; may jump.
    long wall() {
        return World.EPOCH_MILLIS + mono() + wallAhead;
    }

    void jump(long millis) {
        wallAhead += millis;
    }

    // ---- the process

    boolean alive() {
        return agent != null;
    }

    boolean frozen() {
        return frozen;
    }

    /// Alive and not frozen.
    boolean runs() {
        return agent != null && !frozen;
    }

    /// Null while there is no process.
    Agent agent() {
        return agent;
    }

    long process() {
        return process;
    }

    long processAge() {
        return mono() - startedAt;
    }

    NodeDisk disk() {
        return disk;
    }

    void start() {
        process++;
        startedAt = mono();
        wellSince = world.time.now();
        agent = new Agent(this);
        agent.begin();
    }

    /// The process ends; what the kernel was given to write is written.
    void kill() {
        agent = null;
        process++;
        frozen = false;
        clockStoppedAt = -1;
        late.clear();
        unread.clear();
    }

    /// The machine ends, with all that was not forced.
    void cutPower() {
        if (agent != null) {
            kill();
        }
        for (RaftDisk group : disk.groups.values()) {
            int unforced = group.last() - group.forced();
            int survives = unforced == 0 ? 0 : world.random.nextInt(unforced + 1);
            group.powerLoss(survives);
        }
    }

    /// Its folder is lost. Only while there is no process.
    void wipe() {
        disk = new NodeDisk(false);
    }

    /// @param clockStops whether the machine is suspended, clock and all; else the process alone is stopped
    void freeze(boolean clockStops) {
        frozen = true;
        if (clockStops) {
            clockStoppedAt = world.time.now();
        }
    }

    /// Goes on, with what became due meanwhile, and with what came from the network, which has to be read first: in
    /// whatever order.
    void thaw() {
        frozen = false;
        wellSince = world.time.now();
        if (clockStoppedAt >= 0) {
            clockBehind += world.time.now() - clockStoppedAt;
            clockStoppedAt = -1;
            resumedAt = world.time.now();
        }
        resume(late, WAKING_MILLIS);
        resume(unread, READING_MILLIS);
    }

    /// When its machine last went on after it had been suspended: by its own clock no time passed in between, so what
    /// it knew before may still be as new as it takes it for.
    long resumedAt() {
        return resumedAt;
    }

    private void resume(List<Runnable> waiting, int withinMillis) {
        List<Runnable> all = new ArrayList<>(waiting);
        waiting.clear();
        for (Runnable work : all) {
            after(world.random.nextInt(withinMillis), work);
        }
    }

    /// Since when the process has been running without a stop; of one that does not run, never.
    long wellSince() {
        return runs() ? wellSince : Long.MAX_VALUE;
    }

    /// Has this process do something later.
    void after(long millis, Runnable work) {
        plan(millis, work, late);
    }

    /// Something comes from the network after a while; what comes to a stopped process waits in the kernel.
    void receive(long millis, Runnable work) {
        plan(millis, work, unread);
    }

    private void plan(long millis, Runnable work, List<Runnable> whenStopped) {
        long mine = process;
        world.time.after(millis, () -> {
            if (agent == null || mine != process) {
                return;
            }
            if (frozen) {
                whenStopped.add(work);
            } else {
                work.run();
            }
        });
    }

    // ---- the disk

    boolean diskHangs() {
        return world.time.now() < disk.hangsUntil;
    }

    /// Does something once what was written before has been forced.
    void forced(Runnable work) {
        long hang = Math.max(0, disk.hangsUntil - world.time.now());
        after(hang + 1 + world.random.nextInt(2), () -> {
            if (diskHangs()) {
                forced(work);
            } else {
                work.run();
            }
        });
    }

    /// For so long this node is slow in applying what its groups have committed.
    void lag(long millis) {
        lagsUntil = world.time.now() + millis;
    }

    boolean lags() {
        return world.time.now() < lagsUntil;
    }

    @Override
    public String toString() {
        return name;
    }
}
