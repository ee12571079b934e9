package org.posthouse.replication;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/// Several hosts in this process on 127.0.0.1, each with a [Ledger] in one group.
final class TestCluster implements AutoCloseable {
    static final GroupName GROUP = new GroupName("vs1");
    static final Duration PATIENCE = Duration.ofSeconds(20);

    /// What happened to a member, in order.
    static final class Events implements GroupListener {
        final BlockingQueue<String> failures = new LinkedBlockingQueue<>();
        final BlockingQueue<String> leadership = new LinkedBlockingQueue<>();
        volatile List<Member> members = List.of();

        @Override
        public void leaderReady(long term) {
            leadership.add("ready " + term);
        }

        @Override
        public void notLeader() {
            leadership.add("not leader");
        }

        @Override
        public void membersChanged(List<Member> now) {
            members = now;
        }

        @Override
        public void failed(String reason, Throwable cause) {
            failures.add(reason);
        }
    }

    /// One node: its host and what runs on it.
    final class Node {
        final String name;
        final Path folder;
        int incarnation = 1;
        /// The cluster that it is in.
        UUID cluster = TestCluster.this.cluster;
        RatisHost host;
        Ledger ledger;
        /// Whether it keeps no state: its ledger is used by nobody.
        boolean witness;
        Events events;
        GroupMember member;

        Node(String name) throws IOException {
            this.name = name;
            folder = root.resolve(name);
            startHost(0);
        }

        void startHost(int port) throws IOException {
            host = RatisHost.start(new Settings(
                    cluster, name, "127.0.0.1", port, folder.resolve("raft"), tls.get(name), source, gray, limits));
            ports.put(name, host.port());
        }

        MemberId id() {
            return new MemberId(name, incarnation);
        }

        Member as(Member.Role role, int priority) {
            return new Member(id(), "127.0.0.1", ports.get(name), role, priority);
        }

        Member voter() {
            return as(Member.Role.VOTER, 0);
        }

        Member listener() {
            return as(Member.Role.LISTENER, 0);
        }

        private void fresh() {
            ledger = new Ledger(folder.resolve("store-" + incarnation));
            events = new Events();
        }

        private Replica replica() {
            return witness ? new WitnessReplica() : ledger;
        }

        void form(List<Member> members) throws IOException {
            fresh();
            member = host.form(GROUP, members, replica(), events);
        }

        void join() throws IOException {
            fresh();
            member = host.join(GROUP, id(), replica(), events);
        }

        void reopen() throws IOException {
            fresh();
            member = host.reopen(GROUP, replica(), events);
        }

        /// Ends the host, keeping its port and folder.
        void stop() {
            host.close();
        }

        /// Ends the host as a crash would: the replica does not get to save its state.
        void crash() {
            ledger.saveOnClose = false;
            host.close();
        }

        void restart() throws IOException {
            startHost(ports.get(name));
            reopen();
        }

        boolean leads() {
            return member != null && member.view().leading();
        }

        String propose(String text) {
            return new String(
                    member.propose(text.getBytes(StandardCharsets.UTF_8))
                            .orTimeout(PATIENCE.toSeconds(), TimeUnit.SECONDS)
                            .join(),
                    StandardCharsets.UTF_8);
        }

        @Override
        public String toString() {
            return name;
        }
    }

    final UUID cluster = UUID.randomUUID();
    private final Path root;
    final Map<String, Node> nodes = new LinkedHashMap<>();
    private final Map<String, Integer> ports = new LinkedHashMap<>();
    /// Patient elections: the tests run beside others, and are not about time.
    static final Limits LIMITS = Limits.DEFAULTS.withElection(Duration.ofMillis(600), Duration.ofMillis(1200));

    Limits limits = LIMITS;
    Map<String, Optional<Settings.Tls>> tls = new LinkedHashMap<>();
    Settings.GrayOwner gray = new Settings.GrayOwner() {
        @Override
        public void gray(GroupName group, String reason) {
            // Tests that look for it inject their own.
        }

        @Override
        public void halt(GroupName group, String reason) {
            // As above.
        }
    };

    /// Reaches another node's snapshot by a plain call.
    SnapshotSource source = new SnapshotSource() {
        @Override
        public byte[] manifest(MemberId from, GroupName group) throws IOException {
            return nodes.get(from.node()).host.snapshotManifest(group);
        }

        @Override
        public InputStream file(MemberId from, GroupName group, long index, String name, long offset)
                throws IOException {
            return nodes.get(from.node()).host.snapshotFile(group, index, name, offset);
        }
    };

    TestCluster(Path root) {
        this.root = root;
    }

    Node add(String name) throws IOException {
        tls.putIfAbsent(name, Optional.empty());
        Node node = new Node(name);
        nodes.put(name, node);
        return node;
    }

    /// Nodes n1 to n`count`, the group formed on all.
    TestCluster formed(int count) throws IOException {
        List<Node> made = new ArrayList<>();
        for (int i = 1; i <= count; i++) {
            made.add(add("n" + i));
        }
        List<Member> members = made.stream().map(Node::voter).toList();
        for (Node node : made) {
            node.form(members);
        }
        return this;
    }

    /// Nodes n1, n2 and a witness w1; n1 and n2 come first.
    TestCluster formedWithWitness() throws IOException {
        List<Node> made = List.of(add("n1"), add("n2"), add("w1"));
        node("w1").witness = true;
        List<Member> members = made.stream()
                .map(node -> node.as(Member.Role.VOTER, node.witness ? 0 : 1))
                .toList();
        for (Node node : made) {
            node.form(members);
        }
        return this;
    }

    Node node(String name) {
        return nodes.get(name);
    }

    /// The one node that leads, once there is one.
    Node leader() {
        Node[] found = new Node[1];
        await("a leader", () -> {
            for (Node node : nodes.values()) {
                if (node.leads()) {
                    found[0] = node;
                    return true;
                }
            }
            return false;
        });
        return found[0];
    }

    List<Node> others(Node than) {
        return nodes.values().stream().filter(node -> node != than).toList();
    }

    /// Waits for something that no event announces.
    static void await(String what, BooleanSupplier condition) {
        long end = System.nanoTime() + PATIENCE.toNanos();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() > end) {
                throw new AssertionError("in vain: " + what);
            }
            LockSupport.parkNanos(2_000_000);
        }
    }

    /// Ends all hosts at the same time: each waits a while for its peers.
    @Override
    public void close() {
        List<Thread> closing = new ArrayList<>();
        for (Node node : nodes.values()) {
            if (node.ledger != null) {
                node.ledger.unblock.countDown();
            }
            closing.add(Thread.ofPlatform().name("close-" + node).start(node.host::close));
        }
        try {
            for (Thread thread : closing) {
                thread.join();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
