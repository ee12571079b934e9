package org.posthouse.imap;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.posthouse.imap.SelectParameters.Resync;
import org.posthouse.mail.Flags;
import org.posthouse.mail.UidSet;
import org.posthouse.mailstore.Acl;
import org.posthouse.mailstore.MailStore;
import org.posthouse.mailstore.Mailbox;
import org.posthouse.mailstore.MailboxView;
import org.posthouse.mailstore.StoreException;

/// What is told of messages that went, also where the store no longer knows which: the mailbox of RFC 7162 section
/// 3.2.5.2, where only UIDs divisible by three are left.
class VanishedTest {
    private static final int MESSAGES = 20;
    private final Enabled enabled = new Enabled();
    private final Selected selected = new Selected(
            new Mailbox(1, "user@example.org", "INBOX", 7, "", false, false, Acl.NONE),
            false,
            1,
            new Thirds(),
            enabled);

    /// UIDs 3, 6, ... 60.
    private record Thirds() implements MailboxView {
        @Override
        public int size() {
            return MESSAGES;
        }

        @Override
        public long uid(int position) {
            return 3L * (position + 1);
        }

        @Override
        public long modSeq(int position) {
            return 5;
        }

        @Override
        public Flags flags(int position) {
            return Flags.NONE;
        }

        @Override
        public int indexOf(long uid) {
            return uid % 3 == 0 ? (int) (uid / 3) - 1 : (int) -(uid / 3) - 1;
        }

        @Override
        public long highestModSeq() {
            return 100;
        }

        @Override
        public long uidNext() {
            return 64;
        }
    }

    private static MailStore store(UidSet expunged) {
        return (MailStore) Proxy.newProxyInstance(
                VanishedTest.class.getClassLoader(), new Class<?>[] {MailStore.class}, (_, method, _) -> {
                    assertThat(method.getName()).isEqualTo("expunged");
                    if (expunged == null) {
                        throw new StoreException(StoreException.Kind.HISTORY_GONE, "gone");
                    }
                    return expunged;
                });
    }

    private String told(UidSet expunged, String wanted, long sureUpTo) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        Responses responses = new Responses(out, enabled);
        Vanished.tell(store(expunged), selected, UidSet.parse(wanted), 50, sureUpTo, responses);
        responses.flush();
        return out.toString(StandardCharsets.US_ASCII).strip();
    }

    private static Resync resync(String sequences, String uids) {
        return new Resync(7, 50, null, UidSet.parse(sequences), UidSet.parse(uids));
    }

    @Test
    void whatTheHistoryKnowsIsTold() throws IOException {
        assertThat(told(UidSet.of(1, 8, 61), "1:63", 0)).isEqualTo("* VANISHED (EARLIER) 1,8,61");
        assertThat(told(UidSet.of(1, 8, 61), "2:60", 0)).isEqualTo("* VANISHED (EARLIER) 8");
        assertThat(told(UidSet.of(1, 9), "1:63", 0))
                .as("9 is still in the view")
                .isEqualTo("* VANISHED (EARLIER) 1");
        assertThat(told(UidSet.EMPTY, "1:63", 0)).isEmpty();
    }

    @Test
    void withoutAHistoryEverythingIsToldThatIsNotThere() throws IOException {
        assertThat(told(null, "1:10", 0)).isEqualTo("* VANISHED (EARLIER) 1:2,4:5,7:8,10");
        assertThat(told(null, "59:4000000000", 0))
                .as("nothing at or above UIDNEXT ever was")
                .isEqualTo("* VANISHED (EARLIER) 59,61:63");
        assertThat(told(null, "1:10", 6)).isEqualTo("* VANISHED (EARLIER) 7:8,10");
        assertThat(told(null, "3,6", 0)).isEmpty();
    }

    @Test
    void sequenceNumbersSayUpToWhereNothingWentUntold() {
        assertThat(Vanished.sureUpTo(selected, resync("", ""))).isZero();
        assertThat(Vanished.sureUpTo(selected, resync("2", "6"))).isEqualTo(6);
        assertThat(Vanished.sureUpTo(selected, resync("1:3,20", "3,6,9,60"))).isEqualTo(60);
        assertThat(Vanished.sureUpTo(selected, resync("1:3", "3:5"))).isEqualTo(3);
        assertThat(Vanished.sureUpTo(selected, resync("2,4,6", "6,13,18"))).isEqualTo(6);
        assertThat(Vanished.sureUpTo(selected, resync("19:4000000000", "57,60:4000000040")))
                .isEqualTo(60);
    }
}
