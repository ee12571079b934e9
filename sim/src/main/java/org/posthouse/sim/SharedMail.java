package org.posthouse.sim;

import java.util.ArrayDeque;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.posthouse.cluster.Facts;
import org.posthouse.cluster.NodeDecisions;
import org.posthouse.cluster.OpenEpoch;
import org.posthouse.cluster.ResourceState;

/// The mail of a virtual server in shared mode while a node has its folder: a log with one member, and the gate, which
/// asks before each answer whether the folder is still held.
final class SharedMail {
    private static final int BEGIN_MILLIS_MAX = 700;

    private final Agent agent;
    private final SimNode node;
    private final World world;
    private final String name;
    private final SharedHolder holder;
    private boolean leads;
    private boolean failed;
    private boolean closed;
    private boolean writing;
    private int applied;
    private long openVersion;
    private Optional<OpenEpoch> latch = Optional.empty();
    private final ArrayDeque<Proposed> waiting = new ArrayDeque<>();

    private record Proposed(Entry entry, Consumer<Boolean> done) {}

    SharedMail(Agent agent, String name, SharedHolder holder) {
        this.agent = agent;
        this.node = agent.node();
        this.world = node.world;
        this.name = name;
        this.holder = holder;
    }

    SharedHolder holder() {
        return holder;
    }

    /// Opens what is in the folder; it elects itself.
    ///
    /// @param done whether that succeeded
    void begin(Consumer<Boolean> done) {
        applied = holder.files().log.size();
        holder.call(
                () -> holder.disk.damaged,
                damaged -> {
                    if (!damaged) {
                        node.after(world.random.nextInt(BEGIN_MILLIS_MAX), () -> {
                            leads = !closed;
                            agent.changed();
                        });
                    }
                    done.accept(!damaged);
                },
                () -> done.accept(false));
    }

    /// The folder is lost, or cannot be written to.
    void fail() {
        failed = true;
        latch(Optional.empty());
        agent.changed();
    }

    /// Closes the gate and lets go of the folder.
    void release(Runnable done) {
        closed = true;
        leads = false;
        latch(Optional.empty());
        waiting.clear();
        holder.close(() -> {
            agent.changed();
            done.run();
        });
    }

    Optional<OpenEpoch> latch() {
        return failed ? Optional.empty() : latch;
    }

    NodeDecisions.LocalGroup local(boolean opening) {
        boolean serves = !failed && agent.acknowledged();
        return new NodeDecisions.LocalGroup(1, serves, leads, List.of(), latch().isPresent(), opening, true);
    }

    Facts.Membership membership(SortedMap<String, ResourceState> resources) {
        return new Facts.Membership(
                1, leads, latch(), openVersion, applied, applied, List.of(), failed, new TreeMap<>(resources), 0);
    }

    // ---- entries

    /// @param done told whether it was opened
    void open(long version, Consumer<Boolean> done) {
        Entry.Open open = new Entry.Open(new Id(node.name, 1), version);
        propose(open, came -> {
            if (came) {
                openVersion = version;
                OpenEpoch epoch = Folders.epoch(holder, applied);
                world.stores.openedShared(name, node, holder, epoch, version);
                latch(Optional.of(epoch));
            }
            done.accept(came);
        });
    }

    /// A client's write, proposed under an epoch.
    void write(OpenEpoch epoch, long number) {
        propose(new Entry.Write(epoch, number), came -> {
            boolean answers = holder.valid() || world.makes(Mistake.ANSWERS_WITHOUT_HOLDING);
            if (came && latch().equals(Optional.of(epoch)) && answers) {
                world.folders.acknowledged(holder, applied, holder.files().log.get(applied - 1));
            }
        });
    }

    /// A client's read: what is there is looked at first, then the gate.
    void read(OpenEpoch epoch) {
        int owed = world.folders.acknowledged(name);
        int shown = applied;
        if (!holder.valid()) {
            return;
        }
        node.after(world.random.nextInt(3), () -> {
            if (latch().equals(Optional.of(epoch)) && holder.valid()) {
                world.folders.answered(holder, owed, shown);
            }
        });
    }

    /// One after the other, as a log is written.
    private void propose(Entry.Payload payload, Consumer<Boolean> done) {
        if (!leads || closed || failed) {
            done.accept(false);
            return;
        }
        waiting.add(new Proposed(new Entry(holder.files().number, payload), done));
        next();
    }

    private void next() {
        if (writing || waiting.isEmpty()) {
            return;
        }
        writing = true;
        Proposed one = waiting.remove();
        holder.call(
                () -> holder.files().log.add(one.entry()),
                _ -> {
                    writing = false;
                    applied++;
                    one.done().accept(!closed && !failed);
                    next();
                },
                () -> {
                    writing = false;
                    one.done().accept(false);
                    fail();
                });
    }

    private void latch(Optional<OpenEpoch> now) {
        if (!latch.equals(now)) {
            world.story.tell(() -> name + ": " + (now.isPresent() ? "opened" : "closed") + " on " + holder + " " + now);
            latch = now;
            if (now.isPresent()) {
                world.stores.checkRoom(node);
            }
            agent.changed();
        }
    }
}
