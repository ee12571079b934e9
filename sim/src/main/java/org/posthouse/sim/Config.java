package org.posthouse.sim;

import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;
import org.posthouse.cluster.Seat;

/// Who is in a Raft group. While it is being changed it is *joint*: then nothing is decided but by a majority of the
/// old voters and one of the new (Raft, section 6).
final class Config {
    /// Of a member that was told nothing yet: it waits to be added, and votes in nothing.
    static final Config NONE = new Config(List.of(), List.of());

    private final List<Seat> seats;
    private final List<Seat> before;
    private final List<Id> voters;
    private final List<Id> votersBefore;
    private final SortedSet<Id> members = new TreeSet<>();
    private final SortedMap<Id, Integer> priorities = new TreeMap<>();

    private Config(List<Seat> seats, List<Seat> before) {
        this.seats = seats;
        this.before = before;
        voters = voters(seats);
        votersBefore = voters(before);
        before.forEach(this::know);
        seats.forEach(this::know);
    }

    static Config of(List<Seat> seats) {
        return new Config(seats, List.of());
    }

    /// The way from one to another.
    static Config joint(Config before, List<Seat> seats) {
        return new Config(seats, before.seats);
    }

    private void know(Seat seat) {
        members.add(Id.of(seat));
        priorities.put(Id.of(seat), seat.priority());
    }

    private static List<Id> voters(List<Seat> seats) {
        List<Id> ids = new ArrayList<>();
        for (Seat seat : seats) {
            if (seat.votes()) {
                ids.add(Id.of(seat));
            }
        }
        return ids;
    }

    boolean joint() {
        return !before.isEmpty();
    }

    List<Seat> seats() {
        return seats;
    }

    /// Old and new ones.
    SortedSet<Id> members() {
        return members;
    }

    boolean votes(Id id) {
        return voters.contains(id) || votersBefore.contains(id);
    }

    List<Id> voters() {
        return voters;
    }

    int priority(Id id) {
        return priorities.getOrDefault(id, 0);
    }

    /// Whether a majority has it; of both while it is joint.
    boolean majority(Predicate<Id> has) {
        return most(voters, has) && (before.isEmpty() || most(votersBefore, has));
    }

    private static boolean most(List<Id> voters, Predicate<Id> has) {
        int having = 0;
        for (Id voter : voters) {
            if (has.test(voter)) {
                having++;
            }
        }
        return having > voters.size() / 2;
    }

    @Override
    public String toString() {
        StringBuilder text = new StringBuilder("{");
        for (Seat seat : seats) {
            text.append(text.length() > 1 ? " " : "")
                    .append(Id.of(seat))
                    .append(seat.votes() ? "" : "-")
                    .append(seat.priority() > 0 ? "+" : "");
        }
        return text + (joint() ? " from " + Config.of(before) : "") + "}";
    }
}
