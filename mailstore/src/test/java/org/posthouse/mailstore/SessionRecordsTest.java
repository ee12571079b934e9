package org.posthouse.mailstore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

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

/// Exactly once: a command repeated with its id gets the recorded result, also on another replica.
final class SessionRecordsTest {
    private static final UUID SESSION = new UUID(1, 2);

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

    private static Action.Append append(String text, long seconds) {
        return new Action.Append(
                StoreFixture.USER,
                "INBOX",
                List.of(new Action.NewMessage(StoreFixture.inline(text), Flags.NONE, StoreFixture.stamp(seconds))));
    }

    private void refused(Kind kind, long number, long forwarded, Action<?> action) {
        assertThatThrownBy(() -> at.run(SESSION, number, forwarded, action))
                .isInstanceOfSatisfying(
                        StoreException.class, e -> assertThat(e.kind()).isEqualTo(kind));
    }

    @Test
    void aRepeatGetsTheRecordedResultThoughTheOwnerGivesItAnotherDate() {
        Action.Appended first = at.run(SESSION, 1, 0, append("a", 5));
        assertThat(at.run(SESSION, 1, 0, append("a", 6))).isEqualTo(first);
        assertThat(at.store.status(at.inbox().id()).messages()).isEqualTo(1);
        refused(Kind.REPEAT_DIFFERS, 1, 0, append("b", 5));
        assertThat(at.run(SESSION, 2, 0, append("a", 5)).uids()).isEqualTo(UidSet.of(2));
    }

    @Test
    void aMoveRepeatedAfterARestartIsAnsweredFromTheRecord() {
        at.deliver("a");
        at.deliver("b");
        long to = at.create("to");
        Action.Move move = new Action.Move(at.inbox().id(), UidSet.range(1, 2), to);
        Action.Copied first = at.run(SESSION, 7, 0, move);
        assertThat(first.to()).containsExactly(1L, 2L);
        at.close();
        at = new StoreFixture(folder);
        assertThat(at.run(SESSION, 7, 0, move)).isEqualTo(first);
        assertThat(at.store.status(to).messages()).isEqualTo(2);
    }

    @Test
    void recordsAreDroppedWhenForwardedAndSixteenAreKept() {
        for (int i = 1; i <= Limits.SESSION_RECORDS_MAX; i++) {
            at.run(SESSION, i, 0, append("text " + i, 5));
        }
        refused(Kind.OVERLOADED, 17, 0, append("one more", 5));
        assertThat(at.run(SESSION, 16, 0, append("text 16", 5)).uids()).isEqualTo(UidSet.of(16));
        assertThat(at.run(SESSION, 17, 3, append("one more", 5)).uids()).isEqualTo(UidSet.of(17));
        refused(Kind.REFUSED, 3, 3, append("text 3", 5));
        at.store.execute(CommandId.NONE, new Action.Forget(SESSION), StoreFixture.SOON);
        assertThat(at.group.meta().sessions).isZero();
        assertThat(at.run(SESSION, 18, 17, append("after", 5)).uids()).isEqualTo(UidSet.of(18));
    }

    @Test
    void aRefusalIsNotRecorded() {
        Action.Delete delete = new Action.Delete(StoreFixture.USER, "later");
        refused(Kind.NO_SUCH_MAILBOX, 1, 0, delete);
        at.create("later");
        assertThat(at.run(SESSION, 1, 0, delete)).isEqualTo(new Action.Done());
    }
}
