package org.posthouse.sim;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// What one member of a Raft group has on its disk: term and vote, which are forced as they are written, and the log,
/// which is forced a little later. A process that ends loses nothing; a power loss takes what was not forced.
final class RaftDisk {
    final Id self;
    private final Config first;
    private final List<Entry> log = new ArrayList<>();
    private long term;
    private Optional<Id> vote = Optional.empty();
    private int configAt;
    private boolean wasMember;
    private int forced;
    private int committed;
    /// Whether it is a witness', which has no state.
    final boolean witness;
    private int snapshot;
    private boolean overLimit;

    /// @param first the configuration that the group was formed with, or none for a member that is to be filled
    RaftDisk(Id self, Config first) {
        this(self, first, false);
    }

    RaftDisk(Id self, Config first, boolean witness) {
        this.witness = witness;
        this.self = self;
        this.first = first;
        wasMember = first.members().contains(self);
    }

    long term() {
        return term;
    }

    Optional<Id> vote() {
        return vote;
    }

    void vote(long term, Optional<Id> vote) {
        this.term = term;
        this.vote = vote;
    }

    /// Index of the last entry; the first is 1.
    int last() {
        return log.size();
    }

    long lastTerm() {
        return termAt(last());
    }

    long termAt(int index) {
        return index == 0 ? 0 : at(index).term;
    }

    Entry at(int index) {
        return log.get(index - 1);
    }

    List<Entry> from(int index, int most) {
        return List.copyOf(log.subList(index - 1, Math.min(log.size(), index - 1 + most)));
    }

    void append(Entry entry) {
        log.add(entry);
        if (entry.payload instanceof Entry.Members(Config config)) {
            configAt = log.size();
            wasMember |= config.members().contains(self);
        }
    }

    /// Whether it was a member once and is none by the newest configuration: its own log has taken it out.
    boolean takenOut() {
        return wasMember && !config().members().contains(self);
    }

    /// Drops this entry and all behind it.
    void truncate(int from) {
        log.subList(from - 1, log.size()).clear();
        forced = Math.min(forced, from - 1);
        while (configAt > log.size() || (configAt > 0 && !(at(configAt).payload instanceof Entry.Members))) {
            configAt--;
        }
    }

    /// The newest configuration in the log, committed or not.
    Config config() {
        return configAt == 0 ? first : ((Entry.Members) at(configAt).payload).config();
    }

    /// Index of its entry; 0 for the first.
    int configAt() {
        return configAt;
    }

    int forced() {
        return forced;
    }

    /// The log is on stable storage up to here, if this entry is still in it.
    void force(int index, Entry entry) {
        if (index <= last() && at(index) == entry) {
            forced = Math.max(forced, index);
        }
    }

    /// Up to where this member knows the log to be committed. Noted without forcing it, so that a restarted process
    /// need not hear from a leader first.
    int committed() {
        return committed;
    }

    void committed(int index) {
        committed = index;
    }

    /// Index of the newest snapshot. Of a witness: entries up to here are gone from its log (the model keeps them, and
    /// gives them to nobody).
    int snapshot() {
        return snapshot;
    }

    void snapshot(int index) {
        snapshot = Math.max(snapshot, index);
    }

    /// Whether it has dropped what a replica that is away may need, because its log was too long.
    boolean overLimit() {
        return overLimit;
    }

    void reachedLimit() {
        overLimit = true;
    }

    /// Begins anew behind another member's snapshot.
    ///
    /// @param before all entries up to that
    void beginBehind(List<Entry> before) {
        log.clear();
        configAt = 0;
        before.forEach(this::append);
        forced = log.size();
        committed = log.size();
        snapshot = log.size();
    }

    /// @param survives how many of the entries that were not forced happen to be there all the same
    void powerLoss(int survives) {
        int left = Math.min(last(), forced + survives);
        if (left < last()) {
            truncate(left + 1);
        }
        forced = left;
        committed = Math.min(committed, left);
    }
}
