package org.posthouse.imap;

import java.io.IOException;
import org.posthouse.imap.FetchPlan.Attribute;
import org.posthouse.imap.FetchPlan.Binary;
import org.posthouse.imap.FetchPlan.Bytes;
import org.posthouse.imap.FetchPlan.Item;
import org.posthouse.mail.Headers;
import org.posthouse.mail.MailDate;
import org.posthouse.mailstore.MessageRow;

/// Writes the items of one message: from its row, from its summary where that has them, else from its body.
///
/// @param summary null if none is wanted or there is none
record FetchItems(Session session, MessageRow row, OpenMessage message, Summary summary) {

    /// What cannot be shown is found before the first byte of the line is written.
    ///
    /// @throws ImapException.No for a part in an encoding that is not known here
    void check(FetchPlan plan) throws IOException {
        for (Item item : plan.items()) {
            if (item instanceof Binary binary) {
                BinaryPart _ = BinaryPart.of(binary.section(), message);
            }
        }
    }

    void write(Item item) throws IOException {
        switch (item) {
            case Attribute attribute -> write(attribute);
            case Bytes bytes -> write(bytes);
            case Binary binary -> write(binary);
        }
    }

    private void write(Attribute attribute) throws IOException {
        Responses out = session.out();
        switch (attribute) {
            case UID -> out.text("UID ").number(row.uid());
            case FLAGS ->
                out.text("FLAGS ").flags(row.flags(), session.selected().recent(row.uid()));
            case INTERNALDATE -> date(out.text("INTERNALDATE "), row.internalDateSeconds(), row.zoneMinutes());
            case MODSEQ -> out.text("MODSEQ (").number(row.modSeq()).octet(')');
            case SIZE -> out.text("RFC822.SIZE ").number(row.size());
            case ENVELOPE -> {
                out.text("ENVELOPE ");
                if (summary != null && summary.hasEnvelope()) {
                    summary.envelope(out);
                } else {
                    new MessageWriter(out).envelope(message.headers());
                }
            }
            case BODY -> structure(out.text("BODY "), false);
            case BODYSTRUCTURE -> structure(out.text("BODYSTRUCTURE "), true);
            case EMAILID ->
                out.text("EMAILID (").text(ObjectIds.email(row.bodyId())).octet(')');
            case THREADID -> {
                String thread = ObjectIds.thread(headers());
                out.text("THREADID ").text(thread == null ? "NIL" : "(" + thread + ")");
            }
            case SAVEDATE -> date(out.text("SAVEDATE "), row.savedSeconds(), 0);
            case PREVIEW -> {
                out.text("PREVIEW ");
                if (summary != null && summary.hasPreview()) {
                    summary.preview(out);
                } else {
                    new MessageWriter(out).preview(message);
                }
            }
            case PREVIEW_LAZY -> {
                out.text("PREVIEW ");
                if (summary != null && summary.hasPreview()) {
                    summary.preview(out);
                } else {
                    out.text("NIL"); // not at hand (RFC 8970 section 4.1)
                }
            }
        }
    }

    private static void date(Responses out, long seconds, int zoneMinutes) {
        out.octet('"').text(new MailDate(seconds, zoneMinutes).toImap()).octet('"');
    }

    private void structure(Responses out, boolean extended) throws IOException {
        if (summary != null && summary.hasStructure(extended)) {
            summary.structure(extended, out);
        } else {
            new MessageWriter(out).structure(message.structure(), extended);
        }
    }

    private Headers headers() throws IOException {
        return summary != null && summary.hasFields() ? summary.headers() : message.headers();
    }

    private void write(Bytes bytes) throws IOException {
        Responses out = session.out();
        if (summary != null && bytes.kept() != Summary.NOT_KEPT && summary.hasFields()) {
            out.text(bytes.section().label()).octet(' ');
            summary.fields(bytes.kept(), out);
        } else {
            new MessageWriter(out).section(bytes.section(), message);
        }
    }

    private void write(Binary binary) throws IOException {
        Responses out = session.out();
        BinaryPart part = BinaryPart.of(binary.section(), message);
        out.text(binary.section().label()).octet(' ');
        if (binary.size()) {
            out.number(part == null ? 0 : part.length());
        } else if (part == null) {
            out.text("NIL");
        } else {
            part.write(binary.section(), out);
        }
    }
}
