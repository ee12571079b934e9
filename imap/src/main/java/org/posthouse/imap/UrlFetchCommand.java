package org.posthouse.imap;

import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.posthouse.imap.ImapException.Bad;
import org.posthouse.mailstore.MailStore;
import org.posthouse.mailstore.Mailbox;
import org.posthouse.mailstore.StoreException;

/// URLFETCH (RFC 4467 section 7): what signed URLs name, each in a line of its own; NIL where a URL names nothing, is
/// not signed, not for this user, or not valid any more. Which of these it is, is not told.
final class UrlFetchCommand implements Command {
    private static final int URLS_MAX = 100;

    @Override
    public Completed run(Session session, Decoder in) throws IOException {
        List<String> urls = new ArrayList<>();
        do {
            in.expectSp();
            urls.add(in.astring());
            if (urls.size() > URLS_MAX) {
                throw new Bad("More than " + URLS_MAX + " URLs");
            }
        } while (!in.atEnd());

        for (String url : urls) {
            line(session, url);
        }
        return Completed.ok("URLFETCH completed");
    }

    private static void line(Session session, String text) throws IOException {
        Responses out = session.out();
        try (UrlContent content = content(session, text)) {
            out.text("* URLFETCH ").string(text).octet(' ');
            if (content == null) {
                out.text("NIL");
            } else {
                new MessageWriter(out).bytes(content.bytes(), content.message());
            }
            out.endLine();
        }
    }

    private static UrlContent content(Session session, String text) throws IOException {
        ImapUrl url = ImapUrl.parse(text).orElse(null);
        boolean usable = url != null && url.token() != null && url.user() != null && url.mailbox() != null;
        if (!usable || !UrlAuth.allows(url, session.user(), Instant.now())) {
            return null;
        }
        MailStore store = session.store();
        try {
            // The store makes the INBOX of whoever is named.
            Mailbox mailbox = session.mailboxes().knows(url.user())
                    ? store.mailbox(url.user(), url.mailbox()).orElse(null)
                    : null;
            byte[] key = mailbox == null
                    ? null
                    : store.urlKey(mailbox.id(), url.user()).orElse(null);
            return key == null || !UrlAuth.signed(url, key)
                    ? null
                    : UrlContent.open(store, mailbox, url, session.limits());
        } catch (StoreException e) {
            boolean unreadable = e.kind() == StoreException.Kind.CORRUPT || e.kind() == StoreException.Kind.GONE;
            if (!unreadable) {
                throw e;
            }
            return null;
        }
    }
}
