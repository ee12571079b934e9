package org.posthouse.imap;

import java.io.IOException;
import org.posthouse.mail.MailboxNames;
import org.posthouse.mail.Rights;

/// A LIST line that was not asked for by LIST: of a mailbox whose name is another than the client knows or said
/// (RFC 9051 section 6.3.9.7), or that something has happened to (RFC 5465 section 5.4).
final class ListLine {
    /// Attributes of what is no mailbox.
    static final String NONE = "\\NonExistent";

    private ListLine() {}

    /// What is to be said of a mailbox. Whether another's has children depends on who asks, and is not said.
    static String attributes(Visible visible) {
        if (!visible.own()) {
            return visible.rights().has(Rights.READ) ? "" : "\\Noselect";
        }
        String use = visible.specialUse().isEmpty() ? "" : " " + visible.specialUse();
        return (visible.mailbox().hasChildren() ? "\\HasChildren" : "\\HasNoChildren") + use;
    }

    /// Writes it.
    ///
    /// @param name Unicode
    /// @param oldName Unicode; `""` for none
    static void write(Responses out, String attributes, String name, String oldName) throws IOException {
        out.text("* LIST (").text(attributes).text(") \"/\" ").mailbox(MailboxNames.encode(name));
        if (!oldName.isEmpty()) {
            out.text(" (\"OLDNAME\" (").mailbox(MailboxNames.encode(oldName)).text("))");
        }
        out.endLine();
    }

    /// Tells a client of IMAP4rev2 the name that a command went by, if that is not the one it said.
    static void correct(Session session, String attributes, String name, String said) throws IOException {
        if (session.rev2() && !said.equals(name)) {
            write(session.out(), attributes, name, said);
        }
    }
}
