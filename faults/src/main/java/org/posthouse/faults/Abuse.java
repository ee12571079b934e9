package org.posthouse.faults;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Random;

/// Things that no well-behaved client does, tried one after the other. Each says what came of it; one that shows a
/// fault throws.
final class Abuse {
    /// How long a server may take to answer, or to hang up.
    static final Duration ANSWER_LIMIT = Duration.ofSeconds(60);

    /// Attempts at a password that a server may allow on one connection.
    static final int PASSWORDS_MAX = 20;

    /// Where the abused server is, and who has a mailbox there.
    record Victim(
            InetSocketAddress smtp, InetSocketAddress submission, InetSocketAddress imap, String user, Random random) {}

    /// One thing to try.
    record Probe(String name, Attempt attempt) {}

    /// What is done.
    interface Attempt {
        /// Does it.
        ///
        /// @return what the server did
        /// @throws Misbehaved if the server did what it must not
        /// @throws IOException if the server is of no use any more
        String on(Victim victim) throws IOException, Misbehaved;
    }

    /// A server did what it must not do.
    static final class Misbehaved extends Exception {
        Misbehaved(String how) {
            super(how);
        }
    }

    private Abuse() {}

    /// A line of this many bytes in all but its end.
    static byte[] longLine(String start, int lengthBytes) {
        return (start + "x".repeat(lengthBytes - start.length()) + "\r\n").getBytes(StandardCharsets.US_ASCII);
    }

    static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    /// The first 60 characters, with what cannot be printed replaced.
    static String brief(String answer) {
        String printable = answer.replaceAll("[^ -~]", "?");
        return printable.length() <= 60 ? printable : printable.substring(0, 57) + "...";
    }

    /// Messages that no parser likes; a mail store has to keep them as they are.
    static List<String> brokenMessages() {
        String multipart = "Content-Type: multipart/mixed; boundary=b\r\n\r\n";
        return List.of(
                multipart + "--b\r\nContent-Type: text/plain\r\n\r\nnever ended\r\n",
                multipart + "no boundary at all\r\n",
                "Content-Type: multipart/mixed\r\n\r\n--\r\n--\r\n----\r\n",
                "no header here, just a line\r\nand another\r\n",
                "Subject: no empty line behind the head\r\nX: y\r\n",
                ": no name\r\n  folded nothing\r\n\r\nbody\r\n",
                "Subject: \u00ff\u00fe\u0080 raw bytes \u00e4\r\nFrom: <<>>,;:\"\r\nTo: \"open\r\n\r\n \u00a0\r\n",
                "Content-Type: ;;;=\r\nContent-Transfer-Encoding: base64\r\n\r\n!!!! not base64 ====\r\n",
                "Content-Type: message/rfc822\r\n\r\n" + "Content-Type: message/rfc822\r\n\r\n".repeat(150)
                        + "deep\r\n",
                nested(100),
                "Subject: " + "long ".repeat(180) + "\r\n\r\n.\r\n..\r\nend without line end",
                "Subject: =?utf-8?B?gICA?= =?x?y?z?=\r\nDate: yesterday\r\nMessage-ID: <>\r\n\r\n\r\n\r\n");
    }

    private static String nested(int depth) {
        StringBuilder text = new StringBuilder();
        for (int level = 0; level < depth; level++) {
            text.append("Content-Type: multipart/mixed; boundary=\"l")
                    .append(level)
                    .append("\"\r\n\r\n--l")
                    .append(level)
                    .append("\r\n");
        }
        return text.append("\r\nbottom\r\n").toString();
    }
}
