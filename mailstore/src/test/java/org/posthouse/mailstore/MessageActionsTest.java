package org.posthouse.mailstore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.posthouse.mail.Flags;
import org.posthouse.mail.Rights;
import org.posthouse.mail.UidSet;
import org.posthouse.mailstore.Action.Change;
import org.posthouse.mailstore.StoreException.Kind;

/// Each action on messages: what it does, and when it is refused.
final class MessageActionsTest {
    @TempDir
    Path folder;

    private StoreFixture at;

    @BeforeEach
    void open() {
        at = new StoreFixture(folder);
    }

    @AfterEach
    void close() {
        at.close();
    }

    private static void refused(Kind kind, org.assertj.core.api.ThrowableAssert.ThrowingCallable call) {
        assertThatThrownBy(call).isInstanceOfSatisfying(StoreException.class, e -> assertThat(e.kind())
                .isEqualTo(kind));
    }

    @Test
    void deliveryMakesTheInboxAndIsReadBack() {
        long uid = at.deliver("Subject: one\r\n\r\nbody one");
        assertThat(uid).isEqualTo(1);
        Mailbox inbox = at.inbox();
        assertThat(inbox.name()).isEqualTo("INBOX");
        MailboxStatus status = at.store.status(inbox.id());
        assertThat(status.messages()).isEqualTo(1);
        assertThat(status.unseen()).isEqualTo(1);
        assertThat(status.uidNext()).isEqualTo(2);
        assertThat(status.bytes()).isEqualTo(24);
        MessageRow row = at.store.message(inbox.id(), 1).orElseThrow();
        assertThat(row.internalDateSeconds()).isEqualTo(1000);
        assertThat(row.zoneMinutes()).isEqualTo(60);
        assertThat(row.expungedModSeq()).isZero();
        assertThat(at.text(inbox.id(), 1)).isEqualTo("Subject: one\r\n\r\nbody one");
        assertThat(at.store.usage(StoreFixture.USER)).isEqualTo(new Usage(1, 24));
    }

    @Test
    void deliveryToSeveralMailboxesKeepsOneBodyAndIsAllOrNothing() {
        long work = at.create("Work");
        List<Action.Placed> placed =
                at.run(StoreFixture.delivery("x", "text", "INBOX", "Work")).placed();
        assertThat(placed)
                .extracting(Action.Placed::mailboxId)
                .containsExactly(at.inbox().id(), work);
        assertThat(at.store.message(work, 1).orElseThrow().bodyId())
                .isEqualTo(at.store.message(at.inbox().id(), 1).orElseThrow().bodyId());
        refused(Kind.NO_SUCH_MAILBOX, () -> at.run(StoreFixture.delivery("y", "text", "INBOX", "Nowhere")));
        assertThat(at.store.status(at.inbox().id()).messages()).isEqualTo(1);
    }

    @Test
    void deliveryRepeatedHappensOnceAlsoUnderOtherTraceLines() {
        at.run(StoreFixture.delivery("x", "Received: by n1\r\nSubject: a\r\n\r\ntext", "INBOX"));
        Action.Placed again = at.run(
                        StoreFixture.delivery("x", "Received: by node n2\r\nSubject: a\r\n\r\ntext", "INBOX"))
                .placed()
                .getFirst();
        assertThat(again.repeated()).isTrue();
        assertThat(again.uid()).isEqualTo(1);
        assertThat(at.store.status(at.inbox().id()).messages()).isEqualTo(1);
        refused(Kind.REPEAT_DIFFERS, () -> at.run(StoreFixture.delivery("x", "a\r\n\r\nother", "INBOX")));
    }

    @Test
    void deliveryOfAnAliasTwiceToOneMailboxIsOneMessage() {
        List<Action.Placed> placed =
                at.run(StoreFixture.delivery("x", "text", "INBOX", "inbox")).placed();
        assertThat(placed).extracting(Action.Placed::uid).containsExactly(1L, 1L);
        assertThat(placed).extracting(Action.Placed::repeated).containsExactly(false, true);
        assertThat(at.store.status(at.inbox().id()).messages()).isEqualTo(1);
    }

    @Test
    void appendIsAllOrNothingAndAnswersItsUids() {
        long drafts = at.create("Drafts");
        List<Action.NewMessage> two = List.of(
                new Action.NewMessage(StoreFixture.inline("a"), Flags.of(Flags.DRAFT), StoreFixture.stamp(5)),
                new Action.NewMessage(
                        StoreFixture.inline("bb"), Flags.ofNames(List.of("\\Seen", "$Label")), StoreFixture.stamp(6)));
        Action.Appended appended = at.run(new Action.Append(StoreFixture.USER, "Drafts", two));
        assertThat(appended.uids()).isEqualTo(UidSet.range(1, 2));
        assertThat(appended.mailboxId()).isEqualTo(drafts);
        assertThat(at.store.view(drafts).flags(1).names()).containsExactly("\\Seen", "$Label");
        refused(Kind.NO_SUCH_MAILBOX, () -> at.run(new Action.Append(StoreFixture.USER, "Nowhere", two)));
        List<Action.NewMessage> broken = List.of(
                two.getFirst(), new Action.NewMessage(new NewBody.Staged(7, 1, 1), Flags.NONE, StoreFixture.stamp(6)));
        refused(Kind.GONE, () -> at.run(new Action.Append(StoreFixture.USER, "Drafts", broken)));
        assertThat(at.store.status(drafts).messages()).isEqualTo(2);
    }

    @Test
    void storeAddsRemovesReplacesAndSaysWhatChanged() {
        for (int i = 0; i < 5; i++) {
            at.deliver("message " + i);
        }
        long inbox = at.inbox().id();
        Action.Stored stored = at.store(inbox, UidSet.range(2, 9), Change.ADD, "\\Seen", "Blue");
        assertThat(stored.changed()).isEqualTo(UidSet.range(2, 5));
        assertThat(at.store.status(inbox).unseen()).isEqualTo(1);
        assertThat(at.store.status(inbox).keywords()).containsExactly("Blue");
        assertThat(at.store(inbox, UidSet.range(2, 3), Change.ADD, "\\Seen"))
                .isEqualTo(new Action.Stored(0, UidSet.EMPTY, UidSet.EMPTY));
        at.store(inbox, UidSet.of(3), Change.REMOVE, "blue");
        assertThat(at.store.message(inbox, 3).orElseThrow().flags()).isEqualTo(Flags.of(Flags.SEEN));
        at.store(inbox, UidSet.of(4), Change.REPLACE, "\\Flagged");
        assertThat(at.store.message(inbox, 4).orElseThrow().flags()).isEqualTo(Flags.of(Flags.FLAGGED));
        Action.Stored conditional = at.run(new Action.StoreFlags(
                inbox, UidSet.range(1, 5), Change.ADD, Flags.of(Flags.ANSWERED), OptionalLong.of(stored.modSeq())));
        assertThat(conditional.changed()).isEqualTo(UidSet.of(1, 2, 5));
        assertThat(conditional.modified()).isEqualTo(UidSet.of(3, 4));
    }

    @Test
    void keywordsAreLimited() {
        at.deliver("a");
        long inbox = at.inbox().id();
        for (int i = 0; i < Limits.KEYWORDS_MAX; i++) {
            at.store(inbox, UidSet.of(1), Change.ADD, "k" + i);
        }
        refused(Kind.LIMIT, () -> at.store(inbox, UidSet.of(1), Change.ADD, "onemore"));
        assertThat(at.store.message(inbox, 1).orElseThrow().flags().keywords()).hasSize(Limits.KEYWORDS_MAX);
        assertThat(at.store.view(inbox).flags(0))
                .isEqualTo(at.store.message(inbox, 1).orElseThrow().flags());
    }

    @Test
    void copyAndMoveKeepBytesDatesAndFlags() {
        at.deliver("one");
        at.deliver("two");
        long inbox = at.inbox().id();
        at.store(inbox, UidSet.of(2), Change.ADD, "\\Flagged", "red");
        long to = at.create("To");
        at.store(to, UidSet.of(1), Change.ADD, "green");
        Action.Copied copied = at.run(new Action.Copy(inbox, UidSet.range(1, 2), to));
        assertThat(copied.from()).containsExactly(1L, 2L);
        assertThat(copied.to()).containsExactly(1L, 2L);
        assertThat(copied.uidValidity())
                .isEqualTo(at.store.mailbox(to).orElseThrow().uidValidity());
        assertThat(at.store.message(to, 2).orElseThrow().flags().names()).containsExactly("\\Flagged", "red");
        assertThat(at.text(to, 2)).isEqualTo("two");
        refused(Kind.GONE, () -> at.run(new Action.Copy(inbox, UidSet.range(1, 3), to)));
        refused(Kind.NO_SUCH_MAILBOX, () -> at.run(new Action.Copy(inbox, UidSet.range(1, 2), 99)));
        Action.Copied moved = at.run(new Action.Move(inbox, UidSet.range(2, 7), to));
        assertThat(moved.from()).containsExactly(2L);
        assertThat(moved.to()).containsExactly(3L);
        assertThat(at.store.status(inbox).messages()).isEqualTo(1);
        assertThat(at.store.usage(StoreFixture.USER)).isEqualTo(new Usage(4, 12));
    }

    @Test
    void expungeTakesOnlyDeletedOnesAndKeepsTheirRows() {
        for (int i = 0; i < 4; i++) {
            at.deliver("message " + i);
        }
        long inbox = at.inbox().id();
        MailboxView before = at.store.view(inbox);
        at.store(inbox, UidSet.of(2, 4), Change.ADD, "\\Deleted");
        long since = at.store.status(inbox).highestModSeq();
        assertThat(at.store.status(inbox).deleted()).isEqualTo(2);
        Action.Expunged expunged = at.run(new Action.Expunge(inbox, UidSet.range(1, 9)));
        assertThat(expunged.uids()).isEqualTo(UidSet.of(2, 4));
        assertThat(before.size()).isEqualTo(4);
        assertThat(at.store.view(inbox).size()).isEqualTo(2);
        assertThat(at.store.view(inbox).indexOf(3)).isEqualTo(1);
        assertThat(at.store.messages(inbox, UidSet.range(1, 9)))
                .extracting(MessageRow::uid)
                .containsExactly(1L, 3L);
        assertThat(at.store.message(inbox, 2).orElseThrow().expungedModSeq()).isEqualTo(expunged.modSeq());
        assertThat(at.text(inbox, 2)).isEqualTo("message 1");
        Changes changes = at.store.changes(inbox, since);
        assertThat(changes.changed()).isEmpty();
        assertThat(changes.expunged())
                .containsExactly(new Changes.Gone(expunged.modSeq(), 2, 3), new Changes.Gone(expunged.modSeq(), 4, 5));
        assertThat(at.store.changes(inbox, 0).changed())
                .extracting(MessageRow::uid)
                .containsExactly(1L, 3L);
    }

    @Test
    void recentIsClaimedOnce() {
        at.deliver("a");
        at.deliver("b");
        long inbox = at.inbox().id();
        assertThat(at.run(new Action.ClaimRecent(inbox)).firstRecent()).isEqualTo(1);
        assertThat(at.run(new Action.ClaimRecent(inbox)).firstRecent()).isEqualTo(3);
        at.deliver("c");
        assertThat(at.run(new Action.ClaimRecent(inbox)).firstRecent()).isEqualTo(3);
    }

    @Test
    void watchersHearOfTheirMailboxOnly() {
        long other = at.create("Other");
        long inbox = at.inbox().id();
        AtomicInteger heard = new AtomicInteger();
        List<Long> seen = new ArrayList<>();
        try (MailStore.Watch _ = at.store.watch(inbox, () -> {
            heard.incrementAndGet();
            seen.add(at.store.status(inbox).messages());
        })) {
            at.deliver("a");
            at.run(StoreFixture.delivery("z", "b", "Other"));
            at.store(other, UidSet.of(1), Change.ADD, "\\Seen");
        }
        at.deliver("c");
        assertThat(heard).hasValue(1);
        assertThat(seen).containsExactly(1L);
    }

    @Test
    void watchersOfAUserHearOfAllThatIsHis() {
        AtomicInteger heard = new AtomicInteger();
        try (MailStore.Watch _ = at.store.watch(StoreFixture.USER, heard::incrementAndGet)) {
            at.deliver("a");
            int afterMail = heard.get();
            assertThat(afterMail).isPositive();
            at.run(new Action.Subscribe(StoreFixture.USER, "x", true));
            assertThat(heard).hasValueGreaterThan(afterMail);
            int afterSubscription = heard.get();
            at.run(new Action.Welcome("somebody-else@example.org"));
            assertThat(heard).hasValue(afterSubscription);
        }
        int before = heard.get();
        at.deliver("b");
        assertThat(heard).hasValue(before);
    }

    @Test
    void watchersHearOfWhatOthersGrantThemAndOfTheServersMetadata() {
        String guest = "guest@example.org";
        long inbox = at.inbox().id();
        AtomicInteger heard = new AtomicInteger();
        AtomicInteger anyone = new AtomicInteger();
        AtomicInteger server = new AtomicInteger();
        try (MailStore.Watch _ = at.store.watch(guest, heard::incrementAndGet);
                MailStore.Watch _ = at.store.watch(Acl.ANYONE, anyone::incrementAndGet);
                MailStore.Watch _ = at.store.watch(0, server::incrementAndGet)) {
            at.deliver("a");
            assertThat(heard).hasValue(0);
            at.run(new Action.SetAcl(inbox, guest, Change.REPLACE, Rights.ALL));
            int granted = heard.get();
            assertThat(granted).isPositive();
            at.deliver("b");
            int mail = heard.get();
            assertThat(mail).isGreaterThan(granted);
            at.run(new Action.SetAcl(inbox, guest, Change.REPLACE, Rights.NONE));
            int withdrawn = heard.get();
            assertThat(withdrawn).isGreaterThan(mail);
            at.deliver("c");
            assertThat(heard).hasValue(withdrawn);
            assertThat(anyone).hasValue(0);
            at.run(new Action.SetAcl(inbox, Acl.ANYONE, Change.REPLACE, Rights.ALL));
            assertThat(anyone).hasValueGreaterThan(0);
            assertThat(server).hasValue(0);
            at.run(new Action.Annotate(0, guest, List.of(new Annotation("/shared/comment", "x"))));
            assertThat(server).hasValue(1);
        }
    }

    @Test
    void largeBodiesAreStagedAndReadInParts() throws Exception {
        byte[] bytes = new byte[3 * Limits.INLINE_BYTES_MAX + 12_345];
        new java.util.Random(1).nextBytes(bytes);
        NewBody body;
        try (MailStore.Upload upload = at.store.upload()) {
            upload.write(bytes, 0, 1000);
            upload.write(bytes, 1000, bytes.length - 1000);
            body = upload.finish();
        }
        assertThat(body).isInstanceOf(NewBody.Staged.class);
        at.run(new Action.Deliver(
                "big",
                List.of(new Action.Target(StoreFixture.USER, "INBOX", Flags.NONE)),
                body,
                StoreFixture.stamp(1)));
        long bodyId = at.store.message(at.inbox().id(), 1).orElseThrow().bodyId();
        assertThat(at.bytes(bodyId)).isEqualTo(bytes);
        try (MailStore.Body open = at.store.body(bodyId)) {
            byte[] part = open.stream(Limits.INLINE_BYTES_MAX - 10, 20).readAllBytes();
            assertThat(part)
                    .isEqualTo(java.util.Arrays.copyOfRange(
                            bytes, Limits.INLINE_BYTES_MAX - 10, Limits.INLINE_BYTES_MAX + 10));
            assertThat(open.read(bytes.length - 3, new byte[10], 0, 10)).isEqualTo(3);
        }
        refused(
                Kind.GONE,
                () -> at.run(new Action.Append(
                        StoreFixture.USER,
                        "INBOX",
                        List.of(new Action.NewMessage(body, Flags.NONE, StoreFixture.stamp(1))))));
    }
}
