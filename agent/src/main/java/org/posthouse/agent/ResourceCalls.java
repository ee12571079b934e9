package org.posthouse.agent;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// What one resource was told to do and has not come back from: steps and terminations, also those given up since.
final class ResourceCalls {
    private static final Logger LOG = LoggerFactory.getLogger(ResourceCalls.class);

    private final LongSupplier clock;
    private final Map<Thread, Call> underWay = new ConcurrentHashMap<>();

    /// @param what it is doing, for the log
    /// @param since it began, or the resource last reported progress
    private record Call(String what, long since) {}

    /// Something that a resource is to do, and that may fail.
    interface Work {
        void run() throws Exception;
    }

    /// @param clock milliseconds of a monotonic clock
    ResourceCalls(LongSupplier clock) {
        this.clock = clock;
    }

    /// Does it, and keeps a note of it for as long as it takes.
    ///
    /// @return why it failed; null if it did not
    Exception run(String what, Work work) {
        underWay.put(Thread.currentThread(), new Call(what, clock.getAsLong()));
        try {
            work.run();
            return null;
        } catch (Exception e) {
            return e;
        } finally {
            underWay.remove(Thread.currentThread());
        }
    }

    boolean none() {
        return underWay.isEmpty();
    }

    /// The resource has reported progress.
    void progressed() {
        long now = clock.getAsLong();
        underWay.replaceAll((thread, call) -> new Call(call.what(), now));
    }

    /// Looks for one that has not come back for so long that it never will: nothing but the end of this process
    /// frees what it holds. Tells each once, with its thread's stack in the log.
    ///
    /// @param whose the resource's name, for the log
    Optional<String> hung(String whose, long afterMillis) {
        long now = clock.getAsLong();
        for (var each : List.copyOf(underWay.entrySet())) {
            Call call = each.getValue();
            if (now - call.since() > afterMillis && underWay.remove(each.getKey(), call)) {
                StringBuilder stack = new StringBuilder();
                for (StackTraceElement frame : each.getKey().getStackTrace()) {
                    stack.append("\n    at ").append(frame);
                }
                String what =
                        whose + " has not come back from " + call.what() + " for " + (now - call.since()) / 1000 + " s";
                LOG.error("{}; where its thread is:{}", what, stack);
                return Optional.of(what);
            }
        }
        return Optional.empty();
    }
}
