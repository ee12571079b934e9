package org.posthouse.sim;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.posthouse.cluster.Change;
import org.posthouse.cluster.ClusterImage;
import org.posthouse.cluster.Command;
import org.posthouse.cluster.Coordinator;
import org.posthouse.cluster.Decision;
import org.posthouse.cluster.Facts;
import org.posthouse.cluster.HeartbeatTable;
import org.posthouse.cluster.LeaseAnswer;
import org.posthouse.cluster.LeaseBook;
import org.posthouse.cluster.Reply;

/// The coordinator on the node that leads the cluster group, for one term: what the agent's `CoordinatorLoop` does. One
/// thing at a time; while a proposal is under way, ticks wait, and the next one comes late.
final class Coordinating {
    private static final long PROPOSE_MILLIS_MAX = 2_000;
    private static final int DECIDE_AGAIN_MAX = 10;
    private static final long LEASE_MILLIS = 150;
    private static final long SETTLING_MILLIS = 10_000;

    private final Agent agent;
    private final SimNode node;
    private final World world;
    private final RaftMember member;
    private final HeartbeatTable counted;
    private final Deque<Waiting> waiting = new ArrayDeque<>();
    private final LeaseBook leases;
    private final SortedMap<String, Long> leaseAnswered = new TreeMap<>();
    private boolean busy;
    private boolean tickDue;
    private boolean ended;

    private record Waiting(Command command, Consumer<Optional<Reply>> answer) {}

    Coordinating(Agent agent, RaftMember member) {
        this.agent = agent;
        this.node = agent.node();
        this.world = node.world;
        this.member = member;
        counted = new HeartbeatTable(node.mono());
        leases = new LeaseBook(node.boot());
    }

    void begin() {
        world.story.tell(
                () -> node + " coordinates, at version " + agent.image().version());
        node.after(1, this::tick);
        if (!world.folders.all().isEmpty()) {
            answerLeases();
        }
    }

    /// What the agent's `LeaseLoop` does.
    private void answerLeases() {
        Leadership leading = member.leading();
        List<Facts.Heartbeat> words = agent.peers().values().stream()
                .filter(word -> leaseAnswered.getOrDefault(word.node(), -1L)
                        != word.lease().saidAt())
                .toList();
        if (!words.isEmpty() && leading != null) {
            leading.confirm(leads -> {
                if (leads && !ended) {
                    words.forEach(this::answerLease);
                }
            });
        }
        node.after(LEASE_MILLIS, () -> {
            if (!ended) {
                answerLeases();
            }
        });
    }

    private void answerLease(Facts.Heartbeat word) {
        LeaseAnswer answer = leases.answer(agent.image(), word, node.boot());
        leaseAnswered.put(word.node(), word.lease().saidAt());
        world.network.send(node, word.node(), there -> there.answered(answer));
    }

    void end() {
        ended = true;
        waiting.forEach(left -> left.answer().accept(Optional.empty()));
        waiting.clear();
    }

    void heard(Facts.Heartbeat heartbeat) {
        counted.heard(heartbeat, node.mono());
    }

    /// What is known now.
    Facts facts() {
        return counted.facts(node.mono(), node.processAge() < SETTLING_MILLIS);
    }

    /// Takes a command; the answer comes once its events are applied here, and is empty if they may not be.
    void submit(Command command, Consumer<Optional<Reply>> answer) {
        if (ended) {
            answer.accept(Optional.empty());
            return;
        }
        waiting.add(new Waiting(command, answer));
        next();
    }

    private void tick() {
        if (ended) {
            return;
        }
        tickDue = true;
        next();
    }

    private void next() {
        if (busy || ended) {
            return;
        }
        Waiting command = waiting.poll();
        if (command != null) {
            busy = true;
            decide(command.command(), 0, command.answer());
        } else if (tickDue) {
            tickDue = false;
            busy = true;
            node.after(HeartbeatTable.TICK_MILLIS, this::tick);
            decideTick();
        }
    }

    private void done() {
        busy = false;
        next();
    }

    private void decideTick() {
        if (!agent.image().created()) {
            if (node.disk().forming) {
                decide(new Command.CreateCluster(world.planned), 0, _ -> {});
            } else {
                done();
            }
            return;
        }
        if (!world.makes(Mistake.KEEPS_HEARTBEAT_AGES)) {
            counted.tick(node.mono());
        }
        Facts facts = facts();
        SurvivalCheck.check(world, agent.image(), facts);
        decide(new Command.Tick(facts), 0, _ -> {});
    }

    private void decide(Command command, int tries, Consumer<Optional<Reply>> answer) {
        ClusterImage image = agent.image();
        long now = node.wall();
        Decision decision = world.spoiler.spoil(image, Coordinator.decide(image, command, now));
        world.images.decided(node, image, command, now, decision);
        if (decision.events().isEmpty()) {
            answer.accept(Optional.of(decision.reply()));
            done();
            return;
        }
        Consumer<Optional<Leadership.Outcome>> settled = Network.once(outcome -> {
            boolean refused = outcome.filter(Leadership.Outcome.REFUSED::equals).isPresent();
            boolean accepted =
                    outcome.filter(Leadership.Outcome.ACCEPTED::equals).isPresent();
            if (refused && tries < DECIDE_AGAIN_MAX && !ended) {
                decide(command, tries + 1, answer);
                return;
            }
            answer.accept(accepted ? Optional.of(decision.reply()) : Optional.empty());
            done();
        });
        node.after(PROPOSE_MILLIS_MAX, () -> settled.accept(Optional.empty()));
        Leadership leading = member.leading();
        if (leading == null) {
            settled.accept(Optional.empty());
        } else {
            leading.propose(
                    new Entry.Decided(new Change(image.version(), now, decision.events())),
                    outcome -> settled.accept(Optional.of(outcome)));
        }
    }
}
