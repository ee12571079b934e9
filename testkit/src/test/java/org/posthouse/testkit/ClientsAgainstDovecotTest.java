package org.posthouse.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.posthouse.testkit.SmtpClient.Protocol;

/// Our clients against a server that is not ours: what they get wrong here they would hide in ours.
class ClientsAgainstDovecotTest {
    private static final Duration LIMIT = Duration.ofSeconds(10);
    private static Dovecot dovecot;

    @BeforeAll
    static void start() throws IOException {
        Optional<String> missing = Dovecot.missing();
        assumeTrue(missing.isEmpty(), () -> "skipped: " + missing.get());
        dovecot = Dovecot.start(Path.of("/tmp"));
    }

    @AfterAll
    static void stop() throws IOException {
        if (dovecot != null) {
            dovecot.close();
        }
    }

    @Test
    void deliveredByLmtpAndReadByImapUnchanged() throws IOException {
        byte[] message = ("Subject: dots\r\n\r\n.\r\n..two\r\n.one\r\nlast").getBytes(StandardCharsets.US_ASCII);
        byte[] marked = MarkedMessage.of("m1", "dots@example.org", 10_240);
        try (SmtpClient lmtp = SmtpClient.connect(Protocol.LMTP, dovecot.lmtp(), LIMIT)) {
            assertThat(lmtp.offers("PIPELINING")).isTrue();
            assertThat(lmtp.deliver("a@example.org", "dots@example.org", message)
                            .code())
                    .isEqualTo(250);
            assertThat(lmtp.deliver("a@example.org", "dots@example.org", marked).code())
                    .isEqualTo(250);
            lmtp.quit();
        }
        try (ImapClient imap = ImapClient.login(dovecot.imap(), "dots@example.org", Dovecot.PASSWORD, LIMIT)) {
            assertThat(imap.select("INBOX").exists()).isEqualTo(2);
            List<byte[]> bodies = new ArrayList<>();
            imap.fetch(
                    true,
                    "1:*",
                    "(UID BODY.PEEK[TEXT])",
                    fetched -> bodies.add(fetched.literals().getFirst()));
            assertThat(new String(bodies.getFirst(), StandardCharsets.US_ASCII))
                    .isEqualTo(".\r\n..two\r\n.one\r\nlast\r\n");
            List<byte[]> whole = new ArrayList<>();
            imap.fetch(
                    true,
                    "2",
                    "BODY.PEEK[]",
                    fetched -> whole.add(fetched.literals().getFirst()));
            assertThat(MarkedMessage.read(whole.getFirst())).contains(new MarkedMessage.Read("m1", true));
            imap.logout();
        }
    }

    @Test
    void severalRecipientsAreAnsweredForEach() throws IOException {
        try (SmtpClient lmtp = SmtpClient.connect(Protocol.LMTP, dovecot.lmtp(), LIMIT)) {
            lmtp.open("a@example.org", List.of("one@example.org", "two@example.org"));
            lmtp.content(MarkedMessage.of("m2", "one@example.org", 1_000));
            assertThat(lmtp.answers()).hasSize(2);
        }
    }

    @Test
    void aRefusedRecipientLeavesTheConnectionUsable() throws IOException {
        try (SmtpClient lmtp = SmtpClient.connect(Protocol.LMTP, dovecot.lmtp(), LIMIT)) {
            assertThatThrownBy(() -> lmtp.deliver("a@example.org", "no good@@", new byte[0]))
                    .isInstanceOf(RefusedException.class)
                    .hasMessageContaining("RCPT TO:<no good@@>");
            assertThat(lmtp.deliver("a@example.org", "after@example.org", MarkedMessage.of("m3", "x", 500))
                            .code())
                    .isEqualTo(250);
        }
    }

    @Test
    void appendSearchStoreAndIdle() throws IOException {
        String user = "walk@example.org";
        byte[] message = MarkedMessage.of("m4", user, 200_000);
        try (ImapClient imap = ImapClient.login(dovecot.imap(), user, Dovecot.PASSWORD, LIMIT);
                ImapClient other = ImapClient.login(dovecot.imap(), user, Dovecot.PASSWORD, LIMIT)) {
            assertThat(imap.offers("LITERAL+")).isTrue();
            assertThat(imap.append("INBOX", "(\\Seen)", message)).hasValue(1);
            assertThat(imap.messages("INBOX")).isEqualTo(1);
            assertThat(imap.select("INBOX").uidNext()).isEqualTo(2);
            assertThat(imap.search(true, "SEEN")).containsExactly(1L);
            assertThat(imap.search(true, "UNSEEN")).isEmpty();
            var _ = imap.store(true, "1", "+FLAGS (\\Flagged)");
            List<String> flags = new ArrayList<>();
            imap.fetch(false, "1", "(FLAGS UID)", fetched -> flags.add(fetched.text()));
            assertThat(flags.getFirst()).contains("\\Flagged", "UID 1");
            String idling = imap.idle();
            assertThat(other.append("INBOX", "", message)).hasValue(2);
            Optional<ImapClient.Response> news = imap.idleNext(LIMIT);
            assertThat(news.map(ImapClient.Response::text)).contains("2 EXISTS");
            imap.idleDone(idling);
        }
    }

    @Test
    void refusalsSayWhoRefusedWhatAndHow() throws IOException {
        try (ImapClient imap = ImapClient.connect(dovecot.imap(), LIMIT)) {
            assertThatThrownBy(() -> imap.login("x@example.org", "wrong"))
                    .isInstanceOf(RefusedException.class)
                    .hasMessageContaining("LOGIN for x@example.org")
                    .hasMessageContaining("NO")
                    .hasMessageNotContaining("wrong");
        }
    }
}
