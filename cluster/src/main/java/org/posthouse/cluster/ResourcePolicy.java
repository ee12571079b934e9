package org.posthouse.cluster;

import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/// How a resource is watched, and what its failures lead to. All times are milliseconds.
///
/// @param restarts how often it is restarted in place within the period
/// @param periodMillis in which restarts are counted
/// @param affectsGroup whether its group fails over once it has failed for good here
/// @param retryAfterMillis after so long a resource that failed for good, and moved nothing, is tried again
/// @param looksAliveMillis between two cheap checks
/// @param isAliveMillis between two thorough checks
/// @param pendingMillis how long it may come online or go offline without a word of progress
/// @param deadlockMillis a step that has not come back after so long holds what nothing but the end of the
///     process can free; 0 for the standard, so that images of feature level 1 read it
public record ResourcePolicy(
        int restarts,
        long periodMillis,
        boolean affectsGroup,
        long retryAfterMillis,
        long looksAliveMillis,
        long isAliveMillis,
        long pendingMillis,
        @JsonInclude(JsonInclude.Include.NON_DEFAULT) long deadlockMillis) {
    private static final long DEADLOCK_MILLIS = 300_000;

    /// What failover clusters have always started from.
    public static final ResourcePolicy DEFAULT =
            new ResourcePolicy(3, 900_000, true, 3_600_000, 5_000, 60_000, 180_000, 0);

    /// What is to follow a failure.
    public sealed interface Answer {
        /// Restart it in place.
        record Restart() implements Answer {}

        /// It has failed for good; try again on its own when this much time has passed.
        record GiveUp(long retryAfterMillis) implements Answer {}
    }

    /// Answers a failure.
    ///
    /// @param failures times of the failures so far on this node, this one included, in order
    public Answer to(List<Long> failures) {
        long now = failures.getLast();
        long recent = failures.stream().filter(at -> now - at < periodMillis).count();
        return recent <= restarts ? new Answer.Restart() : new Answer.GiveUp(retryAfterMillis);
    }

    /// The settings by the names that operators give them, in seconds where they are times.
    @JsonIgnore
    public SortedMap<String, String> settings() {
        SortedMap<String, String> settings = new TreeMap<>();
        settings.put("restarts", Integer.toString(restarts));
        settings.put("restart-period", Long.toString(periodMillis / 1000));
        settings.put("affects-group", Boolean.toString(affectsGroup));
        settings.put("retry-after", Long.toString(retryAfterMillis / 1000));
        settings.put("looks-alive-interval", Long.toString(looksAliveMillis / 1000));
        settings.put("is-alive-interval", Long.toString(isAliveMillis / 1000));
        settings.put("pending-timeout", Long.toString(pendingMillis / 1000));
        settings.put("deadlock-timeout", Long.toString(deadlock() / 1000));
        return settings;
    }

    /// These with one setting changed.
    ///
    /// @throws IllegalArgumentException if there is no such setting, or the value is not one of its
    public ResourcePolicy with(String setting, String value) {
        SortedMap<String, String> all = settings();
        if (all.replace(setting, value) == null) {
            throw new IllegalArgumentException("a resource has no setting '" + setting + "'; it has " + all.keySet());
        }
        return new ResourcePolicy(
                (int) number("restarts", all.get("restarts"), 0, 1000),
                millis(all, "restart-period"),
                truth(all, "affects-group"),
                millis(all, "retry-after"),
                millis(all, "looks-alive-interval"),
                millis(all, "is-alive-interval"),
                millis(all, "pending-timeout"),
                standardised(millis(all, "deadlock-timeout")));
    }

    private static long standardised(long deadlock) {
        return deadlock == DEADLOCK_MILLIS ? 0 : deadlock;
    }

    /// After how long, in milliseconds, a step that has not come back counts as one that never will.
    public long deadlock() {
        return standardDeadlock() ? DEADLOCK_MILLIS : deadlockMillis;
    }

    boolean standardDeadlock() {
        return deadlockMillis == 0;
    }

    static long number(String setting, String value, long least, long most) {
        if (!value.matches("\\d{1,9}") || Long.parseLong(value) < least || Long.parseLong(value) > most) {
            throw new IllegalArgumentException(
                    setting + " is a number from " + least + " to " + most + ", not '" + value + "'");
        }
        return Long.parseLong(value);
    }

    private static long millis(SortedMap<String, String> settings, String name) {
        return 1000 * number(name + ", in seconds,", settings.get(name), 1, 30L * 24 * 3600);
    }

    private static boolean truth(SortedMap<String, String> settings, String name) {
        String value = settings.get(name);
        if (!value.equals("true") && !value.equals("false")) {
            throw new IllegalArgumentException(name + " is true or false, not '" + value + "'");
        }
        return Boolean.parseBoolean(value);
    }
}
