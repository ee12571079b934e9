package org.posthouse.imap;

import java.io.IOException;
import java.util.List;
import org.posthouse.imap.Decoder.LiteralHead;
import org.posthouse.imap.ImapException.Bad;
import org.posthouse.imap.ImapException.No;
import org.posthouse.mail.Flags;
import org.posthouse.mail.MailDate;
import org.posthouse.mail.Rights;
import org.posthouse.mailstore.Action;
import org.posthouse.mailstore.MailStore;
import org.posthouse.mailstore.Mailbox;
import org.posthouse.mailstore.NewBody;
import org.posthouse.mailstore.StoreException;

/// APPEND (RFC 3501 section 6.3.11) with APPENDUID (RFC 4315). The message goes to the store as it comes in. What
/// can be refused is refused before a client that waits is asked for it.
final class AppendCommand implements Command {
    private static final int CHUNK_BYTES = 64 << 10;

    @Override
    public Completed run(Session session, Decoder in) throws IOException {
        in.expectSp();
        String name = in.mailbox();
        in.expectSp();
        Flags flags = Flags.NONE;
        if (in.peek() == '(') {
            flags = in.flagList();
            in.expectSp();
        }
        MailDate date = null;
        if (in.peek() == '"') {
            date = date(in);
            in.expectSp();
        }
        boolean utf8 = in.takeWord("UTF8");
        if (utf8) {
            beginUtf8(session, in);
        }
        LiteralHead head = in.literalHead();
        if (head.bytes() > session.limits().appendBytesMax()) {
            throw new No(
                    "TOOBIG", "Longest message taken is " + session.limits().appendBytesMax() + " bytes");
        }
        if (head.bytes() == 0) {
            throw new No("CANNOT", "A message cannot be empty");
        }
        Visible target = session.mailboxes().get(name, "TRYCREATE", Rights.INSERT);
        session.checkQuota(target.mailbox().user(), head.bytes());

        NewBody body = receive(session, in, head, utf8);
        MailDate given = date == null ? Session.now() : date;
        var stamp = new Action.Stamp(given.seconds(), given.zoneMinutes());
        Flags settable = Mailboxes.settable(flags, target.rights());
        Mailbox mailbox = target.mailbox();
        var append = new Action.Append(
                mailbox.user(), mailbox.name(), List.of(new Action.NewMessage(body, settable, stamp)));
        Action.Appended appended = append(session, append);
        return new Completed("APPENDUID " + appended.uidValidity() + " " + appended.uids(), "APPEND completed");
    }

    /// A mailbox that went while the message came is one to create.
    private static Action.Appended append(Session session, Action.Append append) {
        try {
            return session.execute(append);
        } catch (StoreException e) {
            if (e.kind() == StoreException.Kind.NO_SUCH_MAILBOX) {
                throw new No("TRYCREATE", "No such mailbox");
            }
            throw e;
        }
    }

    /// `UTF8 (~{310}`: a message with UTF-8 in its header (RFC 6855 section 4). Without the word it is taken too, as
    /// RFC 9755 has it, and from clients that never heard of either.
    private static void beginUtf8(Session session, Decoder in) {
        in.expectSp();
        in.expect('(');
        in.expect('~');
        if (!session.enabled().has(Enabled.Extension.UTF8_ACCEPT)) {
            throw new No("CANNOT", "Enable UTF8=ACCEPT first");
        }
    }

    private static NewBody receive(Session session, Decoder in, LiteralHead head, boolean utf8) throws IOException {
        long left = head.bytes();
        byte[] chunk = new byte[(int) Math.min(left, CHUNK_BYTES)];
        in.beginLiteral(head);
        try (MailStore.Upload upload = session.store().upload()) {
            while (left > 0) {
                int taken = in.readLiteral(chunk, (int) Math.min(left, chunk.length));
                left -= taken;
                upload.write(chunk, 0, taken);
            }
            in.endLiteral();
            if (utf8) {
                in.expect(')');
            }
            in.expectEnd();
            return upload.finish();
        } catch (StoreException e) {
            if (left > 0) {
                in.skip(left); // the rest of the literal is no command
                in.endLiteral();
            }
            throw e;
        }
    }

    private static MailDate date(Decoder in) throws IOException {
        try {
            return MailDate.ofImap(in.string());
        } catch (IllegalArgumentException e) {
            throw new Bad("Invalid date-time");
        }
    }
}
