package org.posthouse.smtp;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/// EHLO, LHLO and HELO: RFC 5321 section 4.1.1.1, RFC 2033 section 4.1.
final class HelloCommand {
    private static final int NAME_CHARS_MAX = 255;

    private HelloCommand() {}

    static Answer extended(SmtpSession session, String arguments) throws IOException {
        if (!acceptable(arguments)) {
            return new Answer(501, "5.5.4", "who are you?");
        }
        session.hello(arguments, true);
        session.replyLines(250, extensions(session));
        return null;
    }

    static Answer plain(SmtpSession session, String arguments) throws IOException {
        if (!acceptable(arguments)) {
            return new Answer(501, "5.5.4", "who are you?");
        }
        session.hello(arguments, false);
        session.reply(250, session.options().hostName());
        return null;
    }

    /// One word that can stand in a trace header. Many clients give names that are no domains; none are refused.
    private static boolean acceptable(String name) {
        return !name.isEmpty()
                && name.length() <= NAME_CHARS_MAX
                && name.chars().allMatch(c -> c > ' ' && c != 0x7f && "()<>;\"\\,".indexOf(c) < 0);
    }

    private static List<String> extensions(SmtpSession session) {
        List<String> lines = new ArrayList<>();
        lines.add(session.options().hostName());
        lines.add("PIPELINING");
        lines.add("SIZE " + session.options().sizeBytesMax());
        lines.add("8BITMIME");
        lines.add("SMTPUTF8");
        lines.add("ENHANCEDSTATUSCODES");
        if (session.conversation().offersTls()) {
            lines.add("STARTTLS");
        }
        if (Verb.AUTH.knownTo(session.role()) && AuthCommand.possible(session)) {
            lines.add("AUTH " + AuthCommand.mechanisms(session));
        }
        return lines;
    }
}
