package org.posthouse.imap;

import java.io.IOException;
import org.posthouse.imap.ImapException.Bad;
import org.posthouse.imap.ImapException.No;

/// COMPRESS DEFLATE (RFC 4978). Like STARTTLS it answers by itself: its OK is the last thing that is not compressed. A
/// front end knows by that line, word for word, that nothing of its own can be put in from there on.
final class CompressCommand implements Command {
    /// Behind the tag of the answer.
    static final String ANSWER = "DEFLATE active";

    @Override
    public Completed run(Session session, Decoder in) throws IOException {
        in.expectSp();
        String mechanism = in.keyword();
        in.expectEnd();
        if (!mechanism.equals("DEFLATE")) {
            throw new Bad("DEFLATE is the only compression");
        }
        if (session.compressed()) {
            throw new No("COMPRESSIONACTIVE", "DEFLATE is active already");
        }
        if (!session.mayCompress()) {
            throw new No("LIMIT", "Too many compressed connections at the moment");
        }
        session.out().tagged(session.tag(), "OK", "", ANSWER);
        session.compress();
        return Completed.ANSWERED;
    }
}
