package org.posthouse.sim;

import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.posthouse.cluster.Command;
import org.posthouse.cluster.Duty;
import org.posthouse.cluster.NodeDecisions;
import org.posthouse.cluster.Seat;
import org.posthouse.cluster.VirtualServer;
import org.posthouse.cluster.Witness;

/// Carries out what the core's [NodeDecisions] says is to be done next on a node: what the agent's `Duties` does, with
/// the same times.
final class Duties {
    private static final long LOOK_MILLIS = 200;
    private static final long NUDGED_MILLIS = 1;
    private static final long FETCH_MILLIS_MAX = 500;
    private static final long TRANSFER_MILLIS_MAX = 1_500;
    private static final long FRESH_MILLIS = 500;
    private static final long PAUSE_MILLIS = 300;
    private static final long OPEN_MILLIS_MAX = 5_000;
    private static final long OPEN_AGAIN_MILLIS = 20;
    private static final int MOVE_TRIES_MAX = 3;
    private static final String GIVEN_UP = "nobody is to try any more";
    private static final long TAKE_OVER_AGAIN_MILLIS = 2_000;

    private final Agent agent;
    private final SimNode node;
    private final World world;
    private final SortedSet<String> busy = new TreeSet<>();
    private final SortedMap<String, Long> asked = new TreeMap<>();
    private final SortedMap<String, Long> fresh = new TreeMap<>();
    private final SortedMap<String, Long> pausedUntil = new TreeMap<>();
    private final SortedMap<String, Integer> moveTries = new TreeMap<>();
    private boolean nudged;

    Duties(Agent agent) {
        this.agent = agent;
        this.node = agent.node();
        this.world = node.world;
    }

    void begin() {
        look();
        node.after(LOOK_MILLIS, this::begin);
    }

    /// Looks at once.
    void nudge() {
        if (!nudged) {
            nudged = true;
            node.after(NUDGED_MILLIS, () -> {
                nudged = false;
                look();
            });
        }
    }

    private NodeDecisions.Local local() {
        return agent.local(lately(asked), lately(fresh));
    }

    private SortedSet<String> lately(SortedMap<String, Long> times) {
        SortedSet<String> groups = new TreeSet<>();
        times.forEach((group, at) -> {
            if (node.mono() - at < FRESH_MILLIS) {
                groups.add(group);
            }
        });
        return groups;
    }

    private void look() {
        for (Duty found : NodeDecisions.duties(agent.image(), local())) {
            Duty duty = world.spoiler.spoil(agent, found);
            boolean paused = node.mono() < pausedUntil.getOrDefault(duty.group(), Long.MIN_VALUE);
            if (!paused && busy.add(duty.group())) {
                if (duty instanceof Duty.Open) {
                    agent.hosted(duty.group()).opening(true);
                }
                carryOut(duty, succeeded -> {
                    busy.remove(duty.group());
                    if (!succeeded) {
                        pausedUntil.put(duty.group(), node.mono() + PAUSE_MILLIS);
                    }
                    if (!(duty instanceof Duty.Wait)) {
                        nudge();
                    }
                });
            }
        }
    }

    private void carryOut(Duty duty, Consumer<Boolean> done) {
        if (!(duty instanceof Duty.Wait)) {
            world.story.tell(() -> node + ": " + duty);
        }
        switch (duty) {
            case Duty.Form form -> {
                int own = form.seats().stream()
                        .filter(seat -> seat.node().equals(node.name))
                        .findFirst()
                        .orElseThrow()
                        .incarnation();
                hold(form.group(), own, Config.of(form.seats()));
                done.accept(true);
            }
            case Duty.Join join -> {
                discard(join.group());
                hold(join.group(), join.incarnation(), Config.NONE);
                done.accept(true);
            }
            case Duty.Leave leave -> {
                discard(leave.group());
                node.disk().held.remove(leave.group());
                done.accept(true);
            }
            case Duty.TakeOver taking -> takeOver(taking, done);
            case Duty.Release release -> agent.hosted(release.group()).release(() -> done.accept(true));
            case Duty.PutAside aside -> {
                discard(aside.group());
                node.disk().held.remove(aside.group());
                done.accept(true);
            }
            case Duty.ReportPutAside aside ->
                agent.submit(
                        new Command.ReportPutAside(aside.group(), node.name, aside.incarnation()),
                        _ -> done.accept(false));
            case Duty.ReportLost lost ->
                agent.submit(
                        new Command.ReportLost(lost.group(), node.name, lost.incarnation(), lost.reason()),
                        _ -> done.accept(false));
            case Duty.Rejoin rejoin -> agent.rejoin(rejoin, done);
            case Duty.Reconfigure change -> reconfigure(change.group(), done);
            case Duty.HandOver handOver -> handOver(handOver, handOver.to(), done);
            case Duty.Open open -> {
                open(open);
                done.accept(true);
            }
            case Duty.FetchImage fetch -> fetch(fetch.group(), done);
            case Duty.Wait _ -> done.accept(true);
        }
    }

    private void hold(String group, int incarnation, Config first) {
        node.disk().held.put(group, incarnation);
        Id self = new Id(node.name, incarnation);
        RaftDisk disk = new RaftDisk(self, first, Witness.is(agent.image(), node.name));
        node.disk().groups.put(group, disk);
        agent.hosted(group).begin(disk);
    }

    private void discard(String group) {
        Hosted server = agent.hosted(group);
        server.incarnation().ifPresent(old -> world.images.deleted(group, new Id(node.name, old)));
        server.leave();
    }

    private void fetch(String group, Consumer<Boolean> done) {
        agent.fetchImage(FETCH_MILLIS_MAX, current -> {
            if (current) {
                fresh.put(group, node.mono());
            }
            asked.put(group, node.mono());
            done.accept(true);
        });
    }

    private void open(Duty.Open duty) {
        Hosted server = agent.hosted(duty.group());
        RaftMember member = server.member();
        Consumer<Optional<Leadership.Outcome>> decided = Network.once(outcome -> {
            boolean unknown = outcome.isEmpty() || outcome.get() == Leadership.Outcome.UNKNOWN;
            node.after(unknown ? OPEN_AGAIN_MILLIS : 0, () -> {
                server.opening(false);
                agent.changed();
            });
        });
        node.after(OPEN_MILLIS_MAX, () -> decided.accept(Optional.empty()));
        if (server.shared() != null) {
            server.shared()
                    .open(
                            duty.version(),
                            opened -> decided.accept(
                                    Optional.of(opened ? Leadership.Outcome.ACCEPTED : Leadership.Outcome.UNKNOWN)));
        } else if (member == null || member.leading() == null) {
            decided.accept(Optional.empty());
        } else {
            member.leading()
                    .propose(
                            new Entry.Open(member.self(), duty.version()),
                            outcome -> decided.accept(Optional.of(outcome)));
        }
    }

    /// What stands in the way here need not elsewhere, so the coordinator is told.
    private void takeOver(Duty.TakeOver duty, Consumer<Boolean> done) {
        BooleanSupplier permitted = () -> agent.acknowledged() && isFor(duty.group());
        if (!permitted.getAsBoolean()) {
            done.accept(false);
            return;
        }
        agent.hosted(duty.group()).takeOver(duty, permitted, not -> {
            Runnable later = () -> {
                done.accept(true);
                pausedUntil.put(duty.group(), node.mono() + TAKE_OVER_AGAIN_MILLIS);
            };
            if (not.isEmpty()) {
                done.accept(true);
            } else if (permitted.getAsBoolean()) {
                world.story.tell(() -> node + " cannot have the folder of " + duty.group() + ": " + not.get());
                agent.submit(
                        new Command.ReportUnable(
                                duty.group(), node.name, not.get().equals(Hosted.UNOPENABLE), not.get()),
                        reply -> {
                            reply.filter(said -> said.message().equals(GIVEN_UP))
                                    .ifPresent(_ -> node.world.tally.add("shared folders given up"));
                            later.run();
                        });
            } else {
                later.run();
            }
        });
    }

    private boolean isFor(String group) {
        VirtualServer server = agent.image().virtualServers().get(group);
        return server != null && server.wanted() && server.permission().owner().equals(node.name);
    }

    /// Asks for the newest image first: by an old one this would undo what a newer one wanted.
    private void reconfigure(String group, Consumer<Boolean> done) {
        agent.fetchImage(FETCH_MILLIS_MAX, current -> {
            asked.put(group, node.mono());
            if (!current) {
                done.accept(false);
                return;
            }
            fresh.put(group, node.mono());
            for (Duty duty : NodeDecisions.duties(agent.image(), local())) {
                if (duty instanceof Duty.Reconfigure change && change.group().equals(group)) {
                    change(change, done);
                    return;
                }
            }
            done.accept(true);
        });
    }

    private void change(Duty.Reconfigure duty, Consumer<Boolean> done) {
        RaftMember member = agent.member(duty.group());
        if (member == null || member.leading() == null) {
            done.accept(false);
            return;
        }
        List<Seat> inForce = member.members();
        member.leading().change(inForce, duty.wanted(), done);
    }

    private void handOver(Duty.HandOver duty, List<String> to, Consumer<Boolean> done) {
        RaftMember member = agent.member(duty.group());
        Optional<Id> target = to.isEmpty() || member == null
                ? Optional.empty()
                : member.disk.config().voters().stream()
                        .filter(voter -> voter.node().equals(to.getFirst()))
                        .findFirst();
        if (to.isEmpty() || member == null) {
            notHandedOver(duty, done);
        } else if (target.isEmpty() || member.leading() == null) {
            handOver(duty, to.subList(1, to.size()), done);
        } else {
            member.leading().handOver(target.get(), TRANSFER_MILLIS_MAX, taken -> {
                if (taken) {
                    moveTries.remove(duty.group());
                    done.accept(true);
                } else {
                    handOver(duty, to.subList(1, to.size()), done);
                }
            });
        }
    }

    private void notHandedOver(Duty.HandOver duty, Consumer<Boolean> done) {
        if (!duty.move() || moveTries.merge(duty.group(), 1, Integer::sum) < MOVE_TRIES_MAX) {
            done.accept(false);
            return;
        }
        moveTries.remove(duty.group());
        String target = duty.to().getFirst();
        agent.submit(
                new Command.GiveUpMove(duty.group(), target, "it did not take over when asked"),
                _ -> done.accept(false));
    }
}
