package org.posthouse.sim;

import java.util.List;
import java.util.Optional;

/// What breaks where virtual servers are in shared mode: their folders, and whoever takes one over, at any step.
final class SharedFaults {
    private static final int BETWEEN_MILLIS = 4_000;
    private static final int STOPPED_ONE_IN = 30;
    private static final int STOPPED_MILLIS_MAX = 14_000;
    private static final int PAUSED_MILLIS_MIN = 7_500;
    private static final int LOCK_LET_GO_ONE_IN = 3;

    private final World world;
    private final Faults faults;
    private boolean calm = true;
    private long quietUntil;

    SharedFaults(World world, Faults faults) {
        this.world = world;
        this.faults = faults;
    }

    void begin() {
        calm = world.folders.all().isEmpty();
        next();
    }

    void end() {
        calm = true;
        world.folders.all().forEach(SharedDisk::mend);
    }

    private int dice(int sides) {
        return world.random.nextInt(sides);
    }

    private void next() {
        if (!calm) {
            world.time.after(100 + dice(BETWEEN_MILLIS), () -> {
                if (!calm && world.time.now() >= quietUntil) {
                    disturb();
                }
                if (!calm) {
                    next();
                }
            });
        }
    }

    private void disturb() {
        List<SharedDisk> disks = world.folders.all();
        SharedDisk disk = disks.get(dice(disks.size()));
        List<SimNode> nodes = List.copyOf(world.nodes.values());
        SimNode node = world.stores
                .owner(disk.name)
                .filter(_ -> dice(2) == 0)
                .map(owner -> world.nodes.get(owner.node()))
                .orElse(nodes.get(dice(nodes.size())));
        int millis = 200 + dice(7_000);
        int dice = dice(20);
        if (dice < 2) {
            count("shared folders that hang", disk, "hangs for " + millis + " ms");
            disk.hang(millis);
        } else if (dice < 5) {
            count("shared folders that hang", disk, "hangs on " + node + " for " + millis + " ms");
            disk.hang(node.name, millis);
        } else if (dice < 8) {
            count("shared folders unmounted", disk, "is not mounted on " + node + " for " + millis + " ms");
            disk.unmount(node.name, millis);
        } else if (dice < 10) {
            int damaged = dice(3) == 0 ? 3 * millis : millis;
            count("shared folders damaged", disk, "is damaged for " + damaged + " ms");
            disk.damaged = true;
            world.time.after(damaged, () -> disk.damaged = false);
        } else {
            pauseOwner(disk);
        }
    }

    /// Long enough that another takes the folder over, and then it wakes. That takes a while in which nothing
    /// else breaks.
    private void pauseOwner(SharedDisk disk) {
        Optional<SimNode> owner = world.stores.owner(disk.name).map(id -> world.nodes.get(id.node()));
        if (owner.isPresent() && owner.get().runs()) {
            int millis = PAUSED_MILLIS_MIN + dice(PAUSED_MILLIS_MIN);
            world.tally.add("owners of shared folders paused");
            faults.freeze(owner.get(), millis);
            quietUntil = world.time.now() + millis;
        }
    }

    private void count(String what, SharedDisk disk, String told) {
        world.tally.add(what);
        world.story.tell(() -> "*** the folder of " + disk.name + " " + told);
    }

    /// Somebody is about to take a step of a takeover, or to beat: now and then it is stopped right there. Or a process
    /// that was paused, and that it took the folder from, ends now and with it that one's lock, while it is stopped
    /// itself: so a third finds the lock free, though there is a holder.
    void step(SharedHolder by) {
        if (calm) {
            return;
        }
        Optional<SimNode> locker = by.disk.locker().filter(node -> node != by.node && node.alive());
        if (by.held() && locker.isPresent() && dice(LOCK_LET_GO_ONE_IN) == 0) {
            world.tally.add("locks let go late");
            world.time.after(0, () -> faults.kill(locker.get(), 300 + dice(4_000)));
            faults.freeze(by.node, 2_000 + dice(4_000));
            return;
        }
        if (dice(STOPPED_ONE_IN) > 0) {
            return;
        }
        world.tally.add("stopped in a step of a takeover");
        if (dice(6) == 0) {
            world.time.after(0, () -> faults.kill(by.node, 300 + dice(4_000)));
        } else {
            faults.freeze(by.node, 50 + dice(STOPPED_MILLIS_MAX));
        }
    }
}
