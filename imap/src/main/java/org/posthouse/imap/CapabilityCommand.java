package org.posthouse.imap;

import java.io.IOException;
import org.posthouse.wire.SaslExchange;

/// CAPABILITY (RFC 3501 section 6.1.1): nothing is listed that does not work.
final class CapabilityCommand implements Command {
    /// ENABLE and IDLE count after login only; but clients that do not ask again (imaplib, fetchmail) look here.
    private static final String ALWAYS = "IMAP4rev1 IMAP4rev2 LITERAL+ SASL-IR ID ENABLE IDLE LANGUAGE";
    private static final String AFTER_LOGIN =
            " INPROGRESS NAMESPACE CHILDREN UIDPLUS MOVE UNSELECT SPECIAL-USE CREATE-SPECIAL-USE"
                    + " LIST-EXTENDED LIST-STATUS LIST-MYRIGHTS LIST-METADATA STATUS=SIZE"
                    + " QUOTA QUOTA=RES-STORAGE ACL RIGHTS=texk METADATA"
                    + " CONDSTORE QRESYNC NOTIFY UIDONLY UTF8=ACCEPT"
                    + " ESEARCH MULTISEARCH SEARCHRES SEARCH=FUZZY PARTIAL WITHIN SORT SORT=DISPLAY ESORT"
                    + " THREAD=ORDEREDSUBJECT THREAD=REFERENCES I18NLEVEL=1"
                    + " MULTIAPPEND CATENATE BINARY REPLACE OBJECTID SAVEDATE PREVIEW URLAUTH APPENDLIMIT=";

    @Override
    public Completed run(Session session, Decoder in) throws IOException {
        in.expectEnd();
        session.out().untagged("CAPABILITY " + of(session));
        return Completed.ok("That is what this server can do");
    }

    /// The list for a session's state, as in `[CAPABILITY ...]`. Clients that log in without asking again must
    /// find there what is true after login too.
    static String of(Session session) {
        if (session.loggedIn()) {
            ImapLimits limits = session.limits();
            String messages = limits.messagesMax() == 0 ? "" : " MESSAGELIMIT=" + limits.messagesMax();
            String compress = session.compressed() ? "" : " COMPRESS=DEFLATE";
            return ALWAYS + AFTER_LOGIN + limits.appendBytesMax() + messages + compress;
        }
        String startTls = session.duplex().offersTls() && !session.secure() ? " STARTTLS" : "";
        return ALWAYS + startTls + (session.loginAllowed() ? mechanisms(session) : " LOGINDISABLED");
    }

    private static String mechanisms(Session session) {
        StringBuilder words = new StringBuilder();
        for (String name :
                SaslExchange.mechanisms(session.duplex(), session.settings().bearers())) {
            words.append(" AUTH=").append(name);
        }
        return words.toString();
    }
}
