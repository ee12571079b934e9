package org.posthouse.cluster;

import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/// The newest heartbeat of each node. Not thread-safe. Times are milliseconds of one monotonic clock, whatever its
/// origin.
public final class HeartbeatTable {
    /// A coordinator ticks so often, and at once for a command.
    public static final long TICK_MILLIS = 100;

    /// A node tells the coordinator how it stands so often, and at once when something changed.
    public static final long HEARTBEAT_MILLIS = 150;

    /// A tick later than this means that the watcher itself was paused: a pause of the watcher is no death of the
    /// watched.
    public static final long LATE_MILLIS = 500;

    private final SortedMap<String, Arrival> arrivals = new TreeMap<>();
    private long countingSince;
    private long lastTick;

    private record Arrival(Facts.Heartbeat heartbeat, long at) {}

    /// Begins to count at this time.
    public HeartbeatTable(long now) {
        forget(now);
    }

    /// Takes a heartbeat in.
    public void heard(Facts.Heartbeat heartbeat, long now) {
        arrivals.put(heartbeat.node(), new Arrival(heartbeat, now));
    }

    /// Forgets all ages and counts anew: on being elected, and after a late tick.
    public void forget(long now) {
        arrivals.clear();
        countingSince = now;
        lastTick = now;
    }

    /// To be called at each tick of a coordinator.
    ///
    /// @return whether this tick came late, so that all ages were forgotten
    public boolean tick(long now) {
        boolean late = now - lastTick > LATE_MILLIS;
        if (late) {
            forget(now);
        }
        lastTick = now;
        return late;
    }

    /// What is known at this time.
    ///
    /// @param settling see [Facts#settling]
    public Facts facts(long now, boolean settling) {
        SortedMap<String, Facts.Heard> heard = new TreeMap<>();
        arrivals.forEach((node, arrival) ->
                heard.put(node, new Facts.Heard(Math.max(0, now - arrival.at()), arrival.heartbeat())));
        return new Facts(heard, now - countingSince, settling);
    }

    /// Nodes heard within the last second.
    public SortedSet<String> alive(long now) {
        SortedSet<String> alive = new TreeSet<>();
        arrivals.forEach((node, arrival) -> {
            if (now - arrival.at() <= Facts.DOWN_AFTER_MILLIS) {
                alive.add(node);
            }
        });
        return alive;
    }
}
