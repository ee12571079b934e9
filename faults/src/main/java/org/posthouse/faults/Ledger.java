package org.posthouse.faults;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;

/// Compares what a server answered with what is there in the end. Each message carries an id of its own; its
/// outcome is noted when its answer came, or when it became clear that none would come.
///
/// What must hold (DESIGN.md, P1 and P2):
///
/// | outcome | there in the end |
/// |---|---|
/// | acknowledged | exactly once in each mailbox that it was sent to |
/// | refused | never |
/// | unknown | never or once |
///
/// Threads may note outcomes at the same time; [#check] is for when they have ended.
public final class Ledger {
    private static final int EXAMPLES_MAX = 20;

    /// How sending a message ended, as its sender saw it.
    public enum Outcome {
        /// Answered 250 or OK.
        ACKNOWLEDGED,
        /// Answered 4xx, or a NO that invites to try later.
        REFUSED_FOR_NOW,
        /// Answered 5xx, or any other NO.
        REFUSED_FOR_GOOD,
        /// No answer came: it may have taken effect.
        UNKNOWN
    }

    /// A message that was read back.
    ///
    /// @param mailbox whose it is, as in `user1@example.org`
    /// @param intact whether its body has the checksum that it was sent with
    public record Found(String id, String mailbox, boolean intact) {}

    /// What came of a comparison. Each list holds at most [#EXAMPLES_MAX] examples, the counts count all.
    ///
    /// @param sent how many messages were sent, by outcome
    /// @param found how many copies are there
    /// @param lost acknowledged, and not there
    /// @param doubled there more than once in one mailbox
    /// @param unwanted there though refused, or in a mailbox that they were not sent to
    /// @param damaged there with another body
    /// @param strangers there, and never sent by this run
    public record Verdict(
            Map<Outcome, Long> sent,
            long found,
            Complaint lost,
            Complaint doubled,
            Complaint unwanted,
            Complaint damaged,
            Complaint strangers) {

        /// Whether every promise was kept.
        public boolean kept() {
            return lost.count() + doubled.count() + unwanted.count() + damaged.count() + strangers.count() == 0;
        }

        /// How many messages ended so.
        public long sent(Outcome outcome) {
            return sent.getOrDefault(outcome, 0L);
        }
    }

    /// How often something went wrong, with some examples.
    public record Complaint(long count, List<String> examples) {
        @Override
        public String toString() {
            return count == 0 ? "0" : count + " " + examples;
        }
    }

    private record Sent(String mailbox, Outcome outcome) {}

    private final Map<String, Sent> sent = new ConcurrentHashMap<>();

    /// Notes how a message ended.
    ///
    /// @throws IllegalStateException if this id has an outcome already: ids are not used twice
    public void note(String id, String mailbox, Outcome outcome) {
        if (sent.putIfAbsent(id, new Sent(mailbox, outcome)) != null) {
            throw new IllegalStateException("message " + id + " has an outcome already");
        }
    }

    /// How many messages ended so up to now.
    public long count(Outcome outcome) {
        return sent.values().stream().filter(each -> each.outcome() == outcome).count();
    }

    /// Compares with what was found: every message of every mailbox, also those that carry no mark of ours.
    public Verdict check(Iterable<Found> messages) {
        Collector lost = new Collector();
        Collector doubled = new Collector();
        Collector unwanted = new Collector();
        Collector damaged = new Collector();
        Collector strangers = new Collector();
        Map<String, Integer> copies = new LinkedHashMap<>();
        long found = 0;
        for (Found message : messages) {
            found++;
            String example = message.id() + " in " + message.mailbox();
            Sent expected = sent.get(message.id());
            if (expected == null) {
                strangers.add(example);
                continue;
            }
            if (!message.intact()) {
                damaged.add(example);
            }
            if (!expected.mailbox().equals(message.mailbox()) || refused(expected.outcome())) {
                unwanted.add(example + " (" + expected.outcome() + ", sent to " + expected.mailbox() + ")");
                continue;
            }
            int now = copies.merge(message.id(), 1, Integer::sum);
            if (now > 1) {
                doubled.add(example);
            }
        }
        Map<Outcome, Long> outcomes = new TreeMap<>();
        sent.forEach((id, message) -> {
            outcomes.merge(message.outcome(), 1L, Long::sum);
            if (message.outcome() == Outcome.ACKNOWLEDGED && !copies.containsKey(id)) {
                lost.add(id + " in " + message.mailbox());
            }
        });
        return new Verdict(
                outcomes,
                found,
                lost.complaint(),
                doubled.complaint(),
                unwanted.complaint(),
                damaged.complaint(),
                strangers.complaint());
    }

    private static boolean refused(Outcome outcome) {
        return outcome == Outcome.REFUSED_FOR_NOW || outcome == Outcome.REFUSED_FOR_GOOD;
    }

    private static final class Collector {
        private final List<String> examples = new ArrayList<>();
        private long count;

        void add(String example) {
            count++;
            if (examples.size() < EXAMPLES_MAX) {
                examples.add(example);
            }
        }

        Complaint complaint() {
            return new Complaint(count, List.copyOf(examples));
        }
    }
}
