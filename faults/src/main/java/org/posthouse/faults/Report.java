package org.posthouse.faults;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.posthouse.bench.Table;

/// What a campaign says while it runs, and its verdict: an *expectation* that fails fails the campaign; a *goal*
/// that is missed is printed, because figures on a busy machine are no fault.
final class Report {
    private final PrintWriter out;
    private final boolean strict;
    private final List<String> failures = new ArrayList<>();
    private final long startNanos = System.nanoTime();

    /// @param strict whether a missed goal fails the campaign too
    Report(PrintWriter out, boolean strict) {
        this.out = out;
        this.strict = strict;
    }

    /// Prints a line with the time since the campaign's start.
    synchronized void say(String format, Object... arguments) {
        out.printf(Locale.ROOT, "%8.2f  %s%n", (System.nanoTime() - startNanos) / 1e9, line(format, arguments));
        out.flush();
    }

    @SuppressWarnings("AnnotateFormatMethod")
    // Justification: the annotation would be the only use of a library of annotations.
    private static String line(String format, Object... arguments) {
        return arguments.length == 0 ? format : String.format(Locale.ROOT, format, arguments);
    }

    /// Prints text as it is.
    synchronized void print(Object text) {
        out.print(text);
        out.flush();
    }

    /// Prints a table with its title.
    synchronized void table(String title, Table table) {
        out.println();
        out.println(title);
        out.print(table);
        out.flush();
    }

    /// Notes whether something that must hold held.
    synchronized void expect(boolean held, String format, Object... arguments) {
        String what = line(format, arguments);
        say("%s", (held ? "held: " : "FAILED: ") + what);
        if (!held) {
            failures.add(what);
        }
    }

    /// Notes whether a figure is as good as it should be.
    synchronized void goal(boolean met, String format, Object... arguments) {
        String what = line(format, arguments);
        say("%s", (met ? "goal met: " : "GOAL MISSED: ") + what);
        if (!met && strict) {
            failures.add(what);
        }
    }

    /// Notes that the campaign could not go on.
    synchronized void failed(String why) {
        expect(false, "%s", why);
    }

    /// What failed.
    synchronized List<String> failures() {
        return List.copyOf(failures);
    }
}
