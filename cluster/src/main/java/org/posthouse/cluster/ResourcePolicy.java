package org.posthouse.cluster;

import com.fasterxml.jackson.annotation.JsonIgnore;
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
/// @param pendingMillis how long it may take to come online
public record ResourcePolicy(
        int restarts,
        long periodMillis,
        boolean affectsGroup,
        long retryAfterMillis,
        long looksAliveMillis,
        long isAliveMillis,
        long pendingMillis) {

    /// What failover clusters have always started from.
    public static final ResourcePolicy DEFAULT =
            new ResourcePolicy(3, 900_000, true, 3_600_000, 5_000, 60_000, 180_000);

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
        return settings;
    }

    /// These with one setting changed.
    ///
    /// @throws IllegalArgumentException if there is no such setting, or the value is not one of its
    public ResourcePolicy with(String setting, String value) {
        return switch (setting) {
            case "restarts" ->
                new ResourcePolicy(
                        (int) number(setting, value, 0, 1000),
                        periodMillis,
                        affectsGroup,
                        retryAfterMillis,
                        looksAliveMillis,
                        isAliveMillis,
                        pendingMillis);
            case "restart-period" ->
                new ResourcePolicy(
                        restarts,
                        seconds(setting, value),
                        affectsGroup,
                        retryAfterMillis,
                        looksAliveMillis,
                        isAliveMillis,
                        pendingMillis);
            case "affects-group" ->
                new ResourcePolicy(
                        restarts,
                        periodMillis,
                        truth(setting, value),
                        retryAfterMillis,
                        looksAliveMillis,
                        isAliveMillis,
                        pendingMillis);
            case "retry-after" ->
                new ResourcePolicy(
                        restarts,
                        periodMillis,
                        affectsGroup,
                        seconds(setting, value),
                        looksAliveMillis,
                        isAliveMillis,
                        pendingMillis);
            case "looks-alive-interval" ->
                new ResourcePolicy(
                        restarts,
                        periodMillis,
                        affectsGroup,
                        retryAfterMillis,
                        seconds(setting, value),
                        isAliveMillis,
                        pendingMillis);
            case "is-alive-interval" ->
                new ResourcePolicy(
                        restarts,
                        periodMillis,
                        affectsGroup,
                        retryAfterMillis,
                        looksAliveMillis,
                        seconds(setting, value),
                        pendingMillis);
            case "pending-timeout" ->
                new ResourcePolicy(
                        restarts,
                        periodMillis,
                        affectsGroup,
                        retryAfterMillis,
                        looksAliveMillis,
                        isAliveMillis,
                        seconds(setting, value));
            default ->
                throw new IllegalArgumentException("a resource has no setting '" + setting + "'; it has "
                        + settings().keySet());
        };
    }

    static long number(String setting, String value, long least, long most) {
        if (!value.matches("\\d{1,9}") || Long.parseLong(value) < least || Long.parseLong(value) > most) {
            throw new IllegalArgumentException(
                    setting + " is a number from " + least + " to " + most + ", not '" + value + "'");
        }
        return Long.parseLong(value);
    }

    private static long seconds(String setting, String value) {
        return 1000 * number(setting + ", in seconds,", value, 1, 30L * 24 * 3600);
    }

    private static boolean truth(String setting, String value) {
        if (!value.equals("true") && !value.equals("false")) {
            throw new IllegalArgumentException(setting + " is true or false, not '" + value + "'");
        }
        return Boolean.parseBoolean(value);
    }
}
