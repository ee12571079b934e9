package org.posthouse.mailstore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.posthouse.mailstore.StoreException.Kind;

final class MailboxActionsTest {
    private static final String USER = StoreFixture.USER;

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

    private List<String> names() {
        return at.store.mailboxes(USER).stream().map(Mailbox::name).toList();
    }

    @Test
    void aUserNeverNamedHasAnInboxThatStays() {
        Mailbox inbox = at.store.mailboxes(USER).getFirst();
        assertThat(names()).containsExactly("INBOX");
        assertThat(at.store.mailbox(USER, "InBoX")).contains(inbox);
        assertThat(at.store.mailbox(inbox.id())).contains(inbox);
        assertThat(at.store.usage("nobody@example.org")).isEqualTo(new Usage(0, 0));
    }

    @Test
    void createMakesParentsAndKeepsSpecialUse() {
        Action.Created created = at.run(new Action.Create(USER, "Work/2026/May/", "\\Archive"));
        assertThat(names()).containsExactly("INBOX", "Work", "Work/2026", "Work/2026/May");
        Mailbox may = at.store.mailbox(created.mailboxId()).orElseThrow();
        assertThat(may.specialUse()).isEqualTo("\\Archive");
        assertThat(may.uidValidity()).isEqualTo(created.uidValidity());
        assertThat(may.hasChildren()).isFalse();
        assertThat(at.store.mailbox(USER, "Work").orElseThrow().hasChildren()).isTrue();
        assertThat(at.store.mailboxes(USER).stream().map(Mailbox::uidValidity).distinct())
                .hasSize(4);
        refused(Kind.MAILBOX_EXISTS, new Action.Create(USER, "Work/2026", ""));
        refused(Kind.MAILBOX_EXISTS, new Action.Create(USER, "inbox", ""));
    }

    @Test
    void badNamesAreRefused() {
        for (String bad : List.of(
                "",
                "/",
                "/a",
                "a//b",
                "a\nb",
                "x".repeat(1001),
                "a/".repeat(31) + "a",
                "a%",
                "*",
                "a\u0085",
                "\u2028")) {
            refused(Kind.REFUSED, new Action.Create(USER, bad, ""));
            refused(Kind.NO_SUCH_MAILBOX, new Action.Rename(USER, "nowhere", "good"));
        }
        refused(Kind.REFUSED, new Action.Create("", "a", ""));
        assertThat(names()).containsExactly("INBOX");
    }

    @Test
    void deleteFreesTheQuotaAndTheNameButNotTheBodyAtOnce() {
        long id = at.create("Old");
        at.run(StoreFixture.delivery("x", "text", "Old"));
        long bodyId = at.store.message(id, 1).orElseThrow().bodyId();
        at.create("Old/child");
        refused(Kind.HAS_CHILDREN, new Action.Delete(USER, "Old"));
        refused(Kind.REFUSED, new Action.Delete(USER, "Inbox"));
        refused(Kind.NO_SUCH_MAILBOX, new Action.Delete(USER, "Nowhere"));
        at.run(new Action.Delete(USER, "Old/child"));
        at.run(new Action.Delete(USER, "Old"));
        assertThat(names()).containsExactly("INBOX");
        assertThat(at.store.usage(USER)).isEqualTo(new Usage(0, 0));
        assertThat(at.store.mailbox(id)).isEmpty();
        assertThatThrownBy(() -> at.store.view(id)).isInstanceOf(StoreException.class);
        assertThat(at.bytes(bodyId)).isEqualTo("text".getBytes(java.nio.charset.StandardCharsets.UTF_8));
        assertThat(at.create("Old")).isNotEqualTo(id);
    }

    @Test
    void renameTakesTheChildrenAlongAndKeepsIds() {
        long child = at.create("a/b/c");
        at.create("ab");
        long validity = at.store.mailbox(child).orElseThrow().uidValidity();
        refused(Kind.REFUSED, new Action.Rename(USER, "a", "a/x"));
        refused(Kind.MAILBOX_EXISTS, new Action.Rename(USER, "a", "ab"));
        at.run(new Action.Rename(USER, "a", "new/place"));
        assertThat(names()).containsExactly("INBOX", "ab", "new", "new/place", "new/place/b", "new/place/b/c");
        assertThat(at.store.mailbox(child).orElseThrow().name()).isEqualTo("new/place/b/c");
        assertThat(at.store.mailbox(child).orElseThrow().uidValidity()).isEqualTo(validity);
        refused(Kind.REFUSED, new Action.Rename(USER, "new", "x".repeat(995)));
    }

    @Test
    void renameOfInboxMovesItsMessages() {
        at.deliver("one");
        at.deliver("two");
        long inbox = at.inbox().id();
        at.run(new Action.Rename(USER, "INBOX", "Kept"));
        assertThat(names()).containsExactly("INBOX", "Kept");
        assertThat(at.inbox().id()).isEqualTo(inbox);
        assertThat(at.store.status(inbox).messages()).isZero();
        assertThat(at.store.status(inbox).uidNext()).isEqualTo(3);
        long kept = at.store.mailbox(USER, "Kept").orElseThrow().id();
        assertThat(at.text(kept, 2)).isEqualTo("two");
        assertThat(at.store.usage(USER)).isEqualTo(new Usage(2, 6));
    }

    @Test
    void subscriptionsNeedNoMailbox() {
        at.create("a");
        at.run(new Action.Subscribe(USER, "zebra", true));
        at.run(new Action.Subscribe(USER, "a", true));
        at.run(new Action.Subscribe(USER, "a", true));
        assertThat(at.store.subscriptions(USER)).containsExactly("a", "zebra");
        assertThat(at.store.mailbox(USER, "a").orElseThrow().subscribed()).isTrue();
        at.run(new Action.Delete(USER, "a"));
        assertThat(at.store.subscriptions(USER)).containsExactly("a", "zebra");
        at.run(new Action.Subscribe(USER, "a", false));
        assertThat(at.store.subscriptions(USER)).containsExactly("zebra");
    }
}
