package org.posthouse.bench;

import java.util.Locale;
import org.HdrHistogram.Histogram;

/// What one turn of a workload gave, or several added up.
///
/// @param units what was done: messages, or bytes for a workload that counts in MB
/// @param nanos how long it took in all
/// @param latencies of each single operation, in microseconds
public record Measured(long units, long nanos, Histogram latencies) {
    private static final double BYTES_PER_MEGABYTE = 1e6;

    /// Units a second.
    public double perSecond() {
        return units * 1e9 / nanos;
    }

    /// Both together, as if one had followed the other at once.
    public Measured plus(Measured other) {
        Histogram both = latencies.copy();
        both.add(other.latencies);
        return new Measured(units + other.units, nanos + other.nanos, both);
    }

    /// The latency that so many in a hundred operations stayed under, as in `1.23`, in milliseconds.
    public String millisAt(double percentile) {
        return String.format(Locale.ROOT, "%.2f", latencies.getValueAtPercentile(percentile) / 1e3);
    }

    /// The rate as a table shows it, in this unit.
    public String rate(Unit unit) {
        return switch (unit) {
            case MESSAGES -> String.format(Locale.ROOT, "%,.0f", perSecond());
            case OPERATIONS -> String.format(Locale.ROOT, perSecond() < 100 ? "%,.2f" : "%,.0f", perSecond());
            case MEGABYTES -> String.format(Locale.ROOT, "%,.1f", perSecond() / BYTES_PER_MEGABYTE);
        };
    }

    /// What a rate counts.
    public enum Unit {
        /// Messages a second.
        MESSAGES("msg/s"),
        /// Whatever the workload does, so many times a second.
        OPERATIONS("/s"),
        /// Millions of bytes a second.
        MEGABYTES("MB/s");

        private final String label;

        Unit(String label) {
            this.label = label;
        }

        /// As printed behind a number.
        public String label() {
            return label;
        }
    }
}
