package org.posthouse.imap;

import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.posthouse.imap.ImapException.Bad;
import org.posthouse.imap.ImapException.No;
import org.posthouse.mail.Rights;
import org.posthouse.mailstore.Action;
import org.posthouse.mailstore.Mailbox;

/// GENURLAUTH (RFC 4467 section 7): signs URLs of messages in the user's own mailboxes.
final class GenUrlAuthCommand implements Command {
    private static final int URLS_MAX = 100;

    private record Wanted(String text, ImapUrl url) {}

    @Override
    public Completed run(Session session, Decoder in) throws IOException {
        List<Wanted> wanted = new ArrayList<>();
        do {
            in.expectSp();
            String text = in.astring();
            in.expectSp();
            String mechanism = in.keyword();
            if (!mechanism.equals(UrlAuth.MECHANISM)) {
                throw new Bad("The only mechanism is " + UrlAuth.MECHANISM);
            }
            wanted.add(new Wanted(text, check(session, text)));
            if (wanted.size() > URLS_MAX) {
                throw new Bad("More than " + URLS_MAX + " URLs");
            }
        } while (!in.atEnd());

        List<String> signed = new ArrayList<>();
        for (Wanted each : wanted) {
            Visible visible = session.mailboxes().get(each.url.mailbox(), "NONEXISTENT", Rights.READ);
            if (!visible.own()) {
                throw new No("CANNOT", "Only URLs of one's own mailboxes are signed");
            }
            Mailbox mailbox = visible.mailbox();
            String token = UrlAuth.token(key(session, mailbox), each.text);
            signed.add(each.text + ":" + UrlAuth.MECHANISM + ":" + token);
        }
        session.out().text("* GENURLAUTH");
        for (String url : signed) {
            session.out().octet(' ').string(url);
        }
        session.out().endLine();
        return Completed.ok("GENURLAUTH completed");
    }

    private static ImapUrl check(Session session, String text) {
        ImapUrl url = ImapUrl.parse(text).orElseThrow(() -> new Bad("Not the URL of a message"));
        if (url.access() == null || url.token() != null || !text.equals(url.rump())) {
            throw new Bad("The URL must end with URLAUTH and an access");
        }
        if (!session.user().equals(url.user())) {
            throw new Bad("The URL must name the user who is logged in");
        }
        if (url.expires() != null && !Instant.now().isBefore(url.expires())) {
            throw new Bad("The URL has expired");
        }
        return url;
    }

    private static byte[] key(Session session, Mailbox mailbox) {
        return session.store().urlKey(mailbox.id(), session.user()).orElseGet(() -> session.execute(
                        new Action.MakeUrlKey(mailbox.id(), session.user(), UrlAuth.newKey()))
                .key());
    }
}
