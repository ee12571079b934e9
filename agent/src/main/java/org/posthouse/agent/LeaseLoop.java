package org.posthouse.agent;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.posthouse.cluster.ClusterImage;
import org.posthouse.cluster.Facts;
import org.posthouse.cluster.LeaseAnswer;
import org.posthouse.cluster.LeaseBook;
import org.posthouse.cluster.ResourceTypes;
import org.posthouse.replication.GroupMember;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The coordinator's side of the node lease ([LeaseBook]), for as long as it leads in one term. Beside the
/// coordinator's own loop, which must not wait for a majority to confirm that it leads.
final class LeaseLoop implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(LeaseLoop.class);
    private static final long EVERY_MILLIS = 150;
    private static final long CONFIRM_MILLIS_MAX = 500;

    private final GroupMember member;
    private final ClusterReplica replica;
    private final Pulse pulse;
    private final Leases leases;
    private final long term;
    private final BootClock clock = new BootClock();
    private final LeaseBook book = new LeaseBook(clock.getAsLong());
    private final Map<String, Long> answered = new TreeMap<>(); // of the loop's thread, by node
    private final NudgedLoop loop;
    private volatile boolean ended;

    LeaseLoop(GroupMember member, ClusterReplica replica, Pulse pulse, Leases leases, long term) {
        this.member = member;
        this.replica = replica;
        this.pulse = pulse;
        this.leases = leases;
        this.term = term;
        this.loop = new NudgedLoop("lease", EVERY_MILLIS, this::answerAll);
    }

    void start() {
        loop.start();
    }

    private void answerAll() {
        ClusterImage image = replica.image();
        boolean shared = image.virtualServers().values().stream()
                .anyMatch(server -> server.shared().isPresent());
        boolean needed = shared
                || image.virtualServers().values().stream()
                        .anyMatch(server -> !ResourceTypes.leased(image, server).isEmpty());
        List<Facts.Heartbeat> words = needed ? unanswered() : List.of();
        // Asked after the words came in: only so is an answer worth anything.
        if (words.isEmpty() || !leads()) {
            return;
        }
        long now = clock.getAsLong();
        for (Facts.Heartbeat word : words) {
            LeaseAnswer answer = book.answer(image, word, now);
            answered.put(word.node(), word.lease().saidAt());
            if (shared || !answer.granted().isEmpty()) {
                leases.send(word.node(), answer);
            }
        }
    }

    private List<Facts.Heartbeat> unanswered() {
        List<Facts.Heartbeat> words = new ArrayList<>();
        pulse.peers().forEach((node, heartbeat) -> {
            if (answered.getOrDefault(node, -1L) != heartbeat.lease().saidAt()) {
                words.add(heartbeat);
            }
        });
        return words;
    }

    /// Whether this node certainly led the cluster group, in this term, at some instant after the call.
    private boolean leads() {
        if (!inTerm()) {
            return false;
        }
        try {
            member.confirmLeadership().get(CONFIRM_MILLIS_MAX, TimeUnit.MILLISECONDS);
            // A follower's confirmation says nothing, and is seen to be one by then.
            return inTerm();
        } catch (ExecutionException | TimeoutException e) {
            LOG.debug("no majority confirms that this node coordinates; no lease is answered", e);
            return false;
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    private boolean inTerm() {
        GroupMember.View view = member.view();
        return !ended && view.leading() && view.term() == term;
    }

    @Override
    public void close() {
        ended = true;
        loop.close();
    }
}
