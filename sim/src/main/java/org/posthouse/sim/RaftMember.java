package org.posthouse.sim;

import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import java.util.function.Consumer;
import org.posthouse.cluster.Seat;

/// One member of one Raft group in one process: a small model of what Apache Ratis does, as far as the cluster service
/// depends on it (section numbers are those of Ongaro's Raft paper, extended version).
///
/// - Elections (5.2, 5.4.1): timeouts of 300 to 600 ms, a pre-vote, votes forced to disk before they are given, log up
///   to date. As Ratis has it, a voter whose log is no longer than the candidate's refuses one of lower priority than
///   its own; a candidate waits out its timeout for voters of higher priority; a leader gives way to a follower of
///   higher priority that holds everything.
/// - Replication (5.3) by [Leadership]: an entry counts for a member once it is forced to that member's disk.
/// - Changes of members (6) through a majority of the old and one of the new.
/// - Reads by lease (6.4): 0.9 of the shortest timeout from when the messages were sent that a majority answered.
///
/// Left out: snapshots (a log is replayed from its beginning; only a witness' log, and what is sent to it, knows that
/// there are some) and flow control.
final class RaftMember {
    static final long ELECTION_MIN_MILLIS = 300;
    static final long ELECTION_MAX_MILLIS = 600;
    /// Entries between two snapshots of a replica; told and looked at only where there is a witness.
    private static final int SNAPSHOT_EACH = 5;
    /// A timer later than this means that this process did not run: silence says nothing then.
    static final long LATE_MILLIS = 75;

    final World world;
    final SimNode node;
    final String group;
    final RaftDisk disk;
    private final Replica replica;
    private Optional<Id> leader = Optional.empty();
    private Leadership leading;
    private Ballot ballot;
    private long heardAt;
    private int applied;
    private boolean applying;
    private boolean barred;
    private boolean closed;

    /// A round of votes under way.
    private static final class Ballot {
        private final boolean pre;
        private final long term;
        private final TreeSet<Id> granted = new TreeSet<>();
        private final TreeSet<Id> refused = new TreeSet<>();
        private final TreeSet<Id> awaited = new TreeSet<>();

        Ballot(boolean pre, long term) {
            this.pre = pre;
            this.term = term;
        }
    }

    /// Asks for a vote. A pre-vote changes nothing.
    record VoteRequest(boolean pre, long term, Id candidate, int priority, int last, long lastTerm) {}

    /// Entries, or none: then a heartbeat.
    record Append(
            long term, Id leader, int previous, long previousTerm, List<Entry> entries, int committed, long sent) {}

    RaftMember(SimNode node, String group, RaftDisk disk, Replica replica) {
        this.world = node.world;
        this.node = node;
        this.group = group;
        this.disk = disk;
        this.replica = replica;
    }

    void begin() {
        heardAt = node.mono();
        watch();
        applyCommitted();
    }

    /// This process has no part in it any more.
    void close() {
        closed = true;
        leading = null;
        leader = Optional.empty();
    }

    Id self() {
        return disk.self;
    }

    Optional<Id> leader() {
        return leader;
    }

    /// Whether it leads and has applied its term's first entry.
    boolean leads() {
        return leading != null && leading.ready();
    }

    /// Null unless it leads.
    Leadership leading() {
        return leading;
    }

    int applied() {
        return applied;
    }

    /// The configuration that it goes by, committed or not.
    List<Seat> members() {
        return disk.config().seats();
    }

    /// The configuration as a leader may tell it to others: none while it is not committed. By one that is not, the
    /// coordinator would take a change for done, and a node would delete a replica that may still be needed.
    List<Seat> membersToTell() {
        boolean settled = !disk.config().joint() && disk.configAt() <= disk.committed();
        boolean tells = leads() && (settled || world.makes(Mistake.TELLS_UNCOMMITTED_MEMBERS));
        return tells ? members() : List.of();
    }

    boolean closed() {
        return closed;
    }

    /// Something is sent to a member; what is for an incarnation that is not there is lost.
    void send(Id to, Consumer<RaftMember> message) {
        world.network.send(node, to.node(), agent -> {
            RaftMember there = agent.member(group);
            if (there != null && !there.closed && there.self().equals(to)) {
                message.accept(there);
            }
        });
    }

    // ---- elections

    private long timeout() {
        return ELECTION_MIN_MILLIS + world.random.nextLong(ELECTION_MAX_MILLIS - ELECTION_MIN_MILLIS);
    }

    /// Looks again and again whether the leader was heard; so that a loss may take nearly two timeouts to be noticed.
    private void watch() {
        long timeout = timeout();
        long due = node.mono() + timeout;
        node.after(timeout, () -> {
            if (closed) {
                return;
            }
            boolean late = node.mono() - due > LATE_MILLIS;
            if (leading == null && ballot == null && !late && node.mono() - heardAt >= timeout) {
                if (disk.takenOut()) {
                    onTakenOut(); // Nobody tells it more; Ratis closes it then.
                } else {
                    stand(true);
                }
            }
            watch();
        });
    }

    /// While its disk hangs a member that has stepped down does not stand again.
    void bar(boolean from) {
        barred = from;
    }

    /// Stands for election.
    ///
    /// @param pre whether to ask first whether it would be elected
    void stand(boolean pre) {
        Config config = disk.config();
        if (closed || barred || leading != null || node.diskHangs() || !config.votes(self())) {
            return;
        }
        Ballot round = new Ballot(pre, disk.term() + 1);
        if (!pre) {
            disk.vote(round.term, Optional.of(self()));
            leader = Optional.empty();
        }
        ballot = round;
        round.granted.add(self());
        for (Id voter : config.members()) {
            if (config.votes(voter) && config.priority(voter) > config.priority(self())) {
                round.awaited.add(voter);
            }
        }
        VoteRequest request =
                new VoteRequest(pre, round.term, self(), config.priority(self()), disk.last(), disk.lastTerm());
        for (Id voter : config.members()) {
            if (config.votes(voter) && !voter.equals(self())) {
                send(voter, there -> there.onVoteRequest(request));
            }
        }
        node.after(timeout(), () -> count(round, true));
        count(round, false);
    }

    /// @param over whether no more votes are waited for
    private void count(Ballot round, boolean over) {
        if (ballot != round || closed) {
            return;
        }
        boolean won = disk.config().majority(round.granted::contains);
        if (won && (over || round.awaited.isEmpty())) {
            ballot = null;
            if (round.pre) {
                stand(false);
            } else if (disk.term() == round.term) {
                lead();
            }
        } else if (over) {
            ballot = null;
        }
    }

    private void onVoteRequest(VoteRequest request) {
        if (leading != null && leading.ready() && outdated(request)) {
            send(request.candidate(), RaftMember::onTakenOut);
            return;
        }
        boolean granted = request.pre() ? wouldVote(request) : vote(request);
        if (!request.pre() && node.diskHangs()) {
            return; // The vote cannot be forced: it is not given.
        }
        long term = disk.term();
        send(request.candidate(), there -> there.onVote(request, self(), granted, term));
    }

    /// One that is in no configuration any more, and is behind the one that took it out.
    private boolean outdated(VoteRequest request) {
        return !disk.config().members().contains(request.candidate())
                && disk.configAt() <= disk.committed()
                && request.last() < disk.configAt();
    }

    private void onTakenOut() {
        if (!closed) {
            world.story.tell(() -> group + ": " + self() + " hears that it was taken out");
            stepDown();
            close();
            replica.takenOut();
        }
    }

    private boolean wouldVote(VoteRequest request) {
        boolean hears = leader.isPresent() && node.mono() - heardAt < ELECTION_MIN_MILLIS;
        return request.term() > disk.term() && leading == null && !hears && ownView(request);
    }

    private boolean vote(VoteRequest request) {
        if (request.term() < disk.term() || node.diskHangs()) {
            return false;
        }
        if (request.term() > disk.term()) {
            disk.vote(request.term(), Optional.empty());
            stepDown();
            leader = Optional.empty();
        }
        boolean free = disk.vote().isEmpty() || disk.vote().get().equals(request.candidate());
        if (!free || leading != null || !ownView(request)) {
            return false;
        }
        disk.vote(disk.term(), Optional.of(request.candidate()));
        heardAt = node.mono();
        world.faults.voted(node);
        return true;
    }

    /// Whether the candidate's log is up to date (5.4.1), and its priority high enough where the logs are equal.
    private boolean ownView(VoteRequest request) {
        if (disk.config() == Config.NONE) {
            return false; // Not filled yet: it votes in nothing.
        }
        if (request.lastTerm() != disk.lastTerm()) {
            return request.lastTerm() > disk.lastTerm();
        }
        return request.last() != disk.last()
                ? request.last() > disk.last()
                : request.priority() >= disk.config().priority(self());
    }

    private void onVote(VoteRequest request, Id voter, boolean granted, long term) {
        if (ballot == null || ballot.term != request.term() || ballot.pre != request.pre()) {
            return;
        }
        if (term > disk.term()) {
            follow(term); // It lags behind; with its own term it would never be elected.
            return;
        }
        if (granted) {
            ballot.granted.add(voter);
            ballot.awaited.remove(voter);
            count(ballot, false);
        } else {
            ballot.refused.add(voter);
            boolean hopeless =
                    ballot.awaited.contains(voter) || !disk.config().majority(id -> !ballot.refused.contains(id));
            ballot = hopeless ? null : ballot;
        }
    }

    private void lead() {
        world.tally.add("elections");
        world.story.tell(
                () -> group + ": " + self() + " leads in term " + disk.term() + " with " + disk.last() + " entries");
        world.logs.elected(this);
        leader = Optional.of(self());
        leading = new Leadership(this);
        leading.begin();
    }

    /// Follows in a term at least as high as its own.
    private void follow(long term) {
        if (term > disk.term()) {
            disk.vote(term, Optional.empty());
        }
        ballot = null;
        stepDown();
    }

    /// Leads no more, if it did.
    void stepDown() {
        Leadership before = leading;
        if (before != null) {
            world.story.tell(() -> group + ": " + self() + " leads no more in term " + before.term);
            leading = null;
            leader = Optional.empty();
            before.end();
            replica.notLeader();
        }
    }

    /// It is certain that the leader's process has ended: the one that is to follow it stands at once.
    void ended(String lost) {
        if (leader.isEmpty() || !leader.get().node().equals(lost)) {
            return;
        }
        Config config = disk.config();
        Id next = null;
        for (Id voter : config.voters()) {
            boolean better = next == null || config.priority(voter) > config.priority(next);
            if (!voter.node().equals(lost) && better) {
                next = voter;
            }
        }
        if (self().equals(next)) {
            stand(false);
        }
    }

    // ---- following

    void onAppend(Append request) {
        boolean own = leading != null && request.term() == disk.term();
        if (request.term() < disk.term() || own) {
            long term = disk.term();
            send(request.leader(), there -> there.onAppended(self(), term, false, 0, request.sent()));
            return;
        }
        if (request.term() > disk.term() || leading != null || ballot != null) {
            if (request.term() > disk.term() && node.diskHangs()) {
                return; // The new term cannot be forced.
            }
            follow(request.term());
        }
        heardAt = node.mono();
        if (!leader.equals(Optional.of(request.leader()))) {
            leader = Optional.of(request.leader());
            replica.changed();
        }
        if (request.previous() > disk.last() || disk.termAt(request.previous()) != request.previousTerm()) {
            int hint = Math.min(disk.last(), request.previous() - 1);
            long term = disk.term();
            send(request.leader(), there -> there.onAppended(self(), term, false, hint, request.sent()));
            return;
        }
        take(request);
    }

    private void take(Append request) {
        int index = request.previous();
        boolean changed = false;
        for (Entry entry : request.entries()) {
            index++;
            if (index <= disk.last() && disk.at(index) != entry) {
                world.logs.truncated(this, index);
                disk.truncate(index);
            }
            if (index > disk.last()) {
                disk.append(entry);
                changed |= entry.payload instanceof Entry.Members;
            }
        }
        int last = index;
        long term = disk.term();
        if (last == 0 || last <= disk.forced() || world.makes(Mistake.ANSWERS_BEFORE_FORCED)) {
            answer(request, term, last);
        } else {
            Entry newest = disk.at(last);
            boolean heartbeat = request.entries().isEmpty();
            if (heartbeat) {
                answer(request, term, Math.min(last, disk.forced()));
            }
            node.forced(() -> {
                disk.force(last, newest);
                if (!closed && disk.term() == term && leading == null && !heartbeat) {
                    answer(request, term, Math.min(last, disk.forced()));
                }
            });
        }
        if (changed) {
            replica.changed();
        }
        commit(Math.min(request.committed(), last));
    }

    /// The leader's log begins too late for this witness to go on from its own: it begins anew behind the leader's
    /// snapshot.
    ///
    /// @param request without entries, its previous one being that of the snapshot
    /// @param before entries up to that
    void onBeginBehind(Append request, List<Entry> before) {
        if (request.term() < disk.term() || node.diskHangs()) {
            return;
        }
        if (request.term() > disk.term() || leading != null || ballot != null) {
            follow(request.term());
        }
        heardAt = node.mono();
        leader = Optional.of(request.leader());
        int last = request.previous();
        boolean holds = disk.last() >= last && disk.termAt(last) == request.previousTerm();
        if (!holds && disk.committed() < last) {
            world.tally.add(disk.witness ? "witness logs begun anew" : "snapshots of a witness taken");
            world.story.tell(() -> group + ": " + self() + " begins anew behind " + last);
            disk.beginBehind(before);
            applied = Math.max(applied, last);
            world.logs.covers(this);
            replica.changed();
        }
        if (disk.last() >= last) {
            answer(request, disk.term(), Math.min(last, disk.forced()));
        }
    }

    /// Of a witness: lets go of what others have in their snapshots.
    void letGo(int byAll, int byOne) {
        boolean early = world.makes(Mistake.WITNESS_PURGES_EARLY);
        int most = Math.min(applied, disk.forced());
        int upto = Math.min(early ? most : byAll, most);
        if (disk.last() - Math.max(disk.snapshot(), upto) > WitnessLog.ENTRIES_MAX && Math.min(byOne, most) > upto) {
            upto = Math.min(byOne, most);
            disk.reachedLimit();
            world.tally.add("witness logs at their limit");
        }
        if (upto > disk.snapshot()) {
            disk.snapshot(upto);
            world.logs.covers(this);
        }
    }

    private void answer(Append request, long term, int match) {
        send(request.leader(), there -> there.onAppended(self(), term, true, match, request.sent()));
    }

    private void onAppended(Id from, long term, boolean taken, int index, long sent) {
        if (term > disk.term()) {
            if (!node.diskHangs()) {
                follow(term);
                leader = Optional.empty();
            }
        } else if (leading != null && term == disk.term()) {
            leading.answered(from, taken, index, sent);
        }
    }

    // ---- applying

    /// It is known that the log is committed up to here.
    void commit(int index) {
        if (index > disk.committed()) {
            disk.committed(index);
            applyCommitted();
        }
    }

    private void applyCommitted() {
        if (applying) {
            return;
        }
        if (applied < disk.committed() && node.lags()) {
            applying = true;
            node.after(100 + world.random.nextInt(900), () -> {
                applying = false;
                applyAll();
            });
        } else {
            applyAll();
        }
    }

    private void applyAll() {
        while (applied < disk.committed() && !closed) {
            applied++;
            Entry entry = disk.at(applied);
            world.logs.applied(this, applied, entry);
            boolean accepted = replica.apply(applied, entry);
            if (world.witnessed && !disk.witness && (applied + self().hashCode()) % SNAPSHOT_EACH == 0) {
                disk.snapshot(Math.min(applied, disk.forced()));
            }
            if (leading != null) {
                leading.applied(applied, entry, accepted);
            }
        }
    }

    /// Of its leadership: the first entry is applied.
    void ready(long term) {
        replica.leaderReady(term);
    }

    /// Of its leadership: members have changed.
    void membersChanged() {
        replica.changed();
    }

    /// How it stands, for people.
    String standing() {
        String role = closed ? "closed" : leading != null ? leads() ? "leads" : "begins to lead" : "follows " + leader;
        return self() + " " + role + " in term " + disk.term() + ", log " + disk.last() + " of term " + disk.lastTerm()
                + ", forced " + disk.forced() + ", committed " + disk.committed() + ", applied " + applied + ", "
                + disk.config();
    }
}
