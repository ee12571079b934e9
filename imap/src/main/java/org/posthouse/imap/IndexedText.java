package org.posthouse.imap;

import java.io.IOException;
import java.util.IdentityHashMap;
import java.util.Optional;
import org.posthouse.fulltext.Matches;
import org.posthouse.fulltext.TextIndex.Where;
import org.posthouse.imap.TextSearch.Needle;

/// Says for one search which messages contain a text: the index where that is certain of it, else by reading them. The
/// index is asked once for each text, when it is first needed.
final class IndexedText {
    /// A message that may have to be read.
    @FunctionalInterface
    interface ToRead {
        /// @throws ImapException.No if there is no time left to do so
        OpenMessage open() throws IOException;
    }

    private final Optional<FullText> index;
    private final int messages;
    private final Runnable check;
    private final IdentityHashMap<Needle, Optional<Matches>> asked = new IdentityHashMap<>();

    /// @param messages in the mailbox
    /// @param check called now and then; what it throws ends the search
    IndexedText(Optional<FullText> index, int messages, Runnable check) {
        this.index = index;
        this.messages = messages;
        this.check = check;
    }

    /// How relevant a message is: 0 if it does not contain the text.
    ///
    /// @param message opened only if it has to be read
    int relevance(Needle needle, Where where, long body, ToRead message) throws IOException {
        Optional<Matches> found = asked.computeIfAbsent(needle, _ -> ask(needle, where));
        int known = found.map(matches -> matches.relevance(body)).orElse(Matches.UNKNOWN);
        boolean certain = known == 0 || (known > 0 && needle.query().decides());
        return certain ? known : TextSearch.in(message.open(), where, needle);
    }

    private Optional<Matches> ask(Needle needle, Where where) {
        return index.flatMap(some -> some.find(needle.query(), where, messages, check));
    }
}
