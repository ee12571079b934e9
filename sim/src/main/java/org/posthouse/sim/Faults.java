package org.posthouse.sim;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.posthouse.cluster.ClusterImage;
import org.posthouse.cluster.Command;
import org.posthouse.cluster.GroupState;
import org.posthouse.cluster.NodeDuty;
import org.posthouse.cluster.VirtualServer;

/// What breaks, and what operators ask for: by chance, from the seed.
final class Faults {
    private static final int BETWEEN_MILLIS = 2_000;
    private static final int VOTER_LOST_ONE_IN = 30;
    private static final int JOINING_MAX = 3;
    private static final long CALM_EVERY_MILLIS = 1_000;

    private final World world;
    private final Operator operator;
    private boolean calm = true;
    private int joined;
    private final SortedSet<String> gone = new TreeSet<>();

    Faults(World world) {
        this.world = world;
        operator = new Operator(world);
    }

    void begin() {
        calm = false;
        next();
        world.sharedFaults.begin();
    }

    private void next() {
        world.time.after(100 + world.random.nextInt(BETWEEN_MILLIS), () -> {
            if (!calm) {
                disturb();
                next();
            }
        });
    }

    private int dice(int sides) {
        return world.random.nextInt(sides);
    }

    private void disturb() {
        SimNode node = target();
        int dice = dice(100);
        if (dice < 14) {
            kill(node, 300 + dice(6_000));
        } else if (dice < 20) {
            cutPower(node, 300 + dice(6_000));
        } else if (dice < 32) {
            freeze(node, 50 + dice(dice(3) == 0 ? 6_000 : 1_500));
        } else if (dice < 50) {
            partition(node, 200 + dice(5_000));
        } else if (dice < 56) {
            jump(node);
        } else if (dice < 61) {
            wipe(node);
        } else if (dice < 64) {
            damage(node);
        } else if (dice < 69) {
            hang(node, 200 + dice(5_000));
        } else if (dice < 74) {
            count("slow followers", node, "applies late");
            node.lag(500 + dice(4_000));
        } else if (dice < 76) {
            coldStart();
        } else if (dice < 79) {
            breakResource();
        } else if (dice < 82) {
            join();
        } else {
            operator.command(node);
        }
    }

    /// Any node; often the one that coordinates, or an owner.
    private SimNode target() {
        List<SimNode> all = new ArrayList<>(world.nodes.values());
        SimNode any = all.get(dice(all.size()));
        int dice = dice(10);
        if (dice < 3) {
            return world.coordinator().orElse(any);
        }
        if (dice < 6) {
            List<String> servers =
                    new ArrayList<>(world.planned.virtualServers().keySet());
            Optional<Id> owner = world.stores.owner(servers.get(dice(servers.size())));
            return owner.map(id -> world.nodes.get(id.node())).orElse(any);
        }
        return any;
    }

    private void count(String what, SimNode node, String told) {
        world.tally.add(what);
        world.story.tell(() -> "*** " + node + " " + told);
    }

    // ---- processes

    void kill(SimNode node, int restartMillis) {
        if (!node.alive()) {
            return;
        }
        count("kills", node, "is killed");
        node.kill();
        // Its machine refuses new links: the others know that the process has ended.
        for (SimNode other : world.nodes.values()) {
            if (other.alive()
                    && world.network.reaches(other.name, node.name)
                    && world.network.reaches(node.name, other.name)) {
                other.after(2 + dice(30), () -> other.agent().gone(node.name));
            }
        }
        restart(node, restartMillis);
    }

    private void cutPower(SimNode node, int restartMillis) {
        if (node.alive()) {
            count("power losses", node, "loses power");
            node.cutPower();
            restart(node, restartMillis);
        }
    }

    private void restart(SimNode node, int millis) {
        world.time.after(millis, () -> start(node));
    }

    private void start(SimNode node) {
        if (!node.alive() && world.nodes.get(node.name) == node) {
            world.story.tell(() -> "*** " + node + " starts");
            node.start();
        }
    }

    void freeze(SimNode node, int millis) {
        if (!node.runs()) {
            return;
        }
        boolean clockStops = dice(3) == 0;
        count(
                clockStops ? "suspended machines" : "freezes",
                node,
                (clockStops ? "is suspended for " : "is frozen for ") + millis + " ms");
        node.freeze(clockStops);
        long process = node.process();
        world.time.after(millis, () -> {
            if (node.alive() && node.frozen() && node.process() == process) {
                world.story.tell(() -> "*** " + node + " goes on");
                node.thaw();
            }
        });
    }

    private void coldStart() {
        world.tally.add("cold starts");
        boolean power = dice(2) == 0;
        world.story.tell(() -> "*** all nodes " + (power ? "lose power" : "are killed"));
        for (SimNode node : world.nodes.values()) {
            if (node.alive()) {
                if (power) {
                    node.cutPower();
                } else {
                    node.kill();
                }
                restart(node, 300 + dice(2_000));
            }
        }
    }

    /// Now and then a voter loses power right after its vote.
    void voted(SimNode node) {
        if (!calm && dice(VOTER_LOST_ONE_IN) == 0) {
            world.time.after(0, () -> cutPower(node, 10 + dice(150)));
        }
    }

    private void jump(SimNode node) {
        long millis = dice(7_200_000) / (1 + dice(2_000));
        count("clock jumps", node, "has its clock set by " + millis + " ms");
        node.jump(dice(2) == 0 ? millis : -millis);
    }

    // ---- network

    private void partition(SimNode node, int millis) {
        if (!world.network.whole()) {
            return;
        }
        List<String> names = new ArrayList<>(world.nodes.keySet());
        int kind = dice(6);
        String what = List.of(
                        "reaches nobody",
                        "hears nobody",
                        "is heard by nobody",
                        "reaches some only",
                        "is on a side of its own with some",
                        "has poor links")
                .get(kind);
        count(kind == 5 ? "poor links" : "partitions", node, what + " for " + millis + " ms");
        for (String other : names) {
            if (other.equals(node.name)) {
                continue;
            }
            boolean chosen = dice(2) == 0;
            switch (kind) {
                case 0 -> cut(node.name, other);
                case 1 -> world.network.cut(other, node.name);
                case 2 -> world.network.cut(node.name, other);
                case 3 -> cut(chosen, node.name, other);
                case 4 -> side(chosen, node.name, other, names);
                default -> {
                    world.network.spoil(node.name, other);
                    world.network.spoil(other, node.name);
                }
            }
        }
        world.time.after(millis, this::heal);
    }

    private void cut(String one, String other) {
        world.network.cut(one, other);
        world.network.cut(other, one);
    }

    private void cut(boolean chosen, String one, String other) {
        if (chosen) {
            cut(one, other);
        }
    }

    /// The chosen are cut off from this one; the others stay with it, cut off from the chosen.
    private void side(boolean chosen, String one, String other, List<String> all) {
        if (chosen) {
            for (String third : all) {
                if (world.network.reaches(one, third) && third.compareTo(other) <= 0 && !third.equals(other)) {
                    cut(third, other);
                }
            }
            cut(one, other);
        }
    }

    private void heal() {
        if (!world.network.whole()) {
            world.story.tell(() -> "*** the network is whole again");
            world.network.heal();
        }
    }

    // ---- disks

    private void hang(SimNode node, int millis) {
        count("hung disks", node, "has a disk that hangs for " + millis + " ms");
        node.disk().hangsUntil = world.time.now() + millis;
    }

    /// A folder is lost, one at a time: never while a majority of others does not hold all.
    private void wipe(SimNode node) {
        lose(node, groups(), () -> {
            count("wiped folders", node, "has lost its folder");
            node.wipe();
        });
    }

    private void damage(SimNode node) {
        String group = groups().get(dice(groups().size()));
        lose(node, List.of(group), () -> {
            count("damaged replicas", node, "has a damaged replica of " + group);
            node.disk().groups.remove(group);
        });
    }

    /// The process ends, and what its disk holds of these groups is lost, if that is survived.
    private void lose(SimNode node, List<String> groups, Runnable loss) {
        if (!node.alive() || !survived(node, groups)) {
            return;
        }
        kill(node, 500 + dice(4_000));
        loss.run();
    }

    private boolean survived(SimNode without, List<String> groups) {
        return groups.stream().allMatch(group -> othersHoldAll(group, without));
    }

    private List<String> groups() {
        List<String> groups = new ArrayList<>(world.planned.virtualServers().keySet());
        groups.removeIf(world.folders::has); // no node holds anything of those
        groups.add(ClusterImage.CLUSTER_GROUP);
        return groups;
    }

    /// Whether a majority of a group's voters, without this node, runs and has everything on its disks.
    private boolean othersHoldAll(String group, SimNode without) {
        ClusterImage image = world.images.newest();
        boolean cluster = group.equals(ClusterImage.CLUSTER_GROUP);
        VirtualServer server = image.virtualServers().get(group);
        if (!image.created() || (!cluster && (server == null || !server.formed()))) {
            return false;
        }
        int newest = newest(group);
        Config config = null;
        List<Id> holders = new ArrayList<>();
        for (SimNode node : world.nodes.values()) {
            RaftMember member = node.runs() ? node.agent().member(group) : null;
            if (member != null && member.disk.forced() >= newest && !node.diskHangs()) {
                config = member.disk.config();
                if (node != without) {
                    holders.add(member.self());
                }
            }
        }
        return config != null && !config.joint() && config.majority(holders::contains);
    }

    /// Index of the last entry that anyone may have agreed to, with an answer that is still under way.
    private int newest(String group) {
        int newest = world.logs.committed(group).size();
        for (SimNode node : world.nodes.values()) {
            RaftDisk disk = node.disk().groups.get(group);
            if (node.alive() && disk != null) {
                newest = Math.max(newest, disk.last());
            }
        }
        return newest;
    }

    // ---- services and nodes

    private void breakResource() {
        List<VirtualServer> servers =
                new ArrayList<>(world.planned.virtualServers().values());
        VirtualServer server = servers.get(dice(servers.size()));
        List<String> resources = new ArrayList<>(server.resources().keySet());
        world.stores.owner(server.name()).ifPresent(owner -> {
            String what = server.name() + "/" + resources.get(dice(resources.size())) + "@" + owner.node();
            world.tally.add("broken resources");
            world.story.tell(() -> "*** " + what + " fails for good");
            world.broken.add(what);
            world.time.after(1_000 + dice(8_000), () -> world.broken.remove(what));
        });
    }

    private void join() {
        if (joined < JOINING_MAX) {
            String name = "x" + ++joined;
            SimNode node = new SimNode(world, name, new NodeDisk(false));
            count("nodes that join", node, "joins");
            world.nodes.put(name, node);
            operator.submit(new Command.AddNode(name, name + ".example.org", 7000, 7001, ""));
            restart(node, dice(2_000));
        }
    }

    /// A node has left the cluster: its process is ended.
    void evicted(String name) {
        if (gone.add(name)) {
            world.time.after(500 + dice(2_000), () -> {
                SimNode node = world.nodes.remove(name);
                if (node != null && node.alive()) {
                    node.kill();
                }
            });
        }
    }

    boolean askedToMove(String virtualServer, String target) {
        return operator.askedToMove(virtualServer, target);
    }

    // ---- calm

    /// Nothing breaks any more, what is broken is mended, and operators call everything back.
    void end() {
        calm = true;
        world.story.tell(() -> "*** calm");
        heal();
        world.broken.clear();
        world.sharedFaults.end();
        for (SimNode node : world.nodes.values()) {
            node.disk().hangsUntil = 0;
            node.lag(0);
            if (node.frozen()) {
                node.thaw();
            }
        }
        callBack();
    }

    private void callBack() {
        world.nodes.values().forEach(this::start);
        ClusterImage image = world.images.newest();
        SortedMap<String, Command> commands = new TreeMap<>();
        image.nodes().values().forEach(node -> {
            if (node.duty() == NodeDuty.PAUSED || node.duty() == NodeDuty.DRAINING) {
                commands.put(node.name(), new Command.SetNodeDuty(node.name(), NodeDuty.ACTIVE));
            }
        });
        image.virtualServers().values().forEach(server -> {
            if (!server.policy().possibleOwners().isEmpty()) {
                commands.put(server.name(), new Command.SetGroupProperty(server.name(), "possible-owners", "any"));
            } else if (!server.policy().failback().text().equals("never")) {
                commands.put(server.name(), new Command.SetGroupProperty(server.name(), "failback", "never"));
            } else if (!server.wanted() || (server.shared().isPresent() && server.state() == GroupState.FAILED)) {
                commands.put(server.name(), new Command.SetGroupWanted(server.name(), true));
            }
        });
        commands.values().forEach(operator::submit);
        world.time.after(CALM_EVERY_MILLIS, this::callBack);
    }
}
