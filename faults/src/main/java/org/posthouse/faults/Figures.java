package org.posthouse.faults;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/// Times in milliseconds, and what a table says of them.
final class Figures {
    private final List<Double> millis = new ArrayList<>();

    void add(double each) {
        millis.add(each);
        millis.sort(null);
    }

    void addAll(List<Double> several) {
        millis.addAll(several);
        millis.sort(null);
    }

    int count() {
        return millis.size();
    }

    double median() {
        return at(50);
    }

    /// The smallest value that so many in a hundred do not exceed; NaN if there is none at all.
    double at(double percent) {
        if (millis.isEmpty()) {
            return Double.NaN;
        }
        int rank = (int) Math.ceil(percent / 100 * millis.size());
        return millis.get(Math.max(0, rank - 1));
    }

    @Override
    public String toString() {
        return String.format(
                Locale.ROOT,
                "%d measured: min %.0f ms, median %.0f ms, p99 %.0f ms, max %.0f ms",
                count(),
                at(0),
                median(),
                at(99),
                at(100));
    }
}
