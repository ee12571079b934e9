package org.posthouse.imap;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.posthouse.imap.ImapException.Bad;
import org.posthouse.imap.ImapException.No;
import org.posthouse.imap.NotifyFilter.Event;
import org.posthouse.wire.WireReader;

class NotifyTest {
    @Test
    void tooManyMailboxesAreToldToBeTooMany() throws IOException {
        try (TestServer server = new TestServer(ImapLimits.DEFAULT.notifyMailboxesMax(3), true)) {
            Transcripts.play(Transcripts.FOLDER.resolve("limited/notify.txt"), server);
        }
    }

    @Test
    void groupsAddUp() throws IOException {
        NotifyFilter filter = read("(subtree (lists \"a b\") (messagenew messageexpunge))"
                + " (subscribed (MailboxName)) (mailboxes INBOX (SubscriptionChange)) (selected none)");
        assertThat(filter.eventsOf("lists", true, false)).containsExactly(Event.MESSAGE_NEW, Event.MESSAGE_EXPUNGE);
        assertThat(filter.eventsOf("lists/a/b", true, true))
                .containsExactly(Event.MESSAGE_NEW, Event.MESSAGE_EXPUNGE, Event.MAILBOX_NAME);
        assertThat(filter.eventsOf("a b", true, false)).hasSize(2);
        assertThat(filter.eventsOf("lists2", true, false)).isEmpty();
        assertThat(filter.eventsOf("INBOX", true, false)).containsExactly(Event.SUBSCRIPTION_CHANGE);
        assertThat(filter.eventsOf("INBOX/x", true, false)).isEmpty();
        assertThat(filter.selection().events()).isEmpty();
    }

    @Test
    void groupsAndNamesAreLimited() {
        String group = "(personal (MailboxName))";
        assertThatThrownBy(() -> read((group + " ").repeat(100) + group)).isInstanceOf(No.class);
        String names = IntStream.rangeClosed(0, 1_000).mapToObj(i -> "m" + i).collect(Collectors.joining(" "));
        assertThatThrownBy(() -> read("(mailboxes (" + names + ") (MailboxName))"))
                .isInstanceOf(No.class);
        assertThatThrownBy(() -> read("(mailboxes () (MailboxName))")).isInstanceOf(Bad.class);
        assertThatThrownBy(() -> read("(personal ())")).isInstanceOf(Bad.class);
    }

    private static NotifyFilter read(String text) throws IOException {
        byte[] line = ("t " + text + "\r\n").getBytes(StandardCharsets.US_ASCII);
        WireReader reader = new WireReader(new ByteArrayInputStream(line));
        Decoder in = new Decoder(reader, ImapLimits.DEFAULT, new Enabled(), () -> {});
        in.beginCommand(true);
        in.tag();
        in.expectSp();
        NotifyFilter filter = NotifyFilter.read(in);
        in.expectEnd();
        return filter;
    }
}
