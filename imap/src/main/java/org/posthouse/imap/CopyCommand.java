package org.posthouse.imap;

import java.io.IOException;
import java.util.List;
import org.posthouse.imap.ImapException.No;
import org.posthouse.mail.Rights;
import org.posthouse.mail.UidSet;
import org.posthouse.mailstore.Action;
import org.posthouse.mailstore.Mailbox;
import org.posthouse.mailstore.MessageRow;
import org.posthouse.mailstore.StoreException;

/// COPY and UID COPY (RFC 3501 section 6.4.7) with COPYUID (RFC 4315 section 3): all or nothing.
final class CopyCommand implements Command {
    private final boolean byUid;

    CopyCommand(boolean byUid) {
        this.byUid = byUid;
    }

    @Override
    public Completed run(Session session, Decoder in) throws IOException {
        in.expectSp();
        SequenceSet set = in.sequenceSet();
        in.expectSp();
        String name = in.mailbox();
        in.expectEnd();

        Selected selected = session.selected();
        UidSet uids = selected.uids(selected.sequences(set, byUid));
        int messagesMax = session.limits().messagesMax();
        if (messagesMax > 0 && uids.count() > messagesMax) {
            throw new No(Limited.code(messagesMax), "Too many messages for one command");
        }
        Visible visible = session.mailboxes().get(name, "TRYCREATE", Rights.INSERT);
        Mailbox target = visible.mailbox();
        if (uids.isEmpty()) {
            return Completed.ok("No messages copied");
        }
        long bytes = 0;
        for (MessageRow row : session.store().messages(selected.mailboxId(), uids)) {
            bytes += row.size();
        }
        session.checkQuota(target.user(), bytes);
        try {
            Action.Copied copied =
                    session.execute(new Action.Copy(selected.mailboxId(), uids, target.id(), visible.rights()));
            return new Completed(copyUid(copied), "COPY completed");
        } catch (StoreException e) {
            throw missingTarget(e);
        }
    }

    /// A target that went meanwhile is one to create.
    static RuntimeException missingTarget(StoreException e) {
        return e.kind() == StoreException.Kind.NO_SUCH_MAILBOX ? new No("TRYCREATE", "No such mailbox") : e;
    }

    /// `COPYUID validity from to`, both sets in the order of the pairs.
    static String copyUid(Action.Copied copied) {
        return "COPYUID " + copied.uidValidity() + " " + ordered(copied.from()) + " " + ordered(copied.to());
    }

    private static String ordered(List<Long> uids) {
        StringBuilder text = new StringBuilder();
        for (int first = 0; first < uids.size(); ) {
            int last = first;
            while (last + 1 < uids.size() && uids.get(last + 1) == uids.get(last) + 1) {
                last++;
            }
            text.append(first == 0 ? "" : ",").append(uids.get(first));
            if (last > first) {
                text.append(':').append(uids.get(last));
            }
            first = last + 1;
        }
        return text.toString();
    }
}
