package org.posthouse.agent;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.posthouse.cluster.Change;
import org.posthouse.cluster.ClusterImage;
import org.posthouse.cluster.Command;
import org.posthouse.cluster.Coordinator;
import org.posthouse.cluster.Decision;
import org.posthouse.cluster.Event;
import org.posthouse.cluster.FirstPlan;
import org.posthouse.cluster.GroupState;
import org.posthouse.cluster.ResourceState;
import org.posthouse.cluster.ResourceType;
import org.posthouse.cluster.ResourceTypeFacts;
import org.posthouse.cluster.VirtualServer;

/// Resources that come online, fail, hang and are restarted, on a clock that the test moves.
@Timeout(60)
class ServicesTest {
    private final AtomicLong now = new AtomicLong(1_000);
    private final AtomicInteger working = new AtomicInteger();
    private final AtomicInteger hanging = new AtomicInteger();
    private final AtomicLong lease = new AtomicLong();
    private final List<String> halts = new CopyOnWriteArrayList<>();
    private final Services services =
            new Services("vs1", this::start, new Services.Patience(10_000, 10_000), now::get, halts::add);
    private final Map<String, Fake> fakes = new ConcurrentHashMap<>();
    private final List<String> happened = new CopyOnWriteArrayList<>();
    private ClusterImage image = image();
    private boolean refusesToOpen;
    private boolean needsLease;

    /// A resource that does as it is told.
    private final class Fake implements ResourceType.Resource {
        final String name;
        volatile boolean alive = true;
        volatile boolean refuses;
        volatile CountDownLatch hangs;
        volatile CountDownLatch checksHang;
        volatile ServiceContext.Progress progress;

        Fake(String name) {
            this.name = name;
        }

        private void hang(CountDownLatch latch) {
            if (latch == null) {
                return;
            }
            hanging.incrementAndGet();
            try {
                latch.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            } finally {
                hanging.decrementAndGet();
            }
        }

        @Override
        public void online() {
            happened.add(name + " online");
            hang(hangs);
            if (refuses) {
                throw new IllegalStateException("told to fail");
            }
        }

        @Override
        public void offline() {
            happened.add(name + " offline");
            hang(hangs);
        }

        @Override
        public void terminate() {
            happened.add(name + " terminated");
        }

        @Override
        public boolean looksAlive() {
            return alive;
        }

        @Override
        public boolean isAlive() {
            hang(checksHang == null ? hangs : checksHang);
            return alive;
        }

        @Override
        public void close() {
            happened.add(name + " closed");
        }
    }

    private static ClusterImage image() {
        List<FirstPlan.PlannedResource> resources = List.of(
                new FirstPlan.PlannedResource("storage", "storage-group", new TreeMap<>(), List.of()),
                new FirstPlan.PlannedResource("imap", "fake", new TreeMap<>(Map.of("as", "imap")), List.of("storage")),
                new FirstPlan.PlannedResource("smtp", "fake", new TreeMap<>(Map.of("as", "smtp")), List.of("imap")));
        ClusterImage planned = new FirstPlan(
                        "00c0ffee",
                        "test",
                        List.of(new FirstPlan.PlannedNode("n1", "127.0.0.1", 1, 2, "")),
                        List.of(new FirstPlan.PlannedServer("vs1", resources)),
                        List.of())
                .image(0);
        ClusterImage created = decided(ClusterImage.EMPTY, new Command.CreateCluster(planned));
        return decided(
                created, new Command.DeclareTypes("n1", List.of(ResourceTypeFacts.STORAGE_GROUP, factsOf(false))));
    }

    private static ResourceTypeFacts factsOf(boolean needsLease) {
        return new ResourceTypeFacts(
                "fake",
                "Does as it is told.",
                false,
                needsLease,
                List.of(ResourceTypeFacts.Property.required("as", "which one", ".+")));
    }

    private VirtualServer server() {
        return image.virtualServers().get("vs1");
    }

    private static ClusterImage decided(ClusterImage image, Command command) {
        Decision decision = Coordinator.decide(image, command, 0);
        assertThat(decision.reply().accepted()).as(decision.reply().message()).isTrue();
        return image.apply(new Change(image.version(), 0, decision.events())).image();
    }

    private void decide(Command command) {
        image = decided(image, command);
        follow();
    }

    private void follow() {
        services.follow(
                server(),
                new ResourceOpener(
                        "vs1", "n1", new LocalStore("vs1"), List.of(new Type()), lease::get, new Upkeep(), List::of));
    }

    private final class Type implements ResourceType<ServiceContext> {
        @Override
        public ResourceTypeFacts facts() {
            return factsOf(needsLease);
        }

        @Override
        public Resource open(ServiceContext context) {
            if (refusesToOpen) {
                throw new IllegalStateException("told not to open");
            }
            Fake fake = fakes.computeIfAbsent(context.properties().get("as"), Fake::new);
            fake.progress = context.progress();
            return fake;
        }
    }

    private void open() throws InterruptedException {
        follow();
        CountDownLatch settled = new CountDownLatch(1);
        services.gate(true, settled::countDown);
        assertThat(settled.await(10, TimeUnit.SECONDS)).isTrue();
    }

    private void await(String what, BooleanSupplier condition) {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime() < end)
                    .as("in vain: " + what + "; " + states() + happened)
                    .isTrue();
            LockSupport.parkNanos(1_000_000);
        }
    }

    private void start(String name, Runnable work) {
        working.incrementAndGet();
        Services.Threads.VIRTUAL.start(name, () -> {
            try {
                work.run();
            } finally {
                working.decrementAndGet();
            }
        });
    }

    /// Time passes, second by second, as the agent's timer sees it; whatever does not hang is done within each.
    private void pass(long seconds) {
        for (int i = 0; i < seconds; i++) {
            now.addAndGet(1_000);
            services.tick();
            await("all done but what hangs", () -> working.get() == hanging.get());
        }
    }

    private Map<String, ResourceState> states() {
        return services.states();
    }

    private void awaitState(String resource, ResourceState state) {
        await(resource + " " + state, () -> states().get(resource) == state);
    }

    @AfterEach
    void end() {
        fakes.values().forEach(fake -> {
            CountDownLatch hanging = fake.hangs;
            fake.hangs = null;
            if (hanging != null) {
                hanging.countDown();
            }
        });
        services.close();
    }

    @Test
    void goUpAndDownInTheOrderOfTheirDependencies() throws InterruptedException {
        open();
        assertThat(states().values()).containsOnly(ResourceState.ONLINE);
        CountDownLatch settled = new CountDownLatch(1);
        services.gate(false, settled::countDown);
        assertThat(settled.await(10, TimeUnit.SECONDS)).isTrue();
        assertThat(states().values()).containsOnly(ResourceState.OFFLINE);
        assertThat(happened).containsExactly("imap online", "smtp online", "smtp offline", "imap offline");
    }

    @Test
    void whatIsTakenOfflineComesBackWhenItIsWanted() throws InterruptedException {
        open();
        decide(new Command.SetResourceWanted("vs1", "smtp", false));
        awaitState("smtp", ResourceState.OFFLINE);
        assertThat(states().get("imap")).isEqualTo(ResourceState.ONLINE);
        decide(new Command.SetResourceWanted("vs1", "smtp", true));
        awaitState("smtp", ResourceState.ONLINE);
        decide(new Command.SetGroupWanted("vs1", false));
        awaitState("storage", ResourceState.OFFLINE);
    }

    @Test
    void aDeadOneIsRestartedThreeTimesThenGivenUpThenTriedAgain() throws InterruptedException {
        open();
        Fake imap = fakes.get("imap");
        imap.alive = false;
        for (int restart = 1; restart <= 3; restart++) {
            int expected = restart + 1;
            await("restart " + restart, () -> {
                pass(1);
                return happened.stream().filter("imap online"::equals).count() == expected;
            });
            awaitState("imap", ResourceState.ONLINE);
        }
        await("given up", () -> {
            pass(1);
            return states().get("imap") == ResourceState.FAILED;
        });
        awaitState("smtp", ResourceState.OFFLINE); // It depends on it.
        await("terminated", () -> happened.contains("imap terminated"));
        imap.alive = true;
        pass(3_590);
        assertThat(states().get("imap")).isEqualTo(ResourceState.FAILED);
        pass(20);
        awaitState("imap", ResourceState.ONLINE);
        awaitState("smtp", ResourceState.ONLINE);
    }

    @Test
    void oneThatCannotComeOnlineFails() throws InterruptedException {
        follow();
        fakes.get("imap").refuses = true;
        services.gate(true, () -> {});
        await("given up", () -> {
            pass(1);
            return states().get("imap") == ResourceState.FAILED;
        });
        assertThat(happened).doesNotContain("smtp online");
        // Elsewhere, or in the next epoch here, it has a new chance.
        fakes.get("imap").refuses = false;
        services.gate(false, () -> {});
        services.gate(true, () -> {});
        awaitState("smtp", ResourceState.ONLINE);
    }

    @Test
    void aCheckThatHangsIsAFailure() throws InterruptedException {
        open();
        Fake smtp = fakes.get("smtp");
        smtp.hangs = new CountDownLatch(1);
        await("restart", () -> {
            pass(1);
            return states().get("smtp") == ResourceState.ONLINE_PENDING;
        });
        assertThat(states().get("imap")).isEqualTo(ResourceState.ONLINE);
        smtp.hangs.countDown();
        smtp.hangs = null;
        await("online again", () -> {
            pass(1);
            return states().get("smtp") == ResourceState.ONLINE;
        });
    }

    @Test
    void aCheckThatWasUnderWayWhenItWentOfflineIsNotHeldAgainstIt() throws InterruptedException {
        open();
        Fake smtp = fakes.get("smtp");
        CountDownLatch stopped = new CountDownLatch(1);
        smtp.checksHang = stopped;
        pass(61); // A thorough check is due, and hangs.
        assertThat(hanging.get()).isEqualTo(1);
        decide(new Command.SetResourceWanted("vs1", "smtp", false));
        awaitState("smtp", ResourceState.OFFLINE);
        smtp.checksHang = null;
        pass(30);
        decide(new Command.SetResourceWanted("vs1", "smtp", true));
        awaitState("smtp", ResourceState.ONLINE);
        pass(1);
        assertThat(states().get("smtp")).isEqualTo(ResourceState.ONLINE);
        assertThat(happened).doesNotContain("smtp terminated");
        stopped.countDown();
    }

    @Test
    void oneThatCannotBeOpenedFailsAndIsOpenedAgainLater() throws InterruptedException {
        refusesToOpen = true;
        follow();
        assertThat(states()).containsEntry("imap", ResourceState.FAILED);
        refusesToOpen = false;
        follow();
        assertThat(states()).as("too soon").containsEntry("imap", ResourceState.FAILED);
        now.addAndGet(30_000);
        open();
        assertThat(states().values()).containsOnly(ResourceState.ONLINE);
    }

    @Test
    void oneThatDoesNotComeOnlineOrOfflineInTimeHoldsUpNobody() throws InterruptedException {
        follow();
        Fake imap = fakes.get("imap");
        CountDownLatch stopped = new CountDownLatch(1);
        imap.hangs = stopped;
        services.gate(true, () -> {});
        await("being brought online", () -> happened.contains("imap online"));
        pass(179);
        assertThat(states().get("imap")).isEqualTo(ResourceState.ONLINE_PENDING);
        imap.hangs = null;
        pass(5);
        await("restarted", () -> happened.stream().filter("imap online"::equals).count() == 2);
        awaitState("smtp", ResourceState.ONLINE);
        stopped.countDown(); // What was given up comes back late, and changes nothing.

        imap.hangs = new CountDownLatch(1);
        services.gate(false, () -> {});
        await("being taken offline", () -> happened.contains("imap offline"));
        pass(11);
        awaitState("imap", ResourceState.OFFLINE);
        await("terminated", () -> happened.contains("imap terminated"));
    }

    @Test
    void anOperatorCanHaveOneFail() throws InterruptedException {
        open();
        image = image.apply(new Change(
                        image.version(),
                        0,
                        List.of(new Event.StateChanged("vs1", GroupState.ONLINE, "", services.states()))))
                .image();
        decide(new Command.FailResource("vs1", "smtp"));
        assertThat(states().get("smtp")).isEqualTo(ResourceState.ONLINE_PENDING);
        await("restarted", () -> {
            pass(1);
            return states().get("smtp") == ResourceState.ONLINE;
        });
        follow();
        pass(2);
        assertThat(states().get("smtp")).as("obeyed once").isEqualTo(ResourceState.ONLINE);
    }

    // ---- resources that come, change and go

    private void created(String name, Map<String, String> properties) {
        decide(new Command.CreateResource("vs1", name, "fake", new TreeMap<>(properties), List.of("storage"), true));
    }

    @Test
    void oneThatIsCreatedComesOnlineAndOneThatIsDeletedIsTakenOfflineAndClosed() throws InterruptedException {
        open();
        created("web", Map.of("as", "web"));
        awaitState("web", ResourceState.ONLINE);
        decide(new Command.DeleteResource("vs1", "web"));
        await("closed", () -> happened.contains("web closed"));
        assertThat(happened).containsSubsequence("web online", "web offline", "web closed");
        assertThat(states()).doesNotContainKey("web");
        assertThat(states().get("imap")).isEqualTo(ResourceState.ONLINE);
        created("web", Map.of("as", "other"));
        awaitState("web", ResourceState.ONLINE);
        assertThat(happened).contains("other online");
    }

    @Test
    void oneThatGetsAnotherNameGoesOn() throws InterruptedException {
        open();
        created("web", Map.of("as", "web"));
        awaitState("web", ResourceState.ONLINE);
        decide(new Command.RenameResource("vs1", "web", "pages"));
        assertThat(states()).containsEntry("pages", ResourceState.ONLINE).doesNotContainKey("web");
        decide(new Command.RenameResource("vs1", "storage", "disk"));
        assertThat(states()).containsEntry("pages", ResourceState.ONLINE).containsEntry("disk", ResourceState.ONLINE);
        assertThat(happened).contains("web online").doesNotContain("web offline", "web closed");
    }

    @Test
    void anotherOneOfTheSameNameWaitsUntilTheFirstIsClosed() throws InterruptedException {
        open();
        created("web", Map.of("as", "web"));
        awaitState("web", ResourceState.ONLINE);
        Fake first = fakes.get("web");
        CountDownLatch stopped = new CountDownLatch(1);
        first.hangs = stopped;
        image = decided(image, new Command.DeleteResource("vs1", "web"));
        created("web", Map.of("as", "other"));
        await("it goes offline", () -> happened.contains("web offline"));
        pass(2);
        assertThat(fakes).doesNotContainKey("other");
        first.hangs = null;
        stopped.countDown();
        await("the other one", () -> {
            pass(1);
            return states().get("web") == ResourceState.ONLINE;
        });
        assertThat(happened).containsSubsequence("web closed", "other online");
    }

    @Test
    void whatIsSetTakesEffectWhenItIsNextBroughtOnline() throws InterruptedException {
        open();
        created("web", Map.of("as", "web"));
        awaitState("web", ResourceState.ONLINE);
        decide(new Command.SetResourceProperty("vs1", "web", "as", "changed"));
        pass(2);
        assertThat(happened).doesNotContain("changed online");
        decide(new Command.SetResourceWanted("vs1", "web", false));
        awaitState("web", ResourceState.OFFLINE);
        decide(new Command.SetResourceWanted("vs1", "web", true));
        awaitState("web", ResourceState.ONLINE);
        assertThat(happened).containsSubsequence("web offline", "web closed", "changed online");
    }

    @Test
    void oneIsNotBroughtOnlineOnANodeThatIsNoPossibleOwner() throws InterruptedException {
        open();
        created("web", Map.of("as", "web"));
        awaitState("web", ResourceState.ONLINE);
        VirtualServer.Resource web = server().resources().get("web");
        var elsewhere = new VirtualServer.Resource(
                web.name(),
                web.type(),
                web.properties(),
                web.dependsOn(),
                true,
                web.policy(),
                0,
                web.state(),
                List.of("n2"),
                web.made());
        image = image.apply(new Change(
                        image.version(), 0, List.of(new Event.ResourcePut("vs1", elsewhere, "only n2 may own it"))))
                .image();
        follow();
        awaitState("web", ResourceState.OFFLINE);
    }

    // ---- progress and deadlocks

    @Test
    void whoReportsProgressHasTime() throws InterruptedException {
        follow();
        Fake imap = fakes.get("imap");
        imap.hangs = new CountDownLatch(1);
        services.gate(true, () -> {});
        await("being brought online", () -> happened.contains("imap online"));
        for (int i = 0; i < 3; i++) {
            pass(170);
            assertThat(states().get("imap")).isEqualTo(ResourceState.ONLINE_PENDING);
            assertThat(happened).doesNotContain("imap terminated");
            imap.progress.report("step " + i);
        }
        CountDownLatch stopped = imap.hangs;
        imap.hangs = null;
        pass(185);
        await("restarted", () -> happened.stream().filter("imap online"::equals).count() == 2);
        assertThat(halts).isEmpty();
        stopped.countDown();
    }

    @Test
    void aStepThatNeverComesBackEndsTheProcess() throws InterruptedException {
        follow();
        Fake imap = fakes.get("imap");
        CountDownLatch never = new CountDownLatch(1);
        imap.hangs = never;
        services.gate(true, () -> {});
        await("being brought online", () -> happened.contains("imap online"));
        imap.hangs = null;
        pass(299);
        assertThat(halts).isEmpty();
        pass(5);
        assertThat(halts).singleElement().asString().contains("imap has not come back from coming online for 30");
        never.countDown();
    }

    // ---- the node lease

    @Test
    void whatNeedsTheLeaseIsOnlineOnlyWithIt() throws InterruptedException {
        needsLease = true;
        open();
        assertThat(states())
                .containsEntry("storage", ResourceState.ONLINE)
                .containsEntry("imap", ResourceState.OFFLINE);
        AtomicInteger givenBack = new AtomicInteger();
        lease.set(4_000);
        services.lease(givenBack::incrementAndGet);
        awaitState("smtp", ResourceState.ONLINE);
        lease.set(0);
        services.lease(givenBack::incrementAndGet);
        awaitState("imap", ResourceState.OFFLINE);
        assertThat(states()).containsEntry("storage", ResourceState.ONLINE);
        assertThat(givenBack).as("open here").hasValue(0);
        services.gate(false, () -> {});
        services.lease(givenBack::incrementAndGet);
        assertThat(givenBack).hasValue(1);
    }

    @Test
    void theLeaseIsNotGivenBackWhileAnythingIsAtWork() throws InterruptedException {
        needsLease = true;
        lease.set(4_000);
        open();
        Fake smtp = fakes.get("smtp");
        CountDownLatch stopped = new CountDownLatch(1);
        smtp.hangs = stopped;
        services.gate(false, () -> {});
        await("going offline", () -> happened.contains("smtp offline"));
        AtomicInteger givenBack = new AtomicInteger();
        services.lease(givenBack::incrementAndGet);
        assertThat(givenBack).hasValue(0);
        pass(12); // Given up, and still at work.
        services.lease(givenBack::incrementAndGet);
        assertThat(givenBack).hasValue(0);
        smtp.hangs = null;
        stopped.countDown();
        await("given back", () -> {
            services.lease(givenBack::incrementAndGet);
            return givenBack.get() > 0;
        });
    }
}
