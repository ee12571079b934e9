package org.posthouse.agent;

import java.io.IOException;
import java.util.Optional;
import java.util.SortedMap;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.posthouse.cluster.Certificates;
import org.posthouse.cluster.Change;
import org.posthouse.cluster.ClusterImage;
import org.posthouse.cluster.Command;
import org.posthouse.cluster.Coordinator;
import org.posthouse.cluster.Decision;
import org.posthouse.cluster.HeartbeatTable;
import org.posthouse.cluster.Reply;
import org.posthouse.replication.GroupMember;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The coordinator: runs on the node that leads the cluster group, for as long as it leads in one term. Takes
/// commands one at a time, ticks every 100 ms, and proposes what was decided.
final class CoordinatorLoop {
    private static final Logger LOG = LoggerFactory.getLogger(CoordinatorLoop.class);
    private static final int WAITING_MAX = 1000;
    private static final long PROPOSE_MILLIS_MAX = 2000;
    private static final int DECIDE_AGAIN_MAX = 10;
    private static final long SETTLING_MILLIS = 10_000;

    private final GroupMember member;
    private final ClusterReplica replica;
    private final Pulse pulse;
    private final Leases leases;
    private final InputLog inputs;
    private final long processStarted;
    private final Optional<NodeSettings.Forming> forming;
    private final BlockingQueue<Waiting> waiting = new ArrayBlockingQueue<>(WAITING_MAX);
    private final long term;
    private final Thread thread;
    private volatile boolean ended;

    private record Waiting(Command command, CompletableFuture<Reply> reply) {}

    CoordinatorLoop(
            GroupMember member,
            ClusterReplica replica,
            Pulse pulse,
            Leases leases,
            InputLog inputs,
            long processStarted,
            Optional<NodeSettings.Forming> forming,
            long term) {
        this.member = member;
        this.replica = replica;
        this.pulse = pulse;
        this.leases = leases;
        this.term = term;
        this.inputs = inputs;
        this.processStarted = processStarted;
        this.forming = forming;
        this.thread = Thread.ofPlatform().daemon().name("coordinator-" + term).unstarted(this::run);
    }

    void start() {
        thread.start();
    }

    /// Leadership is lost: whoever waits is told to ask the next coordinator.
    void end() {
        ended = true;
    }

    void join() throws InterruptedException {
        thread.join(PROPOSE_MILLIS_MAX);
    }

    /// Takes a command; the answer comes once its events are applied here.
    CompletableFuture<Reply> submit(Command command) {
        CompletableFuture<Reply> reply = new CompletableFuture<>();
        if (ended || !waiting.offer(new Waiting(command, reply))) {
            reply.completeExceptionally(
                    new IOException(ended ? "this node coordinates no more" : "too many commands are waiting"));
        } else if (ended) {
            drain();
        }
        return reply;
    }

    private void run() {
        LOG.info("This node coordinates the cluster now.");
        pulse.count();
        long nextTick = Pulse.millis();
        try (LeaseLoop lease = new LeaseLoop(member, replica, pulse, leases, term)) {
            lease.start();
            while (!ended) {
                Waiting next = waiting.poll(Math.max(1, nextTick - Pulse.millis()), TimeUnit.MILLISECONDS);
                if (next != null) {
                    answer(next);
                }
                if (Pulse.millis() >= nextTick) {
                    nextTick = Pulse.millis() + HeartbeatTable.TICK_MILLIS;
                    tick();
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            ended = true;
            drain();
            inputs.close();
            LOG.info("This node coordinates the cluster no more.");
        }
    }

    private void tick() throws InterruptedException {
        try {
            if (!replica.image().created()) {
                if (forming.isPresent()) {
                    decide(new Command.CreateCluster(forming.get().planned()));
                }
                return;
            }
            boolean settling = Pulse.millis() - processStarted < SETTLING_MILLIS;
            decide(new Command.Tick(pulse.tick(settling)));
            noteCertificates();
        } catch (IOException e) {
            LOG.info("A tick's events were not applied, the next one decides anew: {}", e.getMessage());
        } catch (RuntimeException e) {
            LOG.error("A tick failed; the next one is tried. This is a fault in the coordinator's rules.", e);
        }
    }

    private void noteCertificates() throws IOException, InterruptedException {
        ClusterImage image = replica.image();
        SortedMap<String, Certificates.Certificate> seen = pulse.certificates();
        if (image.featureLevel() >= Certificates.LEVEL && image.knowsNot(seen)) {
            decide(new Command.NoteCertificates(seen));
        }
    }

    private void answer(Waiting next) throws InterruptedException {
        try {
            next.reply().complete(decide(next.command()));
        } catch (IOException | RuntimeException e) {
            next.reply().completeExceptionally(e);
        }
    }

    private Reply decide(Command command) throws IOException, InterruptedException {
        for (int tries = 0; tries < DECIDE_AGAIN_MAX; tries++) {
            ClusterImage image = replica.image();
            long now = System.currentTimeMillis();
            Decision decision = Coordinator.decide(image, command, now);
            if (decision.events().isEmpty()) {
                inputs.keep(image, command, now, decision, true);
                return decision.reply();
            }
            boolean applied = propose(new Change(image.version(), now, decision.events()));
            if (applied) {
                inputs.keep(image, command, now, decision, true);
                decision.events().forEach(event -> event.history().ifPresent(text -> LOG.info("{}", text)));
                return decision.reply();
            }
        }
        throw new IOException("the image changed " + DECIDE_AGAIN_MAX + " times while this was decided; try again");
    }

    private boolean propose(Change change) throws IOException, InterruptedException {
        try {
            byte[] answer = member.propose(Json.bytes(change)).get(PROPOSE_MILLIS_MAX, TimeUnit.MILLISECONDS);
            return Json.read(answer, ClusterReplica.Answer.class).accepted();
        } catch (ExecutionException e) {
            throw new IOException(
                    "the cluster group did not take it: " + e.getCause().getMessage(), e.getCause());
        } catch (TimeoutException e) {
            throw new IOException("no majority of the cluster group answered within " + PROPOSE_MILLIS_MAX + " ms", e);
        }
    }

    private void drain() {
        for (Waiting left = waiting.poll(); left != null; left = waiting.poll()) {
            left.reply().completeExceptionally(new IOException("this node coordinates no more"));
        }
    }
}
