package org.posthouse.agent;

import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.function.Supplier;
import org.posthouse.mailstore.MailStore;

/// What a resource of a virtual server is given to work with.
///
/// @param virtualServer whose resource it is
/// @param resource its name there
/// @param node on which it runs
/// @param store the virtual server's mail; there on every node and for as long as the process runs: where this node
///     does not own the virtual server, or has no replica of it, calls fail with `NOT_OPEN`
/// @param properties of the resource, from the image, the standards of its type filled in
/// @param progress for what takes its time to come online or go offline
/// @param lease for what must never be online on two nodes
/// @param housekeeper for the system attendant
/// @param addresses that move with the virtual server ([IpAddress]), as the newest image has them, without the lengths
///     of prefixes
public record ServiceContext(
        String virtualServer,
        String resource,
        String node,
        MailStore store,
        SortedMap<String, String> properties,
        Progress progress,
        Lease lease,
        Housekeeper housekeeper,
        Supplier<List<String>> addresses) {

    /// How a resource says that it comes online, or goes offline, though it takes long: its pending timeout counts
    /// from the last report.
    @FunctionalInterface
    public interface Progress {
        /// Reports progress; returns at once.
        ///
        /// @param what was done last, for the log
        void report(String what);
    }

    /// The node lease of the virtual server, see [org.posthouse.cluster.NodeLease].
    @FunctionalInterface
    public interface Lease {
        /// For how many milliseconds from now this node may certainly have something online that needs the lease,
        /// also if it is paused in between; 0 if it may not.
        long leftMillis();
    }

    /// The housekeeping of the virtual server's replica on this node.
    public interface Housekeeper {
        /// Lets the owner's part of it be done, or not any more; returns at once.
        void expire(boolean may);

        /// What is wrong with it; empty if nothing is.
        Optional<String> trouble();
    }
}
