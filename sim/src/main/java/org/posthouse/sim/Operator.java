package org.posthouse.sim;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.posthouse.cluster.ClusterImage;
import org.posthouse.cluster.Command;
import org.posthouse.cluster.NodeDuty;
import org.posthouse.cluster.Reply;

/// Gives commands by chance, through whichever node is there, and does not mind refusals.
final class Operator {
    private static final List<String> FAILBACKS = List.of("never", "immediate", "8-20", "22-4");

    private final World world;
    /// Moves asked for and not answered yet, `vs1>n2`, and how often.
    private final SortedMap<String, Integer> moves = new TreeMap<>();

    Operator(World world) {
        this.world = world;
    }

    private int dice(int sides) {
        return world.random.nextInt(sides);
    }

    /// Some command that has to do with this node.
    void command(SimNode node) {
        List<String> servers = new ArrayList<>(world.planned.virtualServers().keySet());
        String server = servers.get(dice(servers.size()));
        switch (dice(12)) {
            case 0, 1, 2, 3 -> move(server, node.name);
            case 4 -> submit(new Command.SetNodeDuty(node.name, NodeDuty.PAUSED));
            case 5 -> submit(new Command.SetNodeDuty(node.name, NodeDuty.DRAINING));
            case 6 -> submit(new Command.SetNodeDuty(node.name, NodeDuty.ACTIVE));
            case 7 -> setPolicy(server, node.name);
            case 8 -> evict(node.name);
            case 9 -> submit(new Command.WriteOffNode(node.name));
            case 10 -> moveReplica(server, node.name);
            default -> submit(new Command.SetGroupWanted(server, dice(2) == 0));
        }
    }

    private void setPolicy(String server, String node) {
        switch (dice(3)) {
            case 0 -> submit(new Command.SetGroupProperty(server, "failback", FAILBACKS.get(dice(FAILBACKS.size()))));
            case 1 -> submit(new Command.SetGroupProperty(server, "failover-threshold", Integer.toString(dice(3))));
            default -> {
                List<String> possible = new ArrayList<>(world.images
                        .newest()
                        .virtualServers()
                        .get(server)
                        .policy()
                        .preferredOwners());
                if (!possible.contains(node)) {
                    possible.add(node);
                }
                submit(new Command.SetGroupProperty(
                        server, "possible-owners", dice(2) == 0 ? "any" : String.join(",", possible)));
            }
        }
    }

    /// Only where those that are left can do what they did at first.
    private void evict(String node) {
        ClusterImage image = world.images.newest();
        long staying = image.nodes().values().stream()
                .filter(one -> one.duty() != NodeDuty.EVICTING && one.up())
                .count();
        if (staying > world.planned.nodes().size()) {
            submit(new Command.EvictNode(node));
        }
    }

    private void moveReplica(String server, String target) {
        List<String> holders = world.images.newest().virtualServers().get(server).replicas().voters().stream()
                .map(replica -> replica.node())
                .toList();
        String from = holders.isEmpty() ? target : holders.get(dice(holders.size()));
        submit(new Command.MoveReplica(server, from, target));
    }

    private void move(String server, String target) {
        String key = server + ">" + target;
        moves.merge(key, 1, Integer::sum);
        boolean submitted = submit(new Command.Move(server, target), reply -> {
            if (reply.isPresent()) {
                moves.merge(key, -1, Integer::sum);
            }
        });
        if (!submitted) {
            moves.merge(key, -1, Integer::sum);
        }
    }

    /// Whether such a move may be decided: it was asked for, and the answer is not known yet.
    boolean askedToMove(String virtualServer, String target) {
        return moves.getOrDefault(virtualServer + ">" + target, 0) > 0;
    }

    /// Has the cluster decide a command.
    void submit(Command command) {
        var _ = submit(command, _ -> {});
    }

    /// @return whether there was a node to give it to
    private boolean submit(Command command, Consumer<Optional<Reply>> answer) {
        List<SimNode> running = new ArrayList<>();
        world.nodes.values().forEach(node -> {
            if (node.runs()) {
                running.add(node);
            }
        });
        if (running.isEmpty()) {
            return false;
        }
        world.tally.add("commands");
        world.story.tell(() -> "*** an operator: " + command);
        running.get(dice(running.size())).agent().submit(command, reply -> {
            reply.ifPresent(said -> {
                world.tally.add(said.accepted() ? "commands accepted" : "commands refused");
                world.story.tell(() -> "*** answered: " + said.message());
            });
            answer.accept(reply);
        });
        return true;
    }
}
