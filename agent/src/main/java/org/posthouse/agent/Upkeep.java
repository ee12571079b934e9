package org.posthouse.agent;

import java.util.Optional;
import org.posthouse.cluster.VirtualServer;
import org.posthouse.mailstore.Housekeeping;

/// The housekeeping of one virtual server on this node, while the replica that is kept comes and goes.
final class Upkeep implements ServiceContext.Housekeeper {
    private volatile Housekeeping.Schedule schedule = Housekeeping.Schedule.DEFAULT;
    private volatile boolean attended;
    private volatile boolean expires;
    private volatile Housekeeping replica;

    /// Goes by what the image says from now on.
    void follow(VirtualServer server) {
        Optional<VirtualServer.Resource> attendant = SystemAttendant.of(server);
        attended = attendant.isPresent();
        schedule = attendant
                .map(resource -> SystemAttendant.schedule(resource.properties()))
                .orElse(Housekeeping.Schedule.DEFAULT);
        Housekeeping now = replica; // read after the schedule is set, as it is set before that is read below
        if (now != null) {
            now.follow(schedule);
        }
    }

    /// Sets what is kept; null for nothing.
    void behind(Housekeeping housekeeping) {
        replica = housekeeping;
        if (housekeeping != null) {
            housekeeping.follow(schedule);
        }
    }

    /// Lets what is due be done; returns at once.
    void tick() {
        Housekeeping now = replica;
        if (now != null) {
            now.tick(System.nanoTime(), expires());
        }
    }

    /// Whether the owner's part is done: always where there is no attendant that could be offline.
    boolean expires() {
        return expires || !attended;
    }

    @Override
    public void expire(boolean may) {
        expires = may;
    }

    @Override
    public Optional<String> trouble() {
        Housekeeping now = replica;
        return now == null ? Optional.empty() : now.trouble(System.nanoTime());
    }

    void close() {
        Housekeeping now = replica;
        replica = null;
        if (now != null) {
            now.close();
        }
    }
}
