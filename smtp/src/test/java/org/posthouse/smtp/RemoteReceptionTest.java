package org.posthouse.smtp;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.posthouse.mailstore.Action;
import org.posthouse.mailstore.NewBody;
import org.posthouse.mailstore.StoreException;
import org.posthouse.smtp.PipeLink.Fault;
import org.posthouse.smtp.Reception.RecipientAnswer;
import org.posthouse.wire.Link;
import org.posthouse.wire.Sasl.Credentials;
import org.posthouse.wire.ScramSalt;
import org.posthouse.wire.Secret;

/// A front end's reception, with links and owners that fail in every way there is: one message, one delivery.
@Timeout(60)
class RemoteReceptionTest {
    private static final Duration LONG = Duration.ofSeconds(30);
    private static final Duration SHORT = Duration.ofMillis(5);
    private static final RemoteReception.Patience PATIENT =
            new RemoteReception.Patience(LONG, LONG, LONG, SHORT, SHORT);
    private static final RemoteReception.Patience HASTY = new RemoteReception.Patience(
            Duration.ofMillis(60), Duration.ofMillis(60), Duration.ofMillis(30), SHORT, SHORT);

    private final FakeStore store = new FakeStore();
    private final FakeOwners owners = new FakeOwners();
    private long quota;
    private PipeLink n1;
    private PipeLink n2;
    private SpoolSpace space;

    @TempDir
    Path folder;

    @BeforeEach
    void begin() throws IOException {
        DeliverService service =
                new DeliverService(name -> name.equals("vs1") ? Optional.of(store) : Optional.empty(), _ -> quota);
        n1 = new PipeLink("node:n1", service);
        n2 = new PipeLink("node:n2", service);
        space = new SpoolSpace(folder, new SpoolSpace.Limits(100_000, 150_000, 5_000_000));
        owners.now(n1);
    }

    private static final class FakeOwners implements Owners {
        private final List<Runnable> watchers = new CopyOnWriteArrayList<>();
        private final Semaphore watching = new Semaphore(0);
        private volatile Optional<Link> owner = Optional.empty();

        void now(Link link) {
            owner = Optional.ofNullable(link);
            watchers.forEach(Runnable::run);
        }

        void awaitWatchers(int count) throws InterruptedException {
            if (!watching.tryAcquire(count, 10, TimeUnit.SECONDS)) {
                throw new AssertionError("nobody waits for an owner");
            }
        }

        @Override
        public Optional<Link> owner(String virtualServer) {
            return owner;
        }

        @Override
        public Watch watch(String virtualServer, Runnable changed) {
            watchers.add(changed);
            watching.release();
            return () -> watchers.remove(changed);
        }
    }

    /// On a thread of its own: the common pool may have but one.
    private static <T> CompletableFuture<T> async(Supplier<T> task) {
        return CompletableFuture.supplyAsync(task, run -> Thread.ofVirtual().start(run));
    }

    private RemoteReception reception(RemoteReception.Patience patience) {
        AddressBook addresses = new AddressBook() {
            @Override
            public Place locate(String address) throws IOException {
                return switch (address) {
                    case "ann@example.org" -> new Place.Local("vs1", List.of("ann@example.org"));
                    case "cid@example.org" -> new Place.Local("vs2", List.of("cid@example.org"));
                    case "later@example.org" -> throw new IOException("no node");
                    default -> new Place.Nowhere(Answer.UNKNOWN_USER);
                };
            }

            @Override
            public Optional<Known> verify(Credentials credentials) throws IOException {
                if (credentials.user().equals("later")) {
                    throw new IOException("no node");
                }
                return credentials.secret().text().equals("secret")
                        ? Optional.of(new Known(credentials.user(), ""))
                        : Optional.empty();
            }

            @Override
            public ScramSalt salt(String user) {
                return new ScramSalt("c2FsdA==", 4096);
            }
        };
        return new RemoteReception(addresses, owners, space, patience);
    }

    private static Envelope envelope(String id) {
        return new Envelope(
                id,
                "out@client.example",
                List.of(new Envelope.Recipient("ann@example.org", "vs1", List.of("ann@example.org"))),
                OffsetDateTime.parse("2026-11-22T10:15:30+01:00"));
    }

    private static Answer deliver(Reception reception, String id, int bytes) throws Reception.RefusedException {
        byte[] block = "0123456789".repeat(100).getBytes(UTF_8);
        try (MessageSink sink = reception.begin(envelope(id))) {
            for (int left = bytes; left > 0; left -= block.length) {
                sink.write(block, 0, Math.min(left, block.length));
            }
            return sink.finish();
        }
    }

    private void expectOnce(String id, int bytes) {
        List<Action.Deliver> all = store.all();
        assertThat(all).hasSize(1);
        Action.Deliver delivery = all.getFirst();
        assertThat(delivery.deliveryId()).isEqualTo(id);
        assertThat(delivery.targets()).hasSize(1);
        assertThat(delivery.targets().getFirst().user()).isEqualTo("ann@example.org");
        assertThat(delivery.targets().getFirst().mailbox()).isEqualTo("INBOX");
        assertThat(delivery.stamp()).isEqualTo(new Action.Stamp(1795338930L, 60));
        String text = new String(((NewBody.Inline) delivery.body()).bytes(), UTF_8);
        assertThat(text).isEqualTo("0123456789".repeat(bytes / 10));
        assertThat(space.used()).isZero();
        assertThat(folder).isEmptyDirectory();
        assertThat(owners.watchers).isEmpty();
    }

    static Stream<List<Fault>> faults() {
        return Stream.of(
                List.of(),
                List.of(new Fault.Down()),
                List.of(new Fault.CutSending(0)),
                List.of(new Fault.CutSending(20)),
                List.of(new Fault.CutSending(5_000)),
                List.of(new Fault.CutAnswer()),
                List.of(new Fault.CutAnswer(), new Fault.CutAnswer(), new Fault.Down(), new Fault.CutSending(100)));
    }

    @ParameterizedTest
    @MethodSource("faults")
    void whateverFailsOnTheWayItIsDeliveredOnce(List<Fault> plan) throws Exception {
        for (int bytes : new int[] {10_000, 300_000}) {
            store.deliveries.clear();
            n1.faults.addAll(plan);
            assertThat(deliver(reception(PATIENT), "d" + bytes, bytes).line())
                    .isEqualTo("250 2.0.0 delivered as d" + bytes);
            expectOnce("d" + bytes, bytes);
        }
    }

    @ParameterizedTest
    @MethodSource("fates")
    void whateverTheOwnerCannotSayItIsDeliveredOnce(List<FakeStore.Fate> fates) throws Exception {
        store.fates.addAll(fates);
        assertThat(deliver(reception(PATIENT), "d1", 10_000).code()).isEqualTo(250);
        assertThat(store.executed.get()).isEqualTo(fates.size() + 1);
        expectOnce("d1", 10_000);
    }

    static Stream<List<FakeStore.Fate>> fates() {
        return Stream.of(
                List.of(FakeStore.Fate.COMMITTED_UNKNOWN),
                List.of(FakeStore.Fate.LOST_UNKNOWN),
                List.of(FakeStore.Fate.NOT_OPEN),
                List.of(
                        FakeStore.Fate.LOST_UNKNOWN,
                        FakeStore.Fate.COMMITTED_UNKNOWN,
                        FakeStore.Fate.NOT_OPEN,
                        FakeStore.Fate.COMMITTED_UNKNOWN));
    }

    @Test
    void aFrozenOwnerIsLeftAsSoonAsThereIsAnother() throws Exception {
        for (int bytes : new int[] {1_000, 300_000}) { // waiting for the answer; waiting to write
            store.deliveries.clear();
            owners.now(n1);
            n1.faults.add(new Fault.Frozen());
            CompletableFuture<Answer> answer = async(() -> {
                try {
                    return deliver(reception(PATIENT), "d" + bytes, bytes);
                } catch (Reception.RefusedException e) {
                    throw new AssertionError(e);
                }
            });
            assertThat(n1.frozen.await(10, TimeUnit.SECONDS)).isTrue();
            owners.now(null); // its loss alone says nothing
            owners.now(n2);
            assertThat(answer.get(10, TimeUnit.SECONDS).code()).isEqualTo(250);
            expectOnce("d" + bytes, bytes);
        }
    }

    @Test
    void aRecipientAskedOfAFrozenOwnerIsAskedOfTheNextAsSoonAsThereIsOne() throws Exception {
        n1.faults.add(new Fault.Frozen());
        // With these it would be asked again after 30 s only.
        var slow = new RemoteReception.Patience(LONG, LONG, LONG, SHORT, Duration.ofMinutes(2));
        CompletableFuture<RecipientAnswer> recipient =
                async(() -> reception(slow).recipient("", "ann@example.org", 0));
        assertThat(n1.frozen.await(10, TimeUnit.SECONDS)).isTrue();
        owners.now(n2);
        assertThat(recipient.get(10, TimeUnit.SECONDS)).isInstanceOf(RecipientAnswer.Accepted.class);
    }

    @Test
    void aMessageWaitsForAnOwner() throws Exception {
        owners.now(null);
        CompletableFuture<RecipientAnswer> recipient =
                async(() -> reception(PATIENT).recipient("", "ann@example.org", 0));
        CompletableFuture<Answer> answer = async(() -> {
            try {
                return deliver(reception(PATIENT), "d1", 1_000);
            } catch (Reception.RefusedException e) {
                throw new AssertionError(e);
            }
        });
        owners.awaitWatchers(2);
        owners.now(n2);
        assertThat(recipient.get(10, TimeUnit.SECONDS)).isInstanceOf(RecipientAnswer.Accepted.class);
        assertThat(answer.get(10, TimeUnit.SECONDS).code()).isEqualTo(250);
        expectOnce("d1", 1_000);
    }

    @Test
    void withoutAnOwnerForTooLongTheSenderIsToldToTryAgain() throws Exception {
        owners.now(null);
        assertThat(reception(HASTY).recipient("", "ann@example.org", 0))
                .isEqualTo(new RecipientAnswer.Refused(Answer.NO_OWNER));
        assertThat(deliver(reception(HASTY), "d1", 1_000)).isEqualTo(Answer.TRY_LATER);
        owners.now(n1);
        for (int i = 0; i < 100; i++) {
            n1.faults.add(new Fault.Frozen());
        }
        assertThat(deliver(reception(HASTY), "d2", 1_000)).isEqualTo(Answer.TRY_LATER);
        assertThat(store.all()).isEmpty();
        assertThat(space.used()).isZero();
    }

    @Test
    void recipients() {
        RemoteReception patient = reception(PATIENT);
        assertThat(patient.recipient("", "nobody@example.org", 0))
                .isEqualTo(new RecipientAnswer.Refused(Answer.UNKNOWN_USER));
        assertThat(patient.recipient("", "later@example.org", 0))
                .isInstanceOfSatisfying(
                        RecipientAnswer.Refused.class,
                        refused -> assertThat(refused.answer().line()).startsWith("451 4.3.0"));
        n1.faults.addAll(List.of(new Fault.Down(), new Fault.CutAnswer(), new Fault.Frozen()));
        assertThat(patient.recipient("", "ann@example.org", 0))
                .isEqualTo(new RecipientAnswer.Accepted("vs1", List.of("ann@example.org")));
        quota = 1_000;
        store.used = 900;
        assertThat(patient.recipient("", "ann@example.org", 100)).isInstanceOf(RecipientAnswer.Accepted.class);
        assertThat(patient.recipient("", "ann@example.org", 101))
                .isEqualTo(new RecipientAnswer.Refused(Answer.OVER_QUOTA));
        store.used = 1_000;
        assertThat(patient.recipient("", "ann@example.org", 0))
                .isEqualTo(new RecipientAnswer.Refused(Answer.OVER_QUOTA));
        // The owner that we were told of does not have it (any more).
        assertThat(reception(HASTY).recipient("", "cid@example.org", 0))
                .isEqualTo(new RecipientAnswer.Refused(Answer.NO_OWNER));
        store.open = false;
        assertThat(reception(HASTY).recipient("", "ann@example.org", 0))
                .isEqualTo(new RecipientAnswer.Refused(Answer.NO_OWNER));
    }

    private static Credentials password(String user, String password) {
        return new Credentials(user, new Secret.Password(password));
    }

    @Test
    void logins() throws Exception {
        RemoteReception reception = reception(PATIENT);
        assertThat(reception.authenticate(password("ann@example.org", "secret")))
                .isEqualTo(new Reception.Login.Accepted("ann@example.org", ""));
        assertThat(reception.authenticate(password("ann@example.org", "wrong")))
                .isEqualTo(new Reception.Login.Refused());
        assertThat(reception.authenticate(password("later", "secret"))).isEqualTo(new Reception.Login.Unavailable());
        assertThat(reception.salt("ann@example.org").iterations()).isEqualTo(4096);
        assertThat(reception.maySendAs("ann@example.org", "ann@example.org")).isTrue();
        assertThat(reception.maySendAs("ann@example.org", "cid@example.org")).isFalse();
        assertThat(reception.maySendAs("ann@example.org", "nobody@example.org")).isFalse();
    }

    @Test
    void finalAnswersOfTheOwnerAreFinal() throws Exception {
        record Case(StoreException.Kind kind, String answer) {}
        List<Case> cases = List.of(
                new Case(StoreException.Kind.FULL, "452 4.3.1"),
                new Case(StoreException.Kind.OVERLOADED, "451 4.3.2"),
                new Case(StoreException.Kind.NO_SUCH_MAILBOX, "451 4.2.1"),
                new Case(StoreException.Kind.LIMIT, "452 4.3.1"),
                new Case(StoreException.Kind.REFUSED, "554 5.3.0"),
                new Case(StoreException.Kind.REPEAT_DIFFERS, "451 4.3.0"));
        for (Case expected : cases) {
            store.atExecute = new StoreException(expected.kind(), "why");
            assertThat(deliver(reception(PATIENT), "d" + expected.kind(), 1_000).line())
                    .as(expected.kind().name())
                    .startsWith(expected.answer());
        }
        store.atExecute = null;
        store.atUpload = new StoreException(StoreException.Kind.FULL, "disk full");
        assertThat(deliver(reception(PATIENT), "d1", 1_000).line()).startsWith("452 4.3.1");
    }

    @Test
    void theSpoolIsBounded() throws Exception {
        try (MessageSink held = reception(PATIENT).begin(envelope("held"))) {
            held.write(new byte[90_000], 0, 90_000);
            // 60,000 bytes of memory are left: this one goes to a file though it is small.
            try (MessageSink small = reception(PATIENT).begin(envelope("small"))) {
                small.write(new byte[80_000], 0, 80_000);
                assertThat(space.onDisk()).isEqualTo(80_000);
            }
            assertThat(deliver(reception(PATIENT), "big", 5_100_000)).isEqualTo(Answer.DISK_FULL);
        }
        assertThat(space.used()).isZero();
        assertThat(folder).isEmptyDirectory();
        assertThat(store.all()).isEmpty();
    }

    @Test
    void whatAnEarlierProcessLeftIsDeleted() throws Exception {
        Files.writeString(folder.resolve("spool-old"), "x");
        Files.writeString(folder.resolve("other"), "x");
        assertThat(new SpoolSpace(folder, SpoolSpace.Limits.DEFAULT).used()).isZero();
        assertThat(folder.resolve("spool-old")).doesNotExist();
        assertThat(folder.resolve("other")).exists();
    }

    @Test
    void manyMessagesUnderManyFaultsAreEachDeliveredOnce() throws Exception {
        Random random = new Random(42);
        List<FakeStore.Fate> fates = List.of(FakeStore.Fate.values());
        for (int i = 0; i < 150; i++) {
            PipeLink link = random.nextBoolean() ? n1 : n2;
            link.faults.add(
                    switch (random.nextInt(4)) {
                        case 0 -> new Fault.Down();
                        case 1 -> new Fault.CutSending(random.nextInt(20_000));
                        case 2 -> new Fault.CutAnswer();
                        default -> new Fault.None();
                    });
            store.fates.add(fates.get(random.nextInt(fates.size())));
        }
        List<Future<Answer>> answers = new ArrayList<>();
        try (ExecutorService tasks = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int i = 0; i < 100; i++) {
                String id = "d" + i;
                answers.add(tasks.submit(() -> deliver(reception(PATIENT), id, 15_000)));
                if (i % 10 == 0) {
                    owners.now(i % 20 == 0 ? n2 : n1);
                }
            }
        }
        for (Future<Answer> answer : answers) {
            assertThat(answer.get().code()).isEqualTo(250);
        }
        assertThat(store.all()).hasSize(100);
        assertThat(space.used()).isZero();
        assertThat(owners.watchers).isEmpty();
    }
}
