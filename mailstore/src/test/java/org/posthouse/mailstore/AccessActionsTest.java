package org.posthouse.mailstore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.posthouse.mail.Flags;
import org.posthouse.mail.Rights;
import org.posthouse.mail.UidSet;
import org.posthouse.mailstore.Action.Change;
import org.posthouse.mailstore.StoreException.Kind;

final class AccessActionsTest {
    private static final String USER = StoreFixture.USER;
    private static final String BOB = "bob@example.org";

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

    private void refused(Kind kind, Action<?> action) {
        assertThatThrownBy(() -> at.run(action)).isInstanceOfSatisfying(StoreException.class, e -> assertThat(e.kind())
                .isEqualTo(kind));
    }

    private void set(long mailbox, String identifier, Change change, String rights) {
        at.run(new Action.SetAcl(mailbox, identifier, change, Rights.of(rights)));
    }

    private Acl acl(long mailbox) {
        return at.store.mailbox(mailbox).orElseThrow().acl();
    }

    private List<String> granted(String user) {
        return at.store.grantedTo(user).stream().map(Mailbox::name).toList();
    }

    private void annotate(long mailbox, String user, String entry, String value) {
        at.run(new Action.Annotate(mailbox, user, List.of(new Annotation(entry, value))));
    }

    @Test
    void rightsAreAddedTakenAndFound() {
        long box = at.create("box");
        long before = at.store.accessVersion();
        assertThat(acl(box).of(USER, USER)).isEqualTo(Rights.ALL);
        assertThat(acl(box).of(BOB, USER)).isEqualTo(Rights.NONE);
        set(box, BOB, Change.REPLACE, "lr");
        set(box, BOB, Change.ADD, "is");
        set(box, BOB, Change.REMOVE, "r");
        assertThat(acl(box).of(BOB, USER).letters()).isEqualTo("lsi");
        assertThat(granted(BOB)).containsExactly("box");
        assertThat(granted(USER)).isEmpty();
        assertThat(at.store.accessVersion()).isGreaterThan(before);
        set(box, BOB, Change.REPLACE, "");
        assertThat(acl(box)).isEqualTo(Acl.NONE);
        assertThat(granted(BOB)).isEmpty();
    }

    @Test
    void whatIsWithheldWinsAndAnOwnerKeepsTheLast() {
        long box = at.create("box");
        set(box, Acl.ANYONE, Change.REPLACE, "lrs");
        set(box, "-" + BOB, Change.REPLACE, "r");
        assertThat(acl(box).of(BOB, USER).letters()).isEqualTo("ls");
        assertThat(acl(box).of("carol@example.org", USER).letters()).isEqualTo("lrs");
        assertThat(granted("carol@example.org")).containsExactly("box");
        set(box, "-" + Acl.ANYONE, Change.REPLACE, "lrswipkxtea");
        assertThat(acl(box).of(BOB, USER)).isEqualTo(Rights.NONE);
        assertThat(acl(box).of(USER, USER)).isEqualTo(Rights.OWNERS);
        set(box, "-" + Acl.ANYONE, Change.REPLACE, "");
        set(box, USER, Change.REMOVE, "x");
        assertThat(acl(box).of(USER, USER)).isEqualTo(Rights.ALL.minus(Rights.of("x")));
        set(box, USER, Change.REMOVE, "lrswipkxtea");
        assertThat(acl(box).of(USER, USER).letters()).isEqualTo("lrsa"); // "anyone" is the owner, too
    }

    @Test
    void newMailboxesBelowInheritAndRenamedOnesKeepTheirs() {
        long top = at.create("top");
        set(top, BOB, Change.REPLACE, "lr");
        long below = at.create("top/a/b");
        assertThat(acl(below)).isEqualTo(acl(top));
        assertThat(granted(BOB)).containsExactlyInAnyOrder("top", "top/a", "top/a/b");
        annotate(below, BOB, "/private/comment", "mine");
        at.run(new Action.Rename(USER, "top/a", "away"));
        assertThat(granted(BOB)).containsExactlyInAnyOrder("top", "away", "away/b");
        assertThat(at.store.annotations(below, BOB)).containsExactly(new Annotation("/private/comment", "mine"));
        at.run(new Action.Delete(USER, "away/b"));
        assertThat(granted(BOB)).containsExactlyInAnyOrder("top", "away");
        assertThatThrownBy(() -> at.store.annotations(below, BOB)).isInstanceOf(StoreException.class);
        long again = at.create("away/b");
        assertThat(at.store.annotations(again, BOB)).isEmpty();
    }

    @Test
    void onlyFlagsThatTheRightsCoverAreChanged() {
        at.deliver("text");
        long inbox = at.inbox().id();
        long other = at.create("other");
        UidSet one = UidSet.of(1);
        Flags all = new Flags(31, List.of("red"));
        OptionalLong any = OptionalLong.empty();
        at.run(new Action.StoreFlags(inbox, one, Change.ADD, all, any, Rights.of("s")));
        assertThat(flags(inbox)).isEqualTo(Flags.of(Flags.SEEN));
        at.run(new Action.StoreFlags(inbox, one, Change.ADD, all, any, Rights.of("t")));
        assertThat(flags(inbox)).isEqualTo(Flags.of(Flags.SEEN | Flags.DELETED));
        at.run(new Action.StoreFlags(
                inbox, one, Change.REPLACE, new Flags(Flags.FLAGGED, List.of("red")), any, Rights.of("w")));
        assertThat(flags(inbox)).isEqualTo(new Flags(Flags.SEEN | Flags.DELETED | Flags.FLAGGED, List.of("red")));
        at.run(new Action.StoreFlags(inbox, one, Change.REPLACE, Flags.NONE, any, Rights.of("s")));
        assertThat(flags(inbox)).isEqualTo(new Flags(Flags.DELETED | Flags.FLAGGED, List.of("red")));
        at.run(new Action.Copy(inbox, one, other, Rights.of("i")));
        assertThat(flags(other)).isEqualTo(Flags.NONE);
        at.run(new Action.Move(inbox, one, other, Rights.of("iw")));
        assertThat(at.store.message(other, 2).orElseThrow().flags())
                .isEqualTo(new Flags(Flags.FLAGGED, List.of("red")));
    }

    private Flags flags(long mailbox) {
        return at.store.message(mailbox, 1).orElseThrow().flags();
    }

    @Test
    void bytesOfDeletedMessagesAreCounted() {
        at.deliver("12345");
        at.deliver("123");
        long inbox = at.inbox().id();
        Action.Stored _ = at.store(inbox, UidSet.range(1, 2), Change.ADD, "\\Deleted");
        assertThat(at.store.status(inbox).deletedBytes()).isEqualTo(8);
        Action.Stored _ = at.store(inbox, UidSet.of(2), Change.REMOVE, "\\Deleted");
        assertThat(at.store.status(inbox).deletedBytes()).isEqualTo(5);
        at.run(new Action.Expunge(inbox, UidSet.of(1)));
        assertThat(at.store.status(inbox).deletedBytes()).isZero();
    }

    @Test
    void metadataIsEachUsersOwnOrShared() {
        long box = at.create("box");
        annotate(box, USER, "/private/comment", "mine\u00ff");
        annotate(box, BOB, "/private/comment", "his");
        annotate(box, BOB, "/shared/comment", "ours");
        annotate(0, USER, "/private/comment", "of the server");
        assertThat(at.store.annotations(box, USER))
                .containsExactly(
                        new Annotation("/private/comment", "mine\u00ff"), new Annotation("/shared/comment", "ours"));
        assertThat(at.store.annotations(box, BOB).getFirst().value()).isEqualTo("his");
        assertThat(at.store.annotations(0, USER)).containsExactly(new Annotation("/private/comment", "of the server"));
        annotate(box, USER, "/private/comment", null);
        annotate(box, USER, "/private/specialuse", "\\Sent");
        assertThat(at.store.annotations(box, USER))
                .containsExactly(
                        new Annotation("/private/specialuse", "\\Sent"), new Annotation("/shared/comment", "ours"));
        assertThat(at.store.mailbox(box).orElseThrow().specialUse()).isEqualTo("\\Sent");
        refused(Kind.REFUSED, new Action.Annotate(box, USER, List.of(new Annotation("/other/comment", "x"))));
        refused(
                Kind.LIMIT,
                new Action.Annotate(box, USER, List.of(new Annotation("/private/comment", "x".repeat(65_537)))));
        refused(Kind.NO_SUCH_MAILBOX, new Action.Annotate(77, USER, List.of(new Annotation("/private/c", "x"))));
    }

    @Test
    void metadataEntriesAreCounted() {
        List<Annotation> many = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            many.add(new Annotation("/private/vendor/x/" + i, "x"));
        }
        at.run(new Action.Annotate(0, USER, many));
        refused(Kind.TOO_MANY_ANNOTATIONS, new Action.Annotate(0, USER, List.of(new Annotation("/private/c", "x"))));
        annotate(0, USER, "/shared/c", "x");
        annotate(0, BOB, "/private/c", "x");
        annotate(0, USER, "/private/vendor/x/7", "other");
        at.run(new Action.Annotate(
                0, USER, List.of(new Annotation("/private/vendor/x/1", null), new Annotation("/private/c", "x"))));
        assertThat(at.store.annotations(0, USER)).hasSize(101);
    }

    @Test
    void renameOfInboxLeavesItItsListAndCopiesItsMetadata() {
        long inbox = at.inbox().id();
        set(inbox, BOB, Change.REPLACE, "lr");
        annotate(inbox, USER, "/shared/comment", "ours");
        at.run(new Action.Rename(USER, "INBOX", "Kept"));
        Mailbox kept = at.store.mailbox(USER, "Kept").orElseThrow();
        assertThat(kept.acl()).isEqualTo(Acl.NONE);
        assertThat(granted(BOB)).containsExactly("INBOX");
        assertThat(at.store.annotations(kept.id(), USER)).isEqualTo(at.store.annotations(inbox, USER));
    }

    @Test
    void sharedMailboxesHaveNoInbox() {
        long sales = at.run(new Action.Create(Mailbox.SHARED, "sales/2026", "")).mailboxId();
        assertThat(at.store.mailboxes(Mailbox.SHARED).stream().map(Mailbox::name))
                .containsExactly("sales", "sales/2026");
        assertThat(at.store.mailbox(sales).orElseThrow().acl().of(USER, Mailbox.SHARED))
                .isEqualTo(Rights.NONE);
        refused(Kind.REFUSED, new Action.Create(Mailbox.SHARED, "inbox", ""));
        refused(Kind.REFUSED, new Action.Rename(Mailbox.SHARED, "sales", "Inbox/x"));
        refused(Kind.NO_SUCH_MAILBOX, new Action.Welcome(Mailbox.SHARED));
    }

    @Test
    void metadataGoesWithItsMailboxAfterAnHour() {
        long box = at.create("box");
        annotate(box, USER, "/shared/comment", "ours");
        at.run(new Action.Delete(USER, "box"));
        long hour = Duration.ofHours(1).toMillis();
        for (long elapsed = 60_000; elapsed < 2 * hour; elapsed += 60_000) {
            boolean _ = at.store.expire(
                    at.store.enter(), elapsed, Duration.ofHours(1), Duration.ofDays(30), 1_000, Duration.ofSeconds(20));
        }
        assertThat(at.group.index().any(Keys.ofMailbox(Keys.ANNOTATION, box))).isFalse();
        assertThat(at.group.index().any(Keys.ofMailbox(Keys.MAILBOX, box))).isFalse();
    }

    @Test
    void anAccessControlListHasALimit() {
        long box = at.create("box");
        for (int i = 0; i < 64; i++) {
            set(box, "user" + i + "@example.org", Change.REPLACE, "l");
        }
        refused(Kind.LIMIT, new Action.SetAcl(box, BOB, Change.REPLACE, Rights.of("l")));
        refused(Kind.REFUSED, new Action.SetAcl(box, "", Change.REPLACE, Rights.of("l")));
        refused(Kind.REFUSED, new Action.SetAcl(box, "-", Change.REPLACE, Rights.of("l")));
        assertThat(granted(BOB)).isEmpty();
    }

    @Test
    void aUserHasALimitOfMailboxes() {
        for (int i = 1; i < Limits.MAILBOXES_MAX; i++) {
            long _ = at.create("f" + i);
        }
        refused(Kind.LIMIT, new Action.Create(USER, "one more", ""));
        at.run(new Action.Delete(USER, "f7"));
        long _ = at.create("one more");
        assertThat(at.store.mailboxes(USER)).hasSize(Limits.MAILBOXES_MAX);
    }
}
