package org.posthouse.sim;

import java.util.PriorityQueue;

/// Fake time in milliseconds, and what is due when. What is due at the same millisecond comes in the order in which it
/// was planned.
final class Timeline {
    private final PriorityQueue<Due> due = new PriorityQueue<>();
    private long now;
    private long planned;

    private record Due(long at, long order, Runnable work) implements Comparable<Due> {
        @Override
        public int compareTo(Due other) {
            int byTime = Long.compare(at, other.at);
            return byTime != 0 ? byTime : Long.compare(order, other.order);
        }
    }

    /// Milliseconds since the simulation began.
    long now() {
        return now;
    }

    void after(long millis, Runnable work) {
        due.add(new Due(now + Math.max(0, millis), planned++, work));
    }

    /// Lets time pass until then, doing what becomes due.
    void runUntil(long end) {
        while (!due.isEmpty() && due.peek().at() <= end) {
            Due next = due.remove();
            now = next.at();
            next.work().run();
        }
        now = end;
    }

    /// How many things have been planned so far: a measure of work.
    long events() {
        return planned;
    }
}
