package org.posthouse.agent;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.SortedMap;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.posthouse.cluster.ClusterImage;
import org.posthouse.cluster.Coverage;
import org.posthouse.cluster.Duty;
import org.posthouse.cluster.Facts;
import org.posthouse.cluster.NodeDecisions;
import org.posthouse.cluster.OpenEpoch;
import org.posthouse.cluster.ResourceType;
import org.posthouse.cluster.Route;
import org.posthouse.cluster.Seat;
import org.posthouse.cluster.VirtualServer;
import org.posthouse.mailstore.Epoch;
import org.posthouse.mailstore.Gate;
import org.posthouse.mailstore.Housekeeping;
import org.posthouse.mailstore.OpenedBy;
import org.posthouse.mailstore.StorageGroup;
import org.posthouse.mailstore.StoreMemory;
import org.posthouse.mailstore.StoreService;
import org.posthouse.mailstore.StoreSettings;
import org.posthouse.replication.GroupListener;
import org.posthouse.replication.GroupMember;
import org.posthouse.replication.GroupName;
import org.posthouse.replication.Member;
import org.posthouse.replication.MemberId;
import org.posthouse.replication.QuarantineException;
import org.posthouse.replication.Replica;
import org.posthouse.replication.ReplicationHost;
import org.posthouse.replication.WitnessReplica;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// One virtual server on this node: its replica, if there is one here, its gate, its services. What changes the
/// replica is called by one thread at a time (see [Duties]); what tells of it by many.
final class HostedServer implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(HostedServer.class);
    private static final long OPEN_SECONDS_MAX = 5;

    private final String name;
    private final Surroundings around;
    private final LocalStore store;
    private final Upkeep upkeep = new Upkeep();
    private final Services services;
    private final BodyRepairs repairs;
    private volatile Hosting hosting;
    private volatile SharedMail shared; // null unless this node has it
    private volatile boolean failed;
    private volatile boolean opening;
    private volatile List<String> addresses = List.of();
    private final Coverage coverage = new Coverage();
    private boolean reopened; // of the thread that carries out duties

    /// What all virtual servers of a node share.
    ///
    /// @param folder `store/` in the node's folder
    /// @param changed to be called after anything that heartbeats or duties should know of; returns at once
    /// @param routes told when a gate opens here
    /// @param leases this node's side of the node lease
    /// @param warrant who says what may be online here that must never be online twice
    /// @param bodies where other replicas' bodies come from
    /// @param halt ends this process
    record Surroundings(
            String node,
            Path folder,
            ReplicationHost host,
            StoreMemory memory,
            StoreSettings settings,
            NodeMemory remembered,
            Runnable changed,
            Routes routes,
            Leases leases,
            Warrant warrant,
            BodyRepairs.Source bodies,
            NodeSettings.Halt halt) {}

    /// A replica in use.
    ///
    /// @param mail what it holds; empty on a witness
    private record Hosting(int incarnation, GroupMember member, Optional<Mail> mail) {}

    private record Mail(StorageGroup group, StoreService store) {}

    HostedServer(String name, Surroundings around) {
        this.name = name;
        this.around = around;
        this.store = new LocalStore(name);
        this.repairs = new BodyRepairs(
                name, around.folder().resolveSibling("repair"), this::group, this::others, around.bodies());
        this.services =
                new Services(name, Services.Threads.VIRTUAL, Services.Patience.DEFAULT, Pulse::millis, around.halt());
    }

    String name() {
        return name;
    }

    /// Opens what the image names and is not open yet, and follows what it wants from now on.
    void follow(VirtualServer wanted, List<ResourceType<ServiceContext>> types) {
        upkeep.follow(wanted);
        addresses = IpAddress.of(wanted);
        services.follow(
                wanted,
                new ResourceOpener(
                        name,
                        around.node(),
                        store,
                        types,
                        () -> around.warrant().leftMillis(name),
                        upkeep,
                        () -> addresses));
    }

    LocalStore store() {
        return store;
    }

    Services services() {
        return services;
    }

    Optional<GroupMember> member() {
        Hosting now = hosting;
        return now == null ? Optional.empty() : Optional.of(now.member());
    }

    Optional<StorageGroup> group() {
        Hosting now = hosting;
        return now == null ? Optional.empty() : now.mail().map(Mail::group);
    }

    private Optional<Gate> gate() {
        return group().map(StorageGroup::gate);
    }

    /// Nodes that hold the other replicas.
    private List<String> others() {
        return member().stream()
                .filter(member -> shared == null)
                .flatMap(member -> member.view().members().stream())
                .map(member -> member.id().node())
                .filter(node -> !node.equals(around.node()))
                .distinct()
                .toList();
    }

    private GroupName groupName() {
        return new GroupName(name);
    }

    // ---- the replica

    /// @param witness whether this node is to keep the log alone
    void form(List<Member> members, boolean witness) throws IOException {
        int incarnation = members.stream()
                .filter(member -> member.id().node().equals(around.node()))
                .findFirst()
                .orElseThrow(() -> new IOException(name + " is not to have a replica here"))
                .id()
                .incarnation();
        LOG.info("{}: forming its storage group with {}", name, members);
        if (around.remembered().held(name).isPresent()) {
            // Joined by an image from before, to a virtual server of this name that was deleted since.
            putAside();
        }
        // Written before the folder exists: a replica that is gone later is never taken for one not made yet. A crash
        // in between costs one refill.
        around.remembered().hold(name, incarnation, witness);
        beginReplica(incarnation, (replica, listener) -> around.host().form(groupName(), members, replica, listener));
    }

    /// @param witness as for [#form]
    void join(int incarnation, boolean witness) throws IOException {
        LOG.info("{}: joining its storage group as {}.{}, to be filled", name, around.node(), incarnation);
        end(true);
        reopened = false;
        around.remembered().hold(name, incarnation, witness);
        beginReplica(incarnation, (replica, listener) -> around.host()
                .join(groupName(), new MemberId(around.node(), incarnation), replica, listener));
    }

    /// Opens what is here from before; a damaged replica is left out of service.
    void reopen() {
        int incarnation = around.remembered().held(name).orElseThrow();
        try {
            if (!around.host().has(groupName())) {
                throw new IOException("its folder is gone");
            }
            beginReplica(incarnation, (replica, listener) -> around.host().reopen(groupName(), replica, listener));
        } catch (QuarantineException e) {
            failed = true;
            LOG.error("{}: {}; the coordinator is told, and the replica is made anew", name, e.getMessage());
        } catch (IOException | RuntimeException e) {
            failed = true;
            LOG.error("{}: its replica here cannot be opened; it is made anew", name, e);
        }
    }

    /// Opens a replica once more that went out of service while it ran: a failed disk may work again, and its folder
    /// is whole. Once only; what fails twice is made anew.
    ///
    /// @return whether it is in service again
    boolean reopenOnce() throws IOException {
        if (hosting == null || reopened) {
            return false;
        }
        LOG.info("{}: its replica here went out of service; opening it once more", name);
        reopened = true;
        end(false);
        reopen();
        return !failed;
    }

    void leave() throws IOException {
        LOG.info("{}: leaving its storage group; the replica here is deleted", name);
        end(true);
        around.remembered().drop(name);
    }

    /// Takes part no more, for good, and puts what is here aside: `raft` and `store` in `removed/NAME.INCARNATION/`.
    /// After a crash in between the next try puts the rest there.
    void putAside() throws IOException {
        OptionalInt held = around.remembered().held(name);
        if (held.isEmpty()) {
            return;
        }
        Path aside = around.folder().resolveSibling("removed").resolve(name + "." + held.getAsInt());
        LOG.info("{}: the virtual server was deleted; the replica here is put aside as {}", name, aside);
        Files.createDirectories(aside);
        endHosting();
        around.host().putAside(groupName(), aside.resolve("raft"));
        Path mail = around.folder().resolve(name);
        if (Files.exists(mail)) {
            Files.move(mail, aside.resolve("store"), StandardCopyOption.ATOMIC_MOVE);
        }
        deleteTree(
                around.folder().resolveSibling("fulltext").resolve(name)); // what services made of it can be made anew
        around.remembered().drop(name);
        failed = false;
        reopened = false;
        around.changed().run();
    }

    /// Takes over the folder of a virtual server in shared mode and opens what is there.
    ///
    /// @param permitted whether it is still this node's to take
    /// @throws IOException if it cannot be had; then nothing of it is left here
    /// @throws UnopenableException if the folder is held, but what is in it cannot be opened
    void takeOver(Duty.TakeOver duty, BooleanSupplier permitted) throws IOException {
        if (shared != null) {
            return;
        }
        SharedMail taken = SharedMail.takeOver(duty, around.node(), permitted, reason -> {
            failed = true;
            around.changed().run();
        });
        shared = taken;
        try {
            Gate gate = new Gate(around.node() + "." + taken.number(), taken.folder()::valid);
            begin(1, taken.store(), gate, (group, listener) -> around.host()
                    .openAlone(groupName(), taken.raft(), taken.id(), group, listener));
        } catch (IOException | RuntimeException e) {
            boolean reached = taken.folder().valid();
            release("it cannot be opened");
            if (reached) {
                throw new UnopenableException(duty.storage().folder(), e);
            }
            throw e;
        }
    }

    /// Lets go of it.
    void release(String reason) throws IOException {
        SharedMail before = shared;
        if (before == null) {
            return;
        }
        LOG.info("{}: letting go of {}: {}", name, before.folder().epoch(), reason);
        member().ifPresent(_ -> group().ifPresent(group -> group.gate().notLeader()));
        endHosting();
        around.host().leave(groupName(), false);
        before.close();
        shared = null;
        failed = false;
        around.changed().run();
    }

    @FunctionalInterface
    private interface Beginning {
        GroupMember begin(Replica replica, GroupListener listener) throws IOException;
    }

    /// Votes and keeps the log, and nothing else.
    private void beginWitness(int incarnation, Beginning beginning) throws IOException {
        failed = false;
        GroupMember member = beginning.begin(new WitnessReplica(), new Listener(Optional.empty()));
        hosting = new Hosting(incarnation, member, Optional.empty());
        around.changed().run();
    }

    private void beginReplica(int incarnation, Beginning beginning) throws IOException {
        if (around.remembered().witness()) {
            beginWitness(incarnation, beginning);
        } else {
            String self = around.node() + "." + incarnation;
            Gate gate = around.warrant().decider() == Warrant.Decider.OUTSIDE
                    ? new Gate(self, () -> around.warrant().confirm(name))
                    : new Gate(self);
            begin(incarnation, around.folder().resolve(name), gate, beginning);
        }
    }

    private void begin(int incarnation, Path mail, Gate gate, Beginning beginning) throws IOException {
        StorageGroup group =
                new StorageGroup(mail, around.memory(), around.settings().withCorrupt(repairs::found), gate);
        gate.listen(new Gate.Listener() {
            @Override
            public void opened(Epoch epoch) {
                LOG.info("{}: opened here in epoch {}", name, epoch);
                Route route = new Route(name, OpenEpoch.parse(epoch.toString()), around.node());
                services.gate(true, () -> {
                    if (gate.epoch().filter(epoch::equals).isPresent()) {
                        around.routes().publish(route);
                    }
                    around.changed().run();
                });
                around.changed().run();
            }

            @Override
            public void closed(Epoch epoch, String reason) {
                LOG.info("{}: closed here, epoch {}: {}", name, epoch, reason);
                services.gate(false, around.changed());
                around.changed().run();
            }
        });
        failed = false;
        GroupMember member = beginning.begin(group, new Listener(Optional.of(gate)));
        StoreService service = new StoreService(group, member, System::currentTimeMillis);
        hosting = new Hosting(incarnation, member, Optional.of(new Mail(group, service)));
        store.behind(service);
        upkeep.behind(new Housekeeping(service));
        around.changed().run();
    }

    /// Hands what Raft tells of leadership to the gate, if mail is kept here.
    private final class Listener implements GroupListener {
        private final Optional<Gate> gate;

        Listener(Optional<Gate> gate) {
            this.gate = gate;
        }

        @Override
        public void leaderReady(long term) {
            gate.ifPresent(here -> here.leaderReady(term));
            around.changed().run();
        }

        @Override
        public void notLeader() {
            gate.ifPresent(Gate::notLeader);
            around.changed().run();
        }

        @Override
        public void membersChanged(List<Member> members) {
            around.changed().run();
        }

        @Override
        public void failed(String reason, Throwable cause) {
            gate.ifPresent(Gate::notLeader);
            failed = true;
            around.changed().run();
        }
    }

    private void end(boolean delete) throws IOException {
        endHosting();
        around.host().leave(groupName(), delete);
        if (delete) {
            deleteTree(around.folder().resolve(name));
        }
    }

    private void endHosting() {
        store.behind(null);
        hosting = null;
        upkeep.close();
    }

    private static void deleteTree(Path folder) throws IOException {
        if (Files.notExists(folder)) {
            return;
        }
        List<Path> deepestFirst = new ArrayList<>();
        try (Stream<Path> files = Files.walk(folder)) {
            files.sorted(Comparator.reverseOrder()).forEach(deepestFirst::add);
        }
        for (Path file : deepestFirst) {
            Files.delete(file);
        }
    }

    // ---- ownership

    /// Proposes `Open`.
    ///
    /// @param generation that the epoch is to have at least
    void open(long version, long generation) {
        Hosting now = hosting;
        if (now == null || now.mail().isEmpty()) {
            opening = false;
            return;
        }
        opening = true;
        // What comes of it shows at the gate.
        SharedMail folder = shared;
        var unused = now.mail()
                .get()
                .store()
                .proposeOpen(version, generation + (folder == null ? 0 : folder.number()))
                .orTimeout(OPEN_SECONDS_MAX, TimeUnit.SECONDS)
                .whenComplete((done, failure) -> {
                    opening = false;
                    if (failure != null) {
                        LOG.info("{}: could not be opened here: {}", name, failure.getMessage());
                    }
                    around.changed().run();
                });
    }

    /// Marks that an `Open` is about to be proposed: its room is taken from now on.
    void reserve() {
        opening = true;
    }

    /// What [#reserve] marked does not come.
    void giveUpOpening() {
        opening = false;
    }

    Optional<Route> route() {
        return gate().flatMap(Gate::epoch)
                .map(epoch -> new Route(name, OpenEpoch.parse(epoch.toString()), around.node()));
    }

    /// Looks after what needs the node lease; returns soon.
    void lease() {
        services.lease(() -> around.leases().giveBack(name));
    }

    /// Lets due housekeeping be done, and the services be looked after; returns at once.
    void tick() {
        services.tick();
        if (!failed) {
            upkeep.tick();
        }
    }

    // ---- what others are told

    /// For the node's own decisions; empty if there never was a replica here.
    Optional<NodeDecisions.LocalGroup> local() {
        Hosting now = hosting;
        if (now == null) {
            var held = around.remembered().held(name);
            return held.isEmpty()
                    ? Optional.empty()
                    : Optional.of(new NodeDecisions.LocalGroup(held.getAsInt(), false, false, List.of(), false, false));
        }
        GroupMember.View view = now.member().view();
        return Optional.of(new NodeDecisions.LocalGroup(
                now.incarnation(),
                !failed && (shared == null || around.leases().acknowledged()),
                view.leading(),
                seats(view.members()),
                gate().flatMap(Gate::epoch).isPresent(),
                opening,
                shared != null));
    }

    /// For heartbeats.
    Optional<Facts.Membership> membership() {
        Hosting now = hosting;
        if (now == null) {
            return Optional.empty();
        }
        GroupMember.View view = now.member().view();
        Optional<OpenEpoch> open = gate().flatMap(Gate::epoch).map(epoch -> OpenEpoch.parse(epoch.toString()));
        return Optional.of(new Facts.Membership(
                now.incarnation(),
                view.leading(),
                open,
                group().flatMap(StorageGroup::openedBy)
                        .map(OpenedBy::imageVersion)
                        .orElse(0L),
                view.committed(),
                // While its Raft server is being started anew a replica neither votes nor leads, whatever it holds.
                view.failure().isPresent() ? -1 : view.applied().index(),
                told(view),
                failed,
                services.states(),
                Math.max(
                        0,
                        now.mail().isEmpty() && view.logStartIndex() > 0
                                ? view.logStartIndex() - 1
                                : view.snapshotIndex())));
    }

    /// On a witness: lets go of what the full replicas have in their snapshots. By one thread at a time.
    void cover(ClusterImage image, SortedMap<String, Facts.Heartbeat> peers) {
        Hosting now = hosting;
        if (now != null && now.mail().isEmpty()) {
            Coverage.Upto upto = coverage.upto(image, name, peers);
            now.member().covered(upto.byAll(), upto.byOne());
        }
    }

    /// The configuration as a leader tells it to others: only once it is committed. By one that is not, the coordinator
    /// would take a change of replicas for done, and a node would delete one that may still be needed.
    static List<Seat> told(GroupMember.View view) {
        return view.leading() && view.settled() ? seats(view.members()) : List.of();
    }

    static List<Seat> seats(List<Member> members) {
        return members.stream()
                .map(member -> new Seat(
                        member.id().node(),
                        member.id().incarnation(),
                        member.role() == Member.Role.VOTER,
                        member.priority()))
                .toList();
    }

    @Override
    public void close() {
        services.close();
        endHosting();
        SharedMail last = shared;
        if (last != null) {
            try {
                around.host().leave(groupName(), false);
            } catch (IOException e) {
                LOG.warn("{}: was not closed in order", name, e);
            }
            last.close();
        }
    }
}
