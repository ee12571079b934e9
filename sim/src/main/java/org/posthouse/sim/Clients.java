package org.posthouse.sim;

import java.util.Optional;
import org.posthouse.cluster.OpenEpoch;

/// Clients that write and read all the time, on every node that has a virtual server open or believes so: they reach
/// all nodes, whatever the nodes reach.
final class Clients {
    private static final int EVERY_MILLIS = 250;
    private static final int SLOW_ONE_IN = 12;
    private static final int SLOW_MILLIS = 3_000;

    private final World world;

    Clients(World world) {
        this.world = world;
    }

    void begin() {
        for (String server : world.planned.virtualServers().keySet()) {
            world.time.after(world.random.nextInt(EVERY_MILLIS), () -> turn(server));
        }
    }

    private void turn(String server) {
        for (SimNode node : world.nodes.values()) {
            if (node.alive() && node.agent().latch(server).isPresent()) {
                boolean write = world.random.nextBoolean();
                node.receive(world.network.delay(), () -> {
                    if (write) {
                        write(server, node);
                    } else {
                        read(server, node);
                    }
                });
            }
        }
        world.time.after(EVERY_MILLIS / 2 + world.random.nextInt(EVERY_MILLIS), () -> turn(server));
    }

    /// A service asks the latch when it takes the command; what the client sends may then take its time.
    private void write(String server, SimNode node) {
        Optional<OpenEpoch> epoch = node.agent().latch(server);
        if (epoch.isEmpty()) {
            return;
        }
        boolean slow = world.random.nextInt(SLOW_ONE_IN) == 0;
        node.after(world.random.nextInt(slow ? SLOW_MILLIS : 5), () -> propose(server, node, epoch.get()));
    }

    private void propose(String server, SimNode node, OpenEpoch epoch) {
        SharedMail shared = node.agent().hosted(server).shared();
        if (shared != null) {
            shared.write(epoch, world.number());
            return;
        }
        RaftMember member = node.agent().member(server);
        if (member == null || member.leading() == null) {
            return;
        }
        long number = world.number();
        member.leading().propose(new Entry.Write(epoch, number), outcome -> {
            if (outcome == Leadership.Outcome.ACCEPTED) {
                world.stores.acknowledged(server, number, node);
            }
        });
        if (world.makes(Mistake.ACKNOWLEDGES_UNCOMMITTED)) {
            world.stores.acknowledged(server, number, node);
        }
    }

    /// The answer is computed first, then it is asked whether this node still leads, then the latch again.
    private void read(String server, SimNode node) {
        Optional<OpenEpoch> epoch = node.agent().latch(server);
        Hosted hosted = node.agent().hosted(server);
        if (epoch.isPresent() && hosted.shared() != null) {
            hosted.shared().read(epoch.get());
            return;
        }
        if (epoch.isEmpty() || hosted.store().isEmpty()) {
            return;
        }
        Stores.Read read = world.stores.begin(server, node, epoch.get());
        int shown = hosted.store().get().writes();
        node.after(
                world.random.nextInt(3),
                () -> confirm(hosted.member(), () -> {
                    if (node.agent().latch(server).equals(epoch)) {
                        world.stores.answered(read, shown);
                    }
                }));
    }

    private void confirm(RaftMember member, Runnable leads) {
        if (member == null) {
            return;
        }
        if (world.makes(Mistake.READS_WITHOUT_ASKING)) {
            leads.run();
        } else if (member.leading() != null) {
            member.leading().confirm(so -> {
                if (so) {
                    leads.run();
                }
            });
        } else if (member.leader().isPresent()) {
            // A follower's question goes to the leader, which says yes: it proves nothing, so the latch is asked again.
            Id self = member.self();
            member.send(member.leader().get(), there -> {
                if (there.leads()) {
                    there.send(self, _ -> leads.run());
                }
            });
        }
    }
}
