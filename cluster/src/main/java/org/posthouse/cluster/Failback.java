package org.posthouse.cluster;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// When a virtual server goes back to its most preferred owner: `never` (the default), `immediate`, or within hours of
/// the day as `HH-HH` (UTC, the first included, the last not; `22-4` goes over midnight).
///
/// @param from first hour, -1 for never
/// @param to hour at which it ends; the same as `from` for any hour
public record Failback(int from, int to) {
    /// Nothing moves back unasked.
    public static final Failback NEVER = new Failback(-1, -1);

    /// As soon as the node is back and holds what it needs.
    public static final Failback IMMEDIATE = new Failback(0, 0);

    private static final Pattern WINDOW = Pattern.compile("(\\d{1,2})-(\\d{1,2})");
    private static final long HOUR_MILLIS = 3_600_000;

    /// The inverse of [#text].
    ///
    /// @throws IllegalArgumentException if it is none
    @JsonCreator
    public static Failback parse(String text) {
        Matcher window = WINDOW.matcher(text);
        if (text.equals("never")) {
            return NEVER;
        }
        if (text.equals("immediate")) {
            return IMMEDIATE;
        }
        if (window.matches()) {
            int from = Integer.parseInt(window.group(1));
            int to = Integer.parseInt(window.group(2));
            if (from < 24 && to < 24 && from != to) {
                return new Failback(from, to);
            }
        }
        throw new IllegalArgumentException(
                "failback is 'never', 'immediate' or hours of the day (UTC) as '22-4', not '" + text + "'");
    }

    /// As shown and stored.
    @JsonValue
    public String text() {
        return this.equals(NEVER) ? "never" : this.equals(IMMEDIATE) ? "immediate" : from + "-" + to;
    }

    /// Whether it may go back at this time.
    ///
    /// @param now milliseconds since 1970
    public boolean allowed(long now) {
        if (from < 0) {
            return false;
        }
        long hour = now / HOUR_MILLIS % 24;
        return from == to || (from < to ? hour >= from && hour < to : hour >= from || hour < to);
    }
}
