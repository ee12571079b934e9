package org.posthouse.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.SortedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/// The node lease, both sides: stories step by step, then many seeds of owners that change, nodes and
/// coordinators that freeze, and answers that come late.
class LeaseTest {
    private static final ResourceTypeFacts ADDRESS =
            new ResourceTypeFacts("address", "An address.", false, true, List.of());

    private ClusterImage image = withAddress();
    private long openIndex;

    private static ClusterImage withAddress() {
        ClusterImage image = Plans.created(3, 1);
        for (String node : image.nodes().keySet()) {
            image = decided(image, new Command.DeclareTypes(node, List.of(ResourceTypeFacts.STORAGE_GROUP, ADDRESS)));
        }
        return decided(
                image, new Command.CreateResource("vs1", "ip", "address", new TreeMap<>(), List.of("storage"), true));
    }

    private static ClusterImage decided(ClusterImage image, Command command) {
        Decision decision = Coordinator.decide(image, command, 0);
        assertThat(decision.reply().accepted()).as(decision.reply().message()).isTrue();
        return image.apply(new Change(image.version(), 0, decision.events())).image();
    }

    /// A node with the virtual server open or not, and the lease as it sees it.
    private static final class ModelNode {
        final String name;
        final NodeLease lease = new NodeLease();
        Optional<OpenEpoch> open = Optional.empty();
        boolean using;
        boolean frozen;
        long usableUntil; // as what is outside the process, and does not freeze with it, was last told
        long process = 1;

        ModelNode(String name) {
            this.name = name;
        }

        /// Looks after what needs the lease, as the agent does.
        void look(long now) {
            long left = lease.left("vs1", now);
            using = open.isPresent() && left > 0;
            usableUntil = now + left;
            if (open.isEmpty()) {
                lease.giveBack("vs1");
            }
        }

        boolean uses(long now) {
            return using && (!frozen || now < usableUntil);
        }

        Facts.Heartbeat say(long now) {
            SortedMap<String, OpenEpoch> opened = new TreeMap<>();
            open.ifPresent(epoch -> opened.put("vs1", epoch));
            SortedMap<String, Facts.Membership> groups = new TreeMap<>();
            groups.put("vs1", new Facts.Membership(1, false, open, 0, 0, 0, List.of(), false, new TreeMap<>()));
            return new Facts.Heartbeat(name, 1, process, 0, groups, 2, lease.say(opened, now));
        }
    }

    private void open(ModelNode node) {
        OpenEpoch epoch = new OpenEpoch(1, ++openIndex);
        node.open = Optional.of(epoch);
        image = image.apply(new Change(
                        image.version(), 0, List.of(new Event.OpenRecorded("vs1", node.name, epoch, image.version()))))
                .image();
    }

    /// One heartbeat and its answer, without delay.
    private void beat(LeaseBook book, ModelNode node, long now) {
        node.look(now);
        node.lease.answered(book.answer(image, node.say(now), now));
        node.look(now);
    }

    // ---- stories

    @Test
    void aNewCoordinatorWaitsForFiveSecondsWithWhomItDoesNotKnow() {
        ModelNode n1 = new ModelNode("n1");
        open(n1);
        LeaseBook book = new LeaseBook(1_000);
        beat(book, n1, 1_000);
        beat(book, n1, 5_999);
        assertThat(n1.using).isFalse();
        beat(book, n1, 6_000);
        assertThat(n1.using).isTrue();
        assertThat(n1.lease.left("vs1", 6_000)).isEqualTo(NodeLease.HELD_MILLIS);
    }

    @Test
    void aNewCoordinatorGoesOnAtOnceWithTheHolder() {
        ModelNode n1 = holder(new LeaseBook(0), 5_000);
        LeaseBook next = new LeaseBook(7_000);
        beat(next, n1, 7_000);
        assertThat(n1.lease.left("vs1", 7_000)).isEqualTo(NodeLease.HELD_MILLIS);
    }

    @Test
    void whoOpenedAgainIsNoHolderForANewCoordinator() {
        ModelNode n1 = holder(new LeaseBook(0), 5_000);
        open(n1); // Another may have been owner, and holder, in between.
        LeaseBook next = new LeaseBook(7_000);
        beat(next, n1, 7_000);
        assertThat(n1.lease.left("vs1", 7_000)).isEqualTo(2_000);
        beat(next, n1, 12_000);
        assertThat(n1.using).isTrue();
    }

    @Test
    void theHolderLosesItAfterFourSecondsOfSilence() {
        ModelNode n1 = holder(new LeaseBook(0), 5_000);
        n1.look(8_999);
        assertThat(n1.using).isTrue();
        n1.look(9_000);
        assertThat(n1.using).isFalse();
    }

    @Test
    void theNextOwnerWaitsForTheFrozenOne() {
        LeaseBook book = new LeaseBook(0);
        ModelNode n1 = holder(book, 5_000);
        n1.frozen = true;
        ModelNode n2 = new ModelNode("n2");
        open(n2);
        beat(book, n2, 9_999);
        assertThat(n2.using).isFalse();
        beat(book, n2, 10_000);
        assertThat(n2.using).isTrue();

        // It wakes, still believing that it owns the virtual server.
        n1.frozen = false;
        n1.look(10_100);
        assertThat(n1.using).isFalse();
        beat(book, n1, 10_100);
        assertThat(n1.using).isFalse();
    }

    @Test
    void theNextOwnerNeedNotWaitForOneThatSaidItHasNothingOnline() {
        LeaseBook book = new LeaseBook(0);
        ModelNode n1 = holder(book, 5_000);
        n1.open = Optional.empty();
        ModelNode n2 = new ModelNode("n2");
        open(n2);
        beat(book, n2, 5_100);
        assertThat(n2.using).as("n1 has said nothing yet").isFalse();
        beat(book, n1, 5_200);
        beat(book, n2, 5_200);
        assertThat(n2.using).isTrue();
    }

    @Test
    void anAnswerThatComesAfterItWasGivenBackGrantsNothing() {
        LeaseBook book = new LeaseBook(0);
        ModelNode n1 = holder(book, 5_000);
        LeaseAnswer late = book.answer(image, n1.say(5_100), 5_100);
        n1.open = Optional.empty();
        n1.look(5_200);
        var unused = n1.say(5_200);
        n1.lease.answered(late);
        assertThat(n1.lease.left("vs1", 5_200)).isZero();
    }

    @Test
    void whatAnotherProcessOfTheHolderSaysFreesNothing() {
        LeaseBook book = new LeaseBook(0);
        holder(book, 5_000); // Killed; what it had may outlive it by a moment.
        ModelNode again = new ModelNode("n1");
        again.process = 2;
        beat(book, again, 5_100);
        ModelNode n2 = new ModelNode("n2");
        open(n2);
        beat(book, n2, 5_200);
        assertThat(n2.using).isFalse();
    }

    private ModelNode holder(LeaseBook book, long now) {
        ModelNode n1 = new ModelNode("n1");
        open(n1);
        beat(book, n1, now);
        assertThat(n1.using).isTrue();
        return n1;
    }

    // ---- seeds

    @Test
    void atMostOneNodeUsesItAndTheOwnerDoesInTheEnd() {
        for (long seed = 0; seed < 300; seed++) {
            image = withAddress();
            new Run(seed).play();
        }
    }

    /// Something on its way.
    private record Late(long at, Runnable arrives) {}

    private final class Run {
        private final long seed;
        private final Random random;
        private final List<ModelNode> nodes = List.of(new ModelNode("n1"), new ModelNode("n2"), new ModelNode("n3"));
        private final SortedMap<String, Facts.Heartbeat> heard = new TreeMap<>();
        private final List<Late> underWay = new ArrayList<>();
        private LeaseBook book = new LeaseBook(0);
        private long coordinatorFrozenUntil;
        private long now;

        Run(long seed) {
            this.seed = seed;
            this.random = new Random(seed);
        }

        void play() {
            open(nodes.getFirst());
            for (; now < 60_000; now += 50) {
                if (now < 45_000) {
                    disturb();
                }
                step();
            }
            for (ModelNode node : nodes) {
                boolean owner =
                        image.virtualServers().get("vs1").permission().owner().equals(node.name);
                assertThat(node.uses(now)).as("seed %d, %s", seed, node.name).isEqualTo(owner);
            }
        }

        private void disturb() {
            ModelNode one = nodes.get(random.nextInt(nodes.size()));
            switch (random.nextInt(100)) {
                case 0 -> one.frozen = true;
                case 1, 2 -> one.frozen = false;
                case 3 -> {
                    // The one before it may not know yet, or be frozen.
                    if (!one.frozen) {
                        open(one);
                    }
                }
                case 4 -> coordinatorFrozenUntil = now + random.nextInt(3_000);
                case 5 -> {
                    book = new LeaseBook(now);
                    heard.clear();
                    coordinatorFrozenUntil = 0;
                }
                default -> {}
            }
        }

        private void step() {
            if (now == 45_000) {
                nodes.forEach(node -> node.frozen = false);
            }
            for (ModelNode node : nodes) {
                if (!node.frozen) {
                    String owner =
                            image.virtualServers().get("vs1").permission().owner();
                    if (!owner.equals(node.name) && random.nextInt(10) == 0) {
                        node.open = Optional.empty(); // It has heard of its successor.
                    }
                    node.look(now);
                    if (random.nextInt(3) == 0) {
                        Facts.Heartbeat word = node.say(now);
                        send(() -> heard.merge(node.name, word, Run::newer));
                    }
                }
            }
            if (now >= coordinatorFrozenUntil) {
                heard.values().forEach(word -> {
                    LeaseAnswer answer = book.answer(image, word, now);
                    send(() -> awake(word.node()).ifPresent(node -> node.lease.answered(answer)));
                });
                heard.clear();
            }
            for (Late late : List.copyOf(underWay)) {
                if (late.at() <= now) {
                    underWay.remove(late);
                    late.arrives().run();
                }
            }
            long using = nodes.stream().filter(node -> node.uses(now)).count();
            assertThat(using).as("users at %d ms of seed %d", now, seed).isLessThanOrEqualTo(1);
        }

        private Optional<ModelNode> awake(String name) {
            return nodes.stream()
                    .filter(node -> node.name.equals(name) && !node.frozen)
                    .findFirst();
        }

        private static Facts.Heartbeat newer(Facts.Heartbeat one, Facts.Heartbeat other) {
            return one.lease().saidAt() > other.lease().saidAt() ? one : other;
        }

        private void send(Runnable arrives) {
            underWay.add(new Late(now + random.nextInt(400), arrives));
        }
    }
}
