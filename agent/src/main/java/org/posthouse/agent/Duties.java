package org.posthouse.agent;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;
import org.posthouse.cluster.ClusterImage;
import org.posthouse.cluster.Command;
import org.posthouse.cluster.Duty;
import org.posthouse.cluster.Node;
import org.posthouse.cluster.NodeDecisions;
import org.posthouse.cluster.ResourceTypeFacts;
import org.posthouse.cluster.Seat;
import org.posthouse.cluster.VirtualServer;
import org.posthouse.cluster.Witness;
import org.posthouse.replication.GroupMember;
import org.posthouse.replication.Member;
import org.posthouse.replication.MemberId;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Carries out what [NodeDecisions] says is to be done next: looks every 200 ms, and at once when something changed.
/// One duty at a time for each group, each on a thread of its own; a duty that failed is simply found again, after a
/// pause.
final class Duties implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Duties.class);
    private static final long LOOK_MILLIS = 200;
    private static final Duration FETCH_MAX = Duration.ofMillis(500);
    private static final Duration TRANSFER_MAX = Duration.ofMillis(1500);
    private static final Duration CHANGE_MAX = Duration.ofSeconds(60);
    private static final Duration SUBMIT_MAX = Duration.ofSeconds(5);
    private static final long FRESH_NANOS = TimeUnit.MILLISECONDS.toNanos(500);
    private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(300);
    /// Each takeover makes an epoch.
    private static final long TAKE_OVER_AGAIN_NANOS = TimeUnit.SECONDS.toNanos(2);

    private static final int MOVE_TRIES_MAX = 3;
    private static final String DECLARATION = "the declaration of types"; // no group has such a name

    private final NodeAgent.Parts parts;
    private final ThreadPoolExecutor workers = new ThreadPoolExecutor(
            0,
            256,
            10,
            TimeUnit.SECONDS,
            new SynchronousQueue<>(),
            Thread.ofPlatform().daemon().name("duty-", 1).factory());
    private final Set<String> busy = ConcurrentHashMap.newKeySet();
    private final Map<String, Long> asked = new ConcurrentHashMap<>();
    private final Map<String, Long> fresh = new ConcurrentHashMap<>();
    private final Map<String, Long> pausedUntil = new ConcurrentHashMap<>();
    private final Map<String, String> waitingFor = new ConcurrentHashMap<>();
    private final Map<String, Integer> moveTries = new ConcurrentHashMap<>();
    private final NudgedLoop looking = new NudgedLoop("duties", LOOK_MILLIS, this::look);

    Duties(NodeAgent.Parts parts) {
        this.parts = parts;
    }

    void start() {
        looking.start();
    }

    /// Looks at once; returns at once.
    void nudge() {
        looking.nudge();
    }

    private void look() {
        ClusterImage image = parts.cluster().replica().image();
        parts.meet(image);
        declareTypes(image);
        // In this order: what was just fetched must not be said of an image from before.
        NodeDecisions.Local local = local();
        for (Duty duty : NodeDecisions.duties(parts.cluster().replica().image(), local)) {
            Long until = pausedUntil.get(duty.group());
            boolean paused = until != null && System.nanoTime() - until < 0;
            if (!paused && busy.add(duty.group())) {
                if (duty instanceof Duty.Open) {
                    parts.server(duty.group()).reserve();
                }
                workers.execute(() -> {
                    try {
                        carryOut(duty);
                    } finally {
                        busy.remove(duty.group());
                        if (!(duty instanceof Duty.Wait)) {
                            nudge();
                        }
                    }
                });
            }
        }
    }

    /// Tells the cluster which types of resources this node can bring online, until the image has it.
    private void declareTypes(ClusterImage image) {
        Node self = image.nodes().get(parts.settings().node());
        List<ResourceTypeFacts> types = parts.typeFacts();
        boolean due = self != null
                && image.featureLevel() == ClusterImage.FEATURE_LEVEL
                && !self.types().equals(types)
                && busy.add(DECLARATION);
        if (due) {
            workers.execute(() -> {
                try {
                    parts.cluster().submit(new Command.DeclareTypes(self.name(), types), SUBMIT_MAX);
                } catch (IOException e) {
                    LOG.debug("the resource types of this node could not be told yet", e);
                } finally {
                    busy.remove(DECLARATION);
                }
            });
        }
    }

    private NodeDecisions.Local local() {
        TreeMap<String, NodeDecisions.LocalGroup> groups = new TreeMap<>();
        for (HostedServer server : parts.servers()) {
            server.local().ifPresent(state -> groups.put(server.name(), state));
        }
        parts.cluster().member().ifPresent(member -> {
            GroupMember.View view = member.view();
            groups.put(
                    ClusterImage.CLUSTER_GROUP,
                    new NodeDecisions.LocalGroup(
                            parts.cluster().incarnation(),
                            !parts.cluster().failed(),
                            view.leading(),
                            HostedServer.seats(view.members()),
                            false,
                            false));
        });
        ClusterImage image = parts.cluster().replica().image();
        return new NodeDecisions.Local(
                parts.settings().node(),
                parts.memory().incarnation(),
                parts.processAgeMillis(),
                groups,
                parts.pulse().peers(),
                parts.pulse().seenOpen(image),
                lately(asked),
                lately(fresh));
    }

    private static SortedSet<String> lately(Map<String, Long> times) {
        long now = System.nanoTime();
        SortedSet<String> groups = new TreeSet<>();
        times.forEach((group, at) -> {
            if (now - at < FRESH_NANOS) {
                groups.add(group);
            }
        });
        return groups;
    }

    private void carryOut(Duty duty) {
        try {
            if (!(duty instanceof Duty.Wait)) {
                waitingFor.remove(duty.group());
            }
            switch (duty) {
                case Duty.Form form -> form(form);
                case Duty.Join join ->
                    parts.server(join.group())
                            .join(
                                    join.incarnation(),
                                    witness(parts.cluster().replica().image()));
                case Duty.Leave leave -> parts.server(leave.group()).leave();
                case Duty.TakeOver taking -> takeOver(taking);
                case Duty.Release release -> parts.server(release.group()).release(release.reason());
                case Duty.PutAside aside -> putAside(aside);
                case Duty.ReportPutAside aside -> report(aside);
                case Duty.ReportLost lost -> report(lost);
                case Duty.Rejoin rejoin -> parts.cluster().rejoin(rejoin);
                case Duty.Reconfigure change -> reconfigure(change);
                case Duty.HandOver handOver -> handOver(handOver);
                case Duty.Open open -> open(open);
                case Duty.FetchImage fetch -> fetch(fetch.group());
                case Duty.Wait wait -> {
                    if (!wait.reason().equals(waitingFor.put(wait.group(), wait.reason()))) {
                        LOG.info("{}: leads its storage group and waits: {}", wait.group(), wait.reason());
                    }
                }
            }
        } catch (IOException | RuntimeException e) {
            LOG.warn("{}: {} did not succeed, it is tried again: {}", duty.group(), what(duty), e.getMessage());
            LOG.debug("the reason", e);
            pause(duty.group());
        }
    }

    private static String what(Duty duty) {
        return duty.getClass().getSimpleName();
    }

    private void pause(String group) {
        pausedUntil.put(group, System.nanoTime() + PAUSE_NANOS);
    }

    private boolean fetch(String group) {
        try {
            parts.cluster().linearizable(FETCH_MAX);
            fresh.put(group, System.nanoTime());
            return true;
        } catch (IOException e) {
            LOG.debug("{}: the cluster group did not tell its image: {}", group, e.getMessage());
            return false;
        } finally {
            asked.put(group, System.nanoTime());
        }
    }

    private void form(Duty.Form form) throws IOException {
        ClusterImage image = parts.cluster().replica().image();
        parts.server(form.group())
                .form(
                        form.seats().stream()
                                .map(seat -> ClusterMember.memberOf(image, seat))
                                .toList(),
                        witness(image));
    }

    private boolean witness(ClusterImage image) {
        return Witness.is(image, parts.settings().node());
    }

    private void report(Duty.ReportLost lost) throws IOException {
        if (parts.server(lost.group()).reopenOnce()) {
            return;
        }
        parts.cluster()
                .submit(
                        new Command.ReportLost(
                                lost.group(), parts.settings().node(), lost.incarnation(), lost.reason()),
                        SUBMIT_MAX);
        pause(lost.group());
    }

    /// The image that the duty was found by may have been replaced meanwhile by one without the virtual server.
    private void open(Duty.Open duty) throws IOException {
        ClusterImage image = parts.cluster().replica().image();
        VirtualServer server = image.virtualServers().get(duty.group());
        HostedServer hosted = parts.server(duty.group());
        if (server == null) {
            hosted.giveUpOpening();
        } else {
            hosted.open(duty.version(), server.generation());
        }
    }

    /// What stands in the way here need not elsewhere, so the coordinator is told.
    private void takeOver(Duty.TakeOver duty) throws IOException {
        String node = parts.settings().node();
        BooleanSupplier permitted = () -> parts.leases().acknowledged()
                && SharedMail.isFor(
                        node, duty.group(), parts.cluster().replica().image());
        if (!permitted.getAsBoolean()) {
            pause(duty.group());
            return;
        }
        try {
            parts.server(duty.group()).takeOver(duty, permitted);
        } catch (IOException e) {
            if (permitted.getAsBoolean()) {
                String reason = String.valueOf(e.getMessage());
                boolean damaged = e instanceof UnopenableException;
                parts.cluster().submit(new Command.ReportUnable(duty.group(), node, damaged, reason), SUBMIT_MAX);
            }
            LOG.warn("{}: its folder cannot be had here now: {}", duty.group(), e.getMessage());
            pausedUntil.put(duty.group(), System.nanoTime() + TAKE_OVER_AGAIN_NANOS);
        }
    }

    /// Asks for the newest image once more: nothing is given up by an old one.
    private void putAside(Duty.PutAside duty) throws IOException {
        if (!fetch(duty.group())) {
            pause(duty.group());
        } else if (!parts.cluster().replica().image().virtualServers().containsKey(duty.group())) {
            parts.server(duty.group()).putAside();
        }
    }

    private void report(Duty.ReportPutAside duty) throws IOException {
        String node = parts.settings().node();
        // Something may have been begun here since this was found, by an image from before.
        if (parts.memory().held(duty.group()).isEmpty()) {
            parts.cluster().submit(new Command.ReportPutAside(duty.group(), node, duty.incarnation()), SUBMIT_MAX);
        }
        pause(duty.group());
    }

    private Optional<GroupMember> member(String group) {
        return group.equals(ClusterImage.CLUSTER_GROUP)
                ? parts.cluster().member()
                : parts.server(group).member();
    }

    /// Asks for the newest image first: by an old one this would undo what a newer one wanted.
    private void reconfigure(Duty.Reconfigure first) throws IOException {
        if (!fetch(first.group())) {
            pause(first.group());
            return;
        }
        ClusterImage image = parts.cluster().replica().image();
        for (Duty duty : NodeDecisions.duties(image, local())) {
            if (duty instanceof Duty.Reconfigure change && change.group().equals(first.group())) {
                GroupMember member = member(change.group())
                        .orElseThrow(() -> new IOException("there is no replica of " + change.group() + " here"));
                List<Member> inForce = member.view().members();
                List<Member> wanted = change.wanted().stream()
                        .map(seat -> kept(inForce, seat).orElseGet(() -> ClusterMember.memberOf(image, seat)))
                        .toList();
                LOG.info("{}: changing its members from {} to {}", change.group(), inForce, wanted);
                await(member.change(inForce, wanted), CHANGE_MAX, "the change of members");
            }
        }
    }

    private static Optional<Member> kept(List<Member> inForce, Seat seat) {
        return inForce.stream()
                .filter(member -> member.id().equals(new MemberId(seat.node(), seat.incarnation())))
                .findFirst()
                .map(member -> new Member(
                        member.id(),
                        member.host(),
                        member.port(),
                        seat.votes() ? Member.Role.VOTER : Member.Role.LISTENER,
                        seat.priority()));
    }

    private void handOver(Duty.HandOver duty) throws IOException {
        GroupMember member = member(duty.group())
                .orElseThrow(() -> new IOException("there is no replica of " + duty.group() + " here"));
        IOException last = new IOException("none of " + duty.to() + " is a voter of " + duty.group());
        for (String target : duty.to()) {
            Optional<Member> seat = member.view().members().stream()
                    .filter(there -> there.id().node().equals(target) && there.role() == Member.Role.VOTER)
                    .findFirst();
            if (seat.isEmpty()) {
                continue;
            }
            LOG.info("{}: handing leadership over to {}: {}", duty.group(), target, duty.reason());
            try {
                await(member.transfer(seat.get().id(), TRANSFER_MAX), TRANSFER_MAX.multipliedBy(2), "the hand-over");
                moveTries.remove(duty.group());
                return;
            } catch (IOException e) {
                last = e;
            }
        }
        if (duty.move() && moveTries.merge(duty.group(), 1, Integer::sum) >= MOVE_TRIES_MAX) {
            moveTries.remove(duty.group());
            parts.cluster()
                    .submit(
                            new Command.GiveUpMove(
                                    duty.group(),
                                    duty.to().getFirst(),
                                    "it did not take over when asked " + MOVE_TRIES_MAX + " times: "
                                            + last.getMessage()),
                            SUBMIT_MAX);
        }
        throw last;
    }

    private static void await(Future<Void> future, Duration deadline, String what) throws IOException {
        try {
            future.get(deadline.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            throw new IOException(what + " failed: " + e.getCause().getMessage(), e.getCause());
        } catch (TimeoutException e) {
            throw new IOException(what + " took longer than " + deadline, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }

    @Override
    public void close() {
        looking.close();
        workers.shutdown();
        try {
            if (!workers.awaitTermination(10, TimeUnit.SECONDS)) {
                LOG.warn("Duties are still under way: {}", busy);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
