package org.posthouse.mailstore;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import org.posthouse.mail.Flags;
import org.posthouse.mail.UidSet;
import org.posthouse.testkit.LocalLog;

/// A store on a log of its own, and short ways to use it.
final class StoreFixture implements AutoCloseable {
    static final StoreMemory MEMORY = new StoreMemory();
    static final Duration SOON = Duration.ofSeconds(20);
    static final String USER = "user1@example.org";

    final StorageGroup group;
    final LocalLog log;
    final StoreService store;
    private int deliveries;

    StoreFixture(Path folder) {
        this(folder, StoreSettings.defaults());
    }

    StoreFixture(Path folder, StoreSettings settings) {
        group = new StorageGroup(folder, MEMORY, settings, new Gate("n1.1"));
        log = new LocalLog(group);
        store = StoreService.openAlone(group, log);
    }

    <R> R run(Action<R> action) {
        return store.execute(CommandId.NONE, action, SOON);
    }

    <R> R run(UUID session, long number, long forwarded, Action<R> action) {
        return store.execute(new CommandId(session, number, forwarded), action, SOON);
    }

    static NewBody inline(String text) {
        return new NewBody.Inline(text.getBytes(StandardCharsets.UTF_8));
    }

    static Action.Stamp stamp(long seconds) {
        return new Action.Stamp(seconds, 60);
    }

    static Action.Deliver delivery(String id, String text, String... mailboxes) {
        List<Action.Target> targets = Arrays.stream(mailboxes)
                .map(name -> new Action.Target(USER, name, Flags.NONE))
                .toList();
        return new Action.Deliver(id, targets, inline(text), stamp(1000));
    }

    /// Delivers to INBOX.
    ///
    /// @return the UID
    long deliver(String text) {
        return run(delivery("d" + deliveries++, text, "INBOX"))
                .placed()
                .getFirst()
                .uid();
    }

    Mailbox inbox() {
        return store.mailbox(USER, "inbox").orElseThrow();
    }

    long create(String name) {
        return run(new Action.Create(USER, name, "")).mailboxId();
    }

    Action.Stored store(long mailbox, UidSet uids, Action.Change change, String... names) {
        return run(new Action.StoreFlags(
                mailbox, uids, change, Flags.ofNames(List.of(names)), java.util.OptionalLong.empty()));
    }

    String text(long mailbox, long uid) {
        long bodyId = store.message(mailbox, uid).orElseThrow().bodyId();
        return new String(bytes(bodyId), StandardCharsets.UTF_8);
    }

    byte[] bytes(long bodyId) {
        try (MailStore.Body body = store.body(bodyId)) {
            byte[] bytes = new byte[(int) body.length()];
            if (body.read(0, bytes, 0, bytes.length) != bytes.length) {
                throw new AssertionError("body " + bodyId + " ends early");
            }
            return bytes;
        }
    }

    @Override
    public void close() {
        group.close();
    }
}
