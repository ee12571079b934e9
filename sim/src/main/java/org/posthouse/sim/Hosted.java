package org.posthouse.sim;

import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.SortedMap;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.posthouse.cluster.ClusterImage;
import org.posthouse.cluster.Coverage;
import org.posthouse.cluster.Duty;
import org.posthouse.cluster.Facts;
import org.posthouse.cluster.NodeDecisions;
import org.posthouse.cluster.OpenEpoch;
import org.posthouse.cluster.ResourceState;

/// One virtual server on one node: its replica in this process, if there is one. What the agent's `HostedServer` is.
final class Hosted {
    /// Why a folder was not taken over, if it was had.
    static final String UNOPENABLE = "what is in it cannot be opened";

    private final Agent agent;
    private final String name;
    private RaftMember member;
    private Store store;
    private boolean failed;
    private boolean opening;
    private SharedMail shared;
    private final Coverage coverage = new Coverage();

    Hosted(Agent agent, String name) {
        this.agent = agent;
        this.name = name;
    }

    /// Null without a replica in use.
    RaftMember member() {
        return member;
    }

    Optional<Store> store() {
        return Optional.ofNullable(store);
    }

    /// Forms the group, joins it, or opens what is there.
    void begin(RaftDisk disk) {
        failed = false;
        opening = false;
        store = disk.witness ? null : new Store(agent, name, disk.self);
        member = new RaftMember(agent.node(), name, disk, store == null ? new WitnessLog(agent, name) : store);
        member.begin();
        agent.changed();
    }

    /// Opens what is here from before, unless it is damaged.
    void reopen() {
        RaftDisk disk = agent.node().disk().groups.get(name);
        if (disk == null) {
            failed = true;
        } else {
            begin(disk);
        }
    }

    /// Ends what is here, and deletes it.
    void leave() {
        if (member != null) {
            member.close();
        }
        member = null;
        store = null;
        agent.node().disk().groups.remove(name);
    }

    void fail() {
        failed = true;
    }

    void opening(boolean now) {
        opening = now;
    }

    /// Null unless this node has the folder of one in shared mode.
    SharedMail shared() {
        return shared;
    }

    /// Takes over the folder of one in shared mode and opens what is there.
    ///
    /// @param permitted whether it is still this node's to take
    /// @param done told nothing if that succeeded, else why it did not
    void takeOver(Duty.TakeOver duty, BooleanSupplier permitted, Consumer<Optional<String>> done) {
        if (shared != null) {
            done.accept(Optional.empty());
            return;
        }
        SharedMail[] mail = new SharedMail[1];
        SharedHolder holder = new SharedHolder(
                agent.node().world.folders.disk(name), agent.node(), duty.first(), permitted, _ -> mail[0].fail());
        mail[0] = new SharedMail(agent, name, holder);
        holder.take(not -> {
            if (not.isPresent()) {
                done.accept(not);
                return;
            }
            shared = mail[0];
            opening = false;
            shared.begin(begun -> {
                if (begun) {
                    agent.changed();
                    done.accept(Optional.empty());
                } else {
                    boolean reached = holder.valid();
                    release(() -> done.accept(Optional.of(reached ? UNOPENABLE : "it is not mounted")));
                }
            });
        });
    }

    /// Lets go of it.
    void release(Runnable done) {
        if (shared == null) {
            done.run();
            return;
        }
        shared.release(() -> {
            shared = null;
            done.run();
        });
    }

    Optional<OpenEpoch> latch() {
        if (shared != null) {
            return shared.latch();
        }
        return store == null || failed ? Optional.empty() : store.latch();
    }

    Optional<NodeDecisions.LocalGroup> local() {
        if (shared != null) {
            return Optional.of(shared.local(opening));
        }
        if (member == null) {
            Integer held = agent.node().disk().held.get(name);
            return held == null
                    ? Optional.empty()
                    : Optional.of(new NodeDecisions.LocalGroup(held, false, false, List.of(), false, false));
        }
        return Optional.of(new NodeDecisions.LocalGroup(
                member.self().incarnation(), !failed, member.leads(), member.members(), latch().isPresent(), opening));
    }

    Optional<Facts.Membership> membership(SortedMap<String, ResourceState> resources) {
        if (shared != null) {
            return Optional.of(shared.membership(resources));
        }
        if (member == null) {
            return Optional.empty();
        }
        return Optional.of(new Facts.Membership(
                member.self().incarnation(),
                member.leads(),
                latch(),
                store == null ? 0 : store.openVersion(),
                member.disk.committed(),
                member.applied(),
                member.membersToTell(),
                failed,
                resources,
                member.disk.snapshot()));
    }

    /// On a witness: what the agent's `HostedServer` does each second.
    void cover(ClusterImage image, SortedMap<String, Facts.Heartbeat> peers) {
        if (member != null && member.disk.witness && !failed) {
            Coverage.Upto upto = coverage.upto(image, name, peers);
            member.letGo((int) upto.byAll(), (int) upto.byOne());
        }
    }

    /// Under which incarnation there is a replica here; empty if there is none.
    OptionalInt incarnation() {
        return member == null
                ? OptionalInt.empty()
                : OptionalInt.of(member.self().incarnation());
    }
}
