package org.posthouse.sim;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.function.Supplier;

/// What happened, in lines for people; made only where somebody wants to read it.
final class Story {
    private final int linesMax;
    private final Deque<String> lines = new ArrayDeque<>();
    private Timeline time;

    /// @param linesMax how many of the last lines are kept; 0 tells nothing
    Story(int linesMax) {
        this.linesMax = linesMax;
    }

    void clock(Timeline ofWorld) {
        time = ofWorld;
    }

    /// It is told: the world that it is about need not be kept for it.
    void end() {
        time = null;
    }

    void tell(Supplier<String> line) {
        if (linesMax > 0) {
            lines.add(String.format(Locale.ROOT, "%9.3f  %s", time.now() / 1000.0, line.get()));
            if (lines.size() > linesMax) {
                lines.removeFirst();
            }
        }
    }

    List<String> lines() {
        return List.copyOf(lines);
    }
}
