package org.posthouse.app;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/// Columns of text, aligned, for people.
final class TextTable {
    private static final int GAP = 2;

    private final List<List<String>> rows = new ArrayList<>();

    /// A table with this heading.
    TextTable(String... heading) {
        row(heading);
    }

    /// One more row.
    TextTable row(String... cells) {
        rows.add(List.copyOf(Arrays.asList(cells)));
        return this;
    }

    /// A line under the last row, as wide as it is.
    TextTable note(String text) {
        rows.add(List.of("  " + text));
        return this;
    }

    /// Lines without trailing space, each ended by a line end.
    @Override
    public String toString() {
        int columns = rows.stream().mapToInt(List::size).max().orElse(0);
        int[] widths = new int[columns];
        for (List<String> row : rows) {
            for (int i = 0; row.size() == columns && i < row.size(); i++) {
                widths[i] = Math.max(widths[i], row.get(i).length());
            }
        }
        return rows.stream().map(row -> line(row, widths)).collect(Collectors.joining("\n", "", "\n"));
    }

    private static String line(List<String> row, int[] widths) {
        StringBuilder line = new StringBuilder();
        for (int i = 0; i < row.size(); i++) {
            line.append(row.get(i))
                    .append(" ".repeat(Math.max(0, widths[i] - row.get(i).length()) + GAP));
        }
        return line.toString().stripTrailing();
    }
}
