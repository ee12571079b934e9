package org.posthouse.imap;

import java.io.IOException;
import org.posthouse.imap.ImapException.Bad;
import org.posthouse.mailstore.MailStore;
import org.posthouse.mailstore.Mailbox;
import org.posthouse.mailstore.MessageRow;

/// The bytes that a URL names, open for reading. Close it.
record UrlContent(OpenMessage message, SectionBytes bytes) implements AutoCloseable {

    /// Looks a URL's message up.
    ///
    /// @param mailbox the one that the URL names
    /// @return null if the URL names nothing that is there
    static UrlContent open(MailStore store, Mailbox mailbox, ImapUrl url, ImapLimits limits) throws IOException {
        if (url.uidValidity() != 0 && url.uidValidity() != mailbox.uidValidity()) {
            return null;
        }
        MessageRow row = store.message(mailbox.id(), url.uid()).orElse(null);
        if (row == null || row.expungedModSeq() != 0) {
            return null;
        }
        Section section;
        try {
            section = Section.ofUrl(url.section(), limits, url.from(), url.count());
        } catch (Bad _) {
            return null;
        }
        OpenMessage message = new OpenMessage(store, row.bodyId());
        boolean found = false;
        try {
            SectionBytes bytes = SectionBytes.of(section, message);
            found = bytes != null;
            return found ? new UrlContent(message, bytes) : null;
        } finally {
            if (!found) {
                message.close();
            }
        }
    }

    @Override
    public void close() {
        message.close();
    }
}
