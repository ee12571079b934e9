package org.posthouse.sim;

import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.posthouse.cluster.ClusterImage;
import org.posthouse.cluster.Seat;

/// What a member of a Raft group does while it leads, in one term.
final class Leadership {
    static final long LEASE_MILLIS = 270;
    private static final long HEARTBEAT_MILLIS = 150;
    private static final int ENTRIES_MAX = 40;
    /// Behind its snapshot a leader's log goes on for so many entries.
    private static final int LOG_KEPT = 3;
    private static final long LOOK_AGAIN_MILLIS = 20;
    private static final long MEMBER_SILENCE_MILLIS = 20_000;
    private static final long CONFIRM_MILLIS_MAX = 1_000;

    final long term;
    private final RaftMember member;
    private final World world;
    private final SimNode node;
    private final RaftDisk disk;
    private final SortedMap<Id, Follower> followers = new TreeMap<>();
    private final SortedMap<Integer, Consumer<Outcome>> proposed = new TreeMap<>();
    private final List<Confirmation> confirmations = new ArrayList<>();
    private int first;
    private boolean ready;
    private boolean ended;
    private boolean handingOver;
    private boolean changing;
    private long graceSince;

    /// What became of a proposal.
    enum Outcome {
        /// Committed, applied, and it did what it says.
        ACCEPTED,
        /// Committed and applied, but refused.
        REFUSED,
        /// Not known: leadership was lost, or there was none.
        UNKNOWN
    }

    private static final class Follower {
        private int next;
        private int match;
        private boolean awaiting;
        private long sentAnswered = Long.MIN_VALUE / 2;
    }

    private record Confirmation(long asked, Consumer<Boolean> done) {}

    Leadership(RaftMember member) {
        this.member = member;
        this.world = member.world;
        this.node = member.node;
        this.disk = member.disk;
        this.term = disk.term();
    }

    void begin() {
        graceSince = node.mono();
        meetFollowers(disk.config());
        first = append(new Entry.Begin(member.self()));
        heartbeat();
    }

    boolean ready() {
        return ready;
    }

    void end() {
        ended = true;
        List<Consumer<Outcome>> left = new ArrayList<>(proposed.values());
        proposed.clear();
        left.forEach(one -> one.accept(Outcome.UNKNOWN));
        List<Confirmation> asking = new ArrayList<>(confirmations);
        confirmations.clear();
        asking.forEach(one -> one.done().accept(false));
    }

    private void meetFollowers(Config config) {
        for (Id id : config.members()) {
            if (!id.equals(member.self())) {
                followers.computeIfAbsent(id, _ -> met());
            }
        }
        followers.keySet().removeIf(id -> !config.members().contains(id) && !changing);
    }

    private Follower met() {
        Follower follower = new Follower();
        follower.next = disk.last() + 1;
        return follower;
    }

    // ---- entries

    /// Proposes an entry.
    void propose(Entry.Payload payload, Consumer<Outcome> done) {
        if (ended || !ready || handingOver) {
            done.accept(Outcome.UNKNOWN);
            return;
        }
        proposed.put(append(payload), done);
    }

    private int append(Entry.Payload payload) {
        Entry entry = new Entry(term, payload);
        disk.append(entry);
        int index = disk.last();
        node.forced(() -> {
            disk.force(index, entry);
            if (!ended) {
                advance();
            }
        });
        if (payload instanceof Entry.Members members) {
            meetFollowers(members.config());
            member.membersChanged();
        }
        followers.forEach((id, follower) -> {
            if (!follower.awaiting) {
                send(id, follower);
            }
        });
        return index;
    }

    private void send(Id id, Follower follower) {
        boolean gone = disk.witness && follower.next <= disk.snapshot();
        boolean toWitness = world.isWitness(id) && !member.group.equals(ClusterImage.CLUSTER_GROUP);
        follower.awaiting = true;
        if (gone && world.makes(Mistake.WITNESS_GIVES_SNAPSHOT)) {
            beginBehind(id, nothing(disk.snapshot()));
        } else if (toWitness && follower.next <= disk.snapshot() - LOG_KEPT) {
            beginBehind(id, disk.from(1, disk.snapshot()));
        } else {
            // Who needs what a witness does not have waits for somebody else to lead.
            var request = append(gone ? disk.snapshot() : follower.next - 1, gone ? 0 : ENTRIES_MAX);
            member.send(id, there -> there.onAppend(request));
        }
    }

    private RaftMember.Append append(int previous, int most) {
        return new RaftMember.Append(
                term,
                member.self(),
                previous,
                disk.termAt(previous),
                disk.from(previous + 1, most),
                disk.committed(),
                node.mono());
    }

    private void beginBehind(Id id, List<Entry> before) {
        var request = append(before.size(), 0);
        member.send(id, there -> there.onBeginBehind(request, before));
    }

    /// So many entries as a witness that has none would make up.
    private List<Entry> nothing(int count) {
        List<Entry> entries = new ArrayList<>();
        for (int index = 1; index <= count; index++) {
            entries.add(
                    disk.at(index).payload instanceof Entry.Members
                            ? disk.at(index)
                            : new Entry(disk.termAt(index), new Entry.Begin(member.self())));
        }
        return entries;
    }

    private void heartbeat() {
        long due = node.mono() + HEARTBEAT_MILLIS;
        followers.forEach(this::send);
        node.after(HEARTBEAT_MILLIS, () -> {
            if (ended || member.closed()) {
                return;
            }
            if (node.mono() - due > RaftMember.LATE_MILLIS) {
                // The process did not run; who has replaced it meanwhile will say so.
                graceSince = node.mono();
            }
            long heardAfter = node.mono() - RaftMember.ELECTION_MAX_MILLIS;
            boolean alone = graceSince <= heardAfter && !answeredSince(heardAfter);
            if (alone) {
                member.stepDown();
                return;
            }
            giveWay();
            heartbeat();
        });
    }

    /// Whether a majority has answered something that was sent after that.
    private boolean answeredSince(long sent) {
        return disk.config().majority(id -> id.equals(member.self()) || sentAnswered(id) > sent);
    }

    private long sentAnswered(Id id) {
        Follower follower = followers.get(id);
        return follower == null ? Long.MIN_VALUE / 2 : follower.sentAnswered;
    }

    /// A follower of higher priority that holds everything is to lead.
    private void giveWay() {
        Config config = disk.config();
        if (!ready || handingOver || config.joint()) {
            return;
        }
        for (Id voter : config.voters()) {
            Follower follower = followers.get(voter);
            if (follower != null
                    && config.priority(voter) > config.priority(member.self())
                    && follower.match == disk.last()) {
                member.send(voter, there -> there.stand(false));
                return;
            }
        }
    }

    void answered(Id from, boolean taken, int index, long sent) {
        Follower follower = followers.get(from);
        if (follower == null) {
            return;
        }
        follower.awaiting = false;
        follower.sentAnswered = Math.max(follower.sentAnswered, sent);
        if (taken) {
            follower.match = Math.max(follower.match, index);
            follower.next = Math.max(follower.next, follower.match + 1);
            advance();
        } else {
            follower.next = Math.max(follower.match + 1, Math.min(follower.next, index + 1));
        }
        if (ended) {
            return;
        }
        confirmations.removeIf(this::confirmed);
        if (follower.next <= disk.last()) {
            send(from, follower);
        }
    }

    /// Commits what a majority has, if it is of this term (5.4.2).
    private void advance() {
        Config config = disk.config();
        for (int index = disk.last(); index > disk.committed() && disk.termAt(index) == term; index--) {
            int candidate = index;
            if (config.majority(id -> match(id) >= candidate)) {
                member.commit(index);
                followers.forEach((id, follower) -> {
                    if (!ended && !follower.awaiting) {
                        send(id, follower);
                    }
                });
                leaveIfOut();
                return;
            }
        }
    }

    /// One that was elected in the middle of the change that takes it out leads no longer than until that is done.
    private void leaveIfOut() {
        Config config = disk.config();
        if (!ended && !config.joint() && disk.configAt() <= disk.committed() && !config.votes(member.self())) {
            member.stepDown();
        }
    }

    private int match(Id id) {
        if (id.equals(member.self())) {
            return world.makes(Mistake.COUNTS_ITSELF_UNFORCED) ? disk.last() : disk.forced();
        }
        Follower follower = followers.get(id);
        return follower == null ? 0 : follower.match;
    }

    void applied(int index, Entry entry, boolean accepted) {
        Consumer<Outcome> done = proposed.remove(index);
        if (done != null) {
            done.accept(accepted ? Outcome.ACCEPTED : Outcome.REFUSED);
        }
        if (ended) {
            return;
        }
        if (!ready && index >= first) {
            ready = true;
            member.ready(term);
        }
        if (ready && disk.config().joint() && disk.configAt() <= index) {
            append(new Entry.Members(Config.of(disk.config().seats())));
        } else if (entry.payload instanceof Entry.Members) {
            meetFollowers(disk.config());
        }
    }

    // ---- reads

    /// Whether this member leads at some instant after the question (6.4).
    void confirm(Consumer<Boolean> done) {
        if (ended || !ready) {
            done.accept(false);
            return;
        }
        long now = node.mono();
        if (answeredSince(now - LEASE_MILLIS)) {
            done.accept(true);
            return;
        }
        Confirmation asked = new Confirmation(now, done);
        confirmations.add(asked);
        followers.forEach(this::send);
        node.after(CONFIRM_MILLIS_MAX, () -> {
            if (confirmations.remove(asked)) {
                done.accept(false);
            }
        });
    }

    private boolean confirmed(Confirmation asked) {
        boolean so = answeredSince(asked.asked());
        if (so) {
            asked.done().accept(true);
        }
        return so;
    }

    // ---- handing over

    /// Gives leadership to another, which must hold everything and have no lower priority than any.
    void handOver(Id to, long deadlineMillis, Consumer<Boolean> done) {
        Config config = disk.config();
        boolean may = ready && !handingOver && config.votes(to);
        for (Id voter : config.voters()) {
            may = may && config.priority(voter) <= config.priority(to);
        }
        if (!may || to.equals(member.self())) {
            done.accept(to.equals(member.self()));
            return;
        }
        handingOver = true;
        handOver(to, node.mono() + deadlineMillis, false, done);
    }

    private void handOver(Id to, long end, boolean told, Consumer<Boolean> done) {
        if (ended) {
            awaitLeader(to, end, done);
            return;
        }
        if (node.mono() > end) {
            handingOver = false;
            done.accept(false);
            return;
        }
        Follower follower = followers.get(to);
        boolean tell = !told && follower != null && follower.match == disk.last();
        if (tell) {
            member.send(to, there -> there.stand(false));
        }
        node.after(LOOK_AGAIN_MILLIS, () -> handOver(to, end, told || tell, done));
    }

    private void awaitLeader(Id to, long end, Consumer<Boolean> done) {
        if (member.leader().isPresent() || node.mono() > end) {
            done.accept(member.leader().filter(to::equals).isPresent());
            return;
        }
        node.after(LOOK_AGAIN_MILLIS, () -> awaitLeader(to, end, done));
    }

    // ---- members

    /// Goes from one configuration to another: those that are to get a vote are filled first, then all changes through
    /// a majority of the old voters and one of the new.
    void change(List<Seat> expected, List<Seat> wanted, Consumer<Boolean> done) {
        Config config = disk.config();
        boolean may = ready
                && !changing
                && !config.joint()
                && disk.configAt() <= disk.committed()
                && config.seats().equals(expected)
                && Config.of(wanted).votes(member.self());
        if (!may) {
            done.accept(false);
            return;
        }
        changing = true;
        List<Id> toFill = new ArrayList<>();
        for (Id voter : Config.of(wanted).voters()) {
            if (!config.votes(voter)) {
                toFill.add(voter);
                followers.computeIfAbsent(voter, _ -> met());
            }
        }
        fill(toFill, disk.committed(), node.mono() + MEMBER_SILENCE_MILLIS, filled -> {
            changing = false;
            if (!filled || ended) {
                meetFollowers(disk.config());
                done.accept(false);
                return;
            }
            boolean sameVotes = Config.of(wanted).voters().equals(config.voters());
            append(new Entry.Members(sameVotes ? Config.of(wanted) : Config.joint(config, wanted)));
            awaitChange(wanted, done);
        });
    }

    private void fill(List<Id> toFill, int upTo, long end, Consumer<Boolean> done) {
        boolean all = toFill.stream().allMatch(id -> match(id) >= upTo);
        if (ended || all || node.mono() > end) {
            done.accept(all && !ended);
            return;
        }
        node.after(LOOK_AGAIN_MILLIS, () -> fill(toFill, upTo, end, done));
    }

    private void awaitChange(List<Seat> wanted, Consumer<Boolean> done) {
        boolean there =
                disk.config().seats().equals(wanted) && !disk.config().joint() && disk.configAt() <= disk.committed();
        if (ended || there) {
            done.accept(there);
            return;
        }
        node.after(LOOK_AGAIN_MILLIS, () -> awaitChange(wanted, done));
    }
}
