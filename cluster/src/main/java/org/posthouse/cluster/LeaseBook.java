package org.posthouse.cluster;

import java.util.Collections;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/// The coordinator's side of the node lease. Of each virtual server one node at a time has it: the one that has
/// the storage group open, once the one before it has said that it has nothing online any more, or can no longer
/// have. Not thread-safe. Times are milliseconds of any clock that does not jump.
///
/// Invariants, and what keeps them:
///
/// - *A grant follows the recorded `Open`.* So when the image names a node and an epoch, and that node was
///   granted the lease under that very epoch, nobody was granted it since: a new coordinator goes on with it at
///   once.
/// - *Otherwise a new coordinator assumes the worst*: that any node was granted the lease just before it began.
/// - *A node's word is answered only by a coordinator that certainly led after the word came in.* The lease
///   counts from when the node spoke, so it has ended 4 s after the last instant at which the old coordinator
///   led, while the new one gives nothing new for 5 s.
public final class LeaseBook {
    /// After so long without an answer a node certainly has nothing online any more that needs the lease: it counts
    /// on an answer for 4 s, and the second more is for taking things offline.
    public static final long FREE_AFTER_MILLIS = 5_000;

    private final long began;
    private final SortedMap<String, Holder> holders = new TreeMap<>();

    /// @param process of the node: what another process of it says ends nothing
    /// @param saidAt of the last word that was answered
    /// @param until when it may have something online, unless it is answered again
    private record Holder(String node, long process, long saidAt, long until) {
        boolean is(Facts.Heartbeat word) {
            return node.equals(word.node()) && process == word.process();
        }
    }

    /// Begins to count: as the coordinator of a new term.
    public LeaseBook(long now) {
        began = now;
    }

    /// Answers a node's heartbeat.
    ///
    /// @param image as applied by this coordinator, everything from before its term included
    /// @param now not before the coordinator made sure that it still led after the heartbeat came in
    public LeaseAnswer answer(ClusterImage image, Facts.Heartbeat word, long now) {
        SortedMap<String, OpenEpoch> granted = new TreeMap<>();
        for (VirtualServer server : image.virtualServers().values()) {
            Optional<OpenEpoch> open =
                    Optional.ofNullable(word.groups().get(server.name())).flatMap(Facts.Membership::open);
            if (open.isEmpty()) {
                free(server.name(), word, now);
            } else if (recorded(server, word.node(), open.get())
                    && !ResourceTypes.leased(image, server).isEmpty()
                    && mayHold(server.name(), word, open.get(), now)) {
                holders.put(
                        server.name(),
                        new Holder(word.node(), word.process(), word.lease().saidAt(), now + FREE_AFTER_MILLIS));
                granted.put(server.name(), open.get());
            }
        }
        return new LeaseAnswer(word.process(), word.lease().saidAt(), Collections.unmodifiableSortedMap(granted));
    }

    /// The holder's word that it has nothing online frees the lease, if it was said after the last answer's word: a
    /// node that has said so takes no earlier answer.
    private void free(String server, Facts.Heartbeat word, long now) {
        Holder holder = holders.get(server);
        if (holder != null
                && holder.is(word)
                && word.lease().saidAt() > holder.saidAt()
                && !word.lease().held().containsKey(server)) {
            holders.put(
                    server,
                    new Holder(holder.node(), holder.process(), word.lease().saidAt(), now));
        }
    }

    private boolean mayHold(String server, Facts.Heartbeat word, OpenEpoch open, long now) {
        Holder holder = holders.get(server);
        if (holder == null) {
            return open.equals(word.lease().held().get(server)) || now - began >= FREE_AFTER_MILLIS;
        }
        return holder.is(word) || now >= holder.until();
    }

    private static boolean recorded(VirtualServer server, String node, OpenEpoch epoch) {
        return server.opened()
                .filter(opened -> opened.node().equals(node) && opened.epoch().equals(epoch))
                .isPresent();
    }
}
