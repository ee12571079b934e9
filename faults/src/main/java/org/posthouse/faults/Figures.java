package org.posthouse.faults;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.posthouse.bench.Table;

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

    /// A table for lines of [#row].
    static Table table(String of) {
        return new Table(of, "count", "min ms", "median ms", "p99 ms", "max ms");
    }

    /// A line of a table.
    Object[] row(String name) {
        List<Object> cells = new ArrayList<>(List.of(name, count()));
        for (double percent : new double[] {0, 50, 99, 100}) {
            cells.add(String.format(Locale.ROOT, "%.0f", at(percent)));
        }
        return cells.toArray();
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
