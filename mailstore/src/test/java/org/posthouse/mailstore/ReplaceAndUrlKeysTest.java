package org.posthouse.mailstore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.posthouse.mail.Flags;
import org.posthouse.mail.UidSet;
import org.posthouse.mailstore.StoreException.Kind;
import org.posthouse.replication.Position;

/// REPLACE and the access keys of URLs: what they do, once and the same on every replica.
final class ReplaceAndUrlKeysTest {
    private static final UUID SESSION = new UUID(3, 4);

    @TempDir
    Path folder;

    private StorageGroup group;
    private RecordingLog log;
    private StoreService store;

    @BeforeEach
    void open() {
        group = group("one");
        log = new RecordingLog(group);
        store = StoreService.openAlone(group, log);
    }

    @AfterEach
    void close() {
        group.close();
    }

    private StorageGroup group(String name) {
        return new StorageGroup(folder.resolve(name), StoreFixture.MEMORY, StoreSettings.defaults(), new Gate("n1.1"));
    }

    private static Action.Append append(String mailbox, String... texts) {
        return new Action.Append(
                StoreFixture.USER,
                mailbox,
                java.util.Arrays.stream(texts)
                        .map(text -> new Action.NewMessage(
                                StoreFixture.inline(text), Flags.of(Flags.DRAFT), StoreFixture.stamp(5)))
                        .toList());
    }

    private <R> R run(long number, Action<R> action) {
        return store.execute(new CommandId(SESSION, number, 0), action, StoreFixture.SOON);
    }

    private Mailbox inbox() {
        return store.mailbox(StoreFixture.USER, "INBOX").orElseThrow();
    }

    private void refused(Kind kind, long number, Action<?> action) {
        assertThatThrownBy(() -> run(number, action))
                .isInstanceOfSatisfying(
                        StoreException.class, e -> assertThat(e.kind()).isEqualTo(kind));
    }

    /// The log makes the same state elsewhere.
    private void replayed() throws java.io.IOException {
        StorageGroup two = group("two");
        Position from = two.open();
        log.replay(two, from.index(), log.last());
        assertThat(two.digests().getLast()).isEqualTo(group.digests().getLast());
        two.close();
    }

    @Test
    void aReplacedMessageGoesAsTheNewOneComesOnceHoweverOftenItIsRepeated() throws java.io.IOException {
        run(1, append("INBOX", "draft one", "another"));
        Action.Replace replace = new Action.Replace(inbox().id(), 1, append("INBOX", "draft two"));
        Action.Appended done = run(2, replace);
        assertThat(done.uids()).isEqualTo(UidSet.of(3));
        assertThat(run(2, replace)).isEqualTo(done);
        MailboxView view = store.view(inbox().id());
        assertThat(List.of(view.uid(0), view.uid(1))).containsExactly(2L, 3L);
        assertThat(view.size()).isEqualTo(2);
        assertThat(store.message(inbox().id(), 1).orElseThrow().expungedModSeq())
                .isEqualTo(store.message(inbox().id(), 3).orElseThrow().modSeq());
        refused(Kind.GONE, 3, new Action.Replace(inbox().id(), 1, append("INBOX", "too late")));
        assertThat(store.status(inbox().id()).messages()).isEqualTo(2);
        replayed();
    }

    @Test
    void aReplacementThatCannotBeStoredLeavesTheOldMessage() {
        run(1, append("INBOX", "draft one"));
        refused(Kind.NO_SUCH_MAILBOX, 2, new Action.Replace(inbox().id(), 1, append("nowhere", "draft two")));
        assertThat(store.view(inbox().id()).size()).isEqualTo(1);
        assertThat(store.usage(StoreFixture.USER)).isEqualTo(new Usage(1, 9));
    }

    @Test
    void manyMessagesAreOneEntryAndAnyThatCannotBeStoredLeavesNone() throws java.io.IOException {
        run(1, append("INBOX", "a", "b", "c"));
        long entries = log.last();
        NewBody.Staged unknown = new NewBody.Staged(77, 5, 1);
        refused(
                Kind.GONE,
                2,
                new Action.Append(
                        StoreFixture.USER,
                        "INBOX",
                        List.of(
                                new Action.NewMessage(StoreFixture.inline("d"), Flags.NONE, StoreFixture.stamp(5)),
                                new Action.NewMessage(unknown, Flags.NONE, StoreFixture.stamp(5)))));
        assertThat(log.last()).isLessThanOrEqualTo(entries + 2); // a position without an entry may lie between
        assertThat(store.status(inbox().id()).messages()).isEqualTo(3);
        replayed();
    }

    @Test
    void aBodyIsSentAheadOnRequestHoweverShort() throws java.io.IOException {
        try (MailStore.Upload upload = store.upload()) {
            upload.write(new byte[] {'x'});
            NewBody body = upload.finishAhead();
            assertThat(body).isInstanceOf(NewBody.Staged.class);
            Action.NewMessage message = new Action.NewMessage(body, Flags.NONE, StoreFixture.stamp(5));
            Action.Appended appended = run(1, new Action.Append(StoreFixture.USER, "INBOX", List.of(message)));
            assertThat(store.message(appended.mailboxId(), 1).orElseThrow().size())
                    .isEqualTo(1);
        }
    }

    @Test
    void anAccessKeyIsMadeOnceAndDroppedForGood() throws java.io.IOException {
        long inbox = inbox().id();
        byte[] first = {1, 2, 3};
        assertThat(run(1, new Action.MakeUrlKey(inbox, StoreFixture.USER, first))
                        .key())
                .isEqualTo(first);
        assertThat(run(2, new Action.MakeUrlKey(inbox, StoreFixture.USER, new byte[] {9}))
                        .key())
                .isEqualTo(first);
        assertThat(run(1, new Action.MakeUrlKey(inbox, StoreFixture.USER, new byte[] {8}))
                        .key())
                .isEqualTo(first);
        assertThat(store.urlKey(inbox, StoreFixture.USER).orElseThrow()).isEqualTo(first);
        assertThat(store.urlKey(inbox, "other@example.org")).isEmpty();
        run(3, new Action.DropUrlKeys(UidSet.range(inbox, inbox + 3), StoreFixture.USER));
        assertThat(store.urlKey(inbox, StoreFixture.USER)).isEmpty();
        refused(Kind.REFUSED, 4, new Action.MakeUrlKey(inbox, StoreFixture.USER, new byte[0]));
        replayed();
    }

    @Test
    void entriesReadBackAsTheyWereWritten() {
        CommandId command = new CommandId(SESSION, 9, 4);
        for (Action<?> action : List.<Action<?>>of(
                new Action.Replace(4, 17, append("box", "text")), new Action.DropUrlKeys(UidSet.range(1, 4), "user"))) {
            byte[] bytes = Entry.encodeAct(5, new Epoch(1, 2), command, action);
            Entry.Act back = (Entry.Act) Entry.decode(ByteBuffer.wrap(bytes));
            assertThat(back.action()).isEqualTo(action);
            assertThat(back.command()).isEqualTo(command);
        }
        byte[] bytes = Entry.encodeAct(5, new Epoch(1, 2), command, new Action.MakeUrlKey(3, "u", new byte[] {7}));
        Action.MakeUrlKey make = (Action.MakeUrlKey) ((Entry.Act) Entry.decode(ByteBuffer.wrap(bytes))).action();
        assertThat(make.key()).containsExactly(7);
        assertThat(make.mailboxId()).isEqualTo(3);
        assertThat(make.user()).isEqualTo("u");
    }
}
