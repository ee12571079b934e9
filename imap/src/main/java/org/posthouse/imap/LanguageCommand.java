package org.posthouse.imap;

import java.io.IOException;
import org.posthouse.imap.ImapException.Bad;
import org.posthouse.imap.ImapException.No;

/// LANGUAGE (RFC 5255 section 3): texts are in English, which is `i-default` too.
final class LanguageCommand implements Command {
    private static final int RANGES_MAX = 50;

    @Override
    public Completed run(Session session, Decoder in) throws IOException {
        String chosen = null;
        int ranges = 0;
        boolean asks = in.atEnd();
        while (in.take(' ')) {
            String range = in.astring();
            if (++ranges > RANGES_MAX) {
                throw new Bad("More than " + RANGES_MAX + " languages");
            }
            if (chosen == null) {
                chosen = served(range);
            }
        }
        in.expectEnd();

        if (asks) {
            session.out().untagged("LANGUAGE (i-default en)");
            return Completed.ok("These are the languages");
        }
        if (chosen == null) {
            throw new No("", "None of these languages is served");
        }
        session.out().untagged("LANGUAGE (" + chosen + ")");
        return Completed.ok("LANGUAGE completed");
    }

    /// The language that a range (RFC 4647 section 3.3.1) stands for, or null. `default` asks for the server's.
    private static String served(String range) {
        if (range.equalsIgnoreCase("default") || range.equalsIgnoreCase("i-default")) {
            return "i-default";
        }
        return range.equals("*") || range.equalsIgnoreCase("en") ? "en" : null;
    }
}
