package org.posthouse.imap;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.posthouse.imap.Decoder.LiteralHead;
import org.posthouse.imap.ImapException.Bad;
import org.posthouse.imap.ImapException.No;
import org.posthouse.mail.Flags;
import org.posthouse.mail.MailDate;
import org.posthouse.mail.Rights;
import org.posthouse.mailstore.Action;
import org.posthouse.mailstore.MailStore.Upload;
import org.posthouse.mailstore.Mailbox;
import org.posthouse.mailstore.NewBody;
import org.posthouse.mailstore.StoreException;

/// Reads the messages that APPEND and REPLACE bring: with flags and date, as a literal (`~{n}` too, RFC 3516), or
/// put together from texts and URLs (CATENATE, RFC 4469). A message goes to the store as it comes in. What can be
/// refused is refused before a client that waits is asked for more.
final class NewMessages {
    private static final int CHUNK_BYTES = 64 << 10;
    private static final int MESSAGES_MAX = 1_000;
    private static final int PARTS_MAX = 1_000;
    /// Messages of one command wait in memory up to here; further ones are sent ahead.
    private static final int WAITING_BYTES_MAX = 512 << 10;

    private final Session session;
    private final Decoder in;
    private final String mailbox;
    private final long freed;
    private final List<Action.NewMessage> messages = new ArrayList<>();
    private long bytes; // of all so far
    private Visible target; // as it was when the last message began

    /// @param mailbox where they are to go
    /// @param freed bytes that go as they come, for the quota
    NewMessages(Session session, Decoder in, String mailbox, long freed) {
        this.session = session;
        this.in = in;
        this.mailbox = mailbox;
        this.freed = freed;
    }

    /// All up to the end of the command.
    Action.Append readAll() throws IOException {
        do {
            if (messages.size() == MESSAGES_MAX) {
                throw new No("LIMIT", "More than " + MESSAGES_MAX + " messages in one APPEND");
            }
            readOne();
        } while (!in.atEnd());
        return append();
    }

    /// One, and nothing behind it.
    Action.Append readOnlyOne() throws IOException {
        readOne();
        in.expectEnd();
        return append();
    }

    private Action.Append append() {
        return new Action.Append(target.mailbox().user(), target.mailbox().name(), messages);
    }

    private void readOne() throws IOException {
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
        boolean catenate = in.takeWord("CATENATE");
        NewBody body = catenate ? catenated() : whole();
        bytes += body.length();
        MailDate given = date == null ? Session.now() : date;
        var stamp = new Action.Stamp(given.seconds(), given.zoneMinutes());
        messages.add(new Action.NewMessage(body, Mailboxes.settable(flags, target.rights()), stamp));
    }

    private NewBody whole() throws IOException {
        boolean utf8 = beginUtf8();
        LiteralHead head = literalHead();
        if (head.bytes() == 0) {
            throw new No("CANNOT", "A message cannot be empty");
        }
        checkSize(head.bytes());
        lookUp();
        checkQuota(head.bytes());
        try (Upload upload = session.store().upload()) {
            receive(head, upload);
            if (utf8) {
                in.expect(')');
            }
            return finish(upload, head.bytes());
        }
    }

    private NewBody catenated() throws IOException {
        in.expectSp();
        in.expect('(');
        lookUp();
        long length = 0;
        try (Upload upload = session.store().upload()) {
            int parts = 0;
            do {
                if (++parts > PARTS_MAX) {
                    throw new No("LIMIT", "More than " + PARTS_MAX + " parts in one CATENATE");
                }
                length += part(upload, length);
            } while (in.take(' '));
            in.expect(')');
            if (length == 0) {
                throw new No("CANNOT", "A message cannot be empty");
            }
            return finish(upload, length);
        }
    }

    /// @return how many bytes came
    private long part(Upload upload, long before) throws IOException {
        String kind = in.keyword();
        in.expectSp();
        switch (kind) {
            case "TEXT" -> {
                LiteralHead head = literalHead();
                check(before + head.bytes());
                receive(head, upload);
                return head.bytes();
            }
            case "URL" -> {
                String text = in.astring();
                try (UrlContent content = content(text)) {
                    check(before + content.bytes().length());
                    content.bytes().copy(content.message(), upload);
                    return content.bytes().length();
                }
            }
            default -> throw new Bad("CATENATE knows TEXT and URL");
        }
    }

    private UrlContent content(String text) throws IOException {
        ImapUrl url = ImapUrl.parse(text).orElseThrow(() -> badUrl(text));
        if (url.user() != null && !url.user().equals(session.user())) {
            throw badUrl(text);
        }
        Mailbox source;
        if (url.mailbox() != null) {
            try {
                source = session.mailbox(url.mailbox(), "NONEXISTENT");
            } catch (No _) {
                throw badUrl(text);
            }
        } else if (session.selected() != null) {
            source = session.store().mailbox(session.selected().mailboxId()).orElseThrow(() -> badUrl(text));
        } else {
            throw badUrl(text);
        }
        UrlContent content = UrlContent.open(session.store(), source, url, session.limits());
        if (content == null) {
            throw badUrl(text);
        }
        return content;
    }

    /// The URL is told only where it can stand in a response code.
    private static No badUrl(String url) {
        boolean clean =
                url.length() <= 1_000 && url.chars().allMatch(c -> c > ' ' && c < 0x7f && "\"\\]".indexOf(c) < 0);
        return new No("BADURL" + (clean ? " \"" + url + "\"" : " \"\""), "Nothing is there by that URL");
    }

    private void check(long length) {
        checkSize(length);
        checkQuota(length);
    }

    private void checkQuota(long more) {
        session.checkQuota(target.mailbox().user(), bytes + more - freed);
    }

    private void lookUp() {
        target = session.mailboxes().get(mailbox, "TRYCREATE", Rights.INSERT);
    }

    /// `UTF8 (~{310}`: a message with UTF-8 in its header (RFC 6855 section 4). Without the word it is taken too, as
    /// RFC 9755 has it, and from clients that never heard of either.
    private boolean beginUtf8() {
        if (!in.takeWord("UTF8")) {
            return false;
        }
        in.expectSp();
        in.expect('(');
        if (!session.enabled().has(Enabled.Extension.UTF8_ACCEPT)) {
            throw new No("CANNOT", "Enable UTF8=ACCEPT first");
        }
        if (in.peek() != '~') {
            throw new Bad("Expected a literal8");
        }
        return true;
    }

    private void checkSize(long length) {
        long most = session.limits().appendBytesMax();
        if (length > most) {
            throw new No("TOOBIG", "Longest message taken is " + most + " bytes");
        }
    }

    private NewBody finish(Upload upload, long length) throws IOException {
        return bytes + length > WAITING_BYTES_MAX && !messages.isEmpty() ? upload.finishAhead() : upload.finish();
    }

    private LiteralHead literalHead() {
        in.take('~');
        return in.literalHead();
    }

    private void receive(LiteralHead head, Upload upload) throws IOException {
        long left = head.bytes();
        byte[] chunk = new byte[Math.clamp(left, 1, CHUNK_BYTES)];
        in.beginLiteral(head);
        try {
            while (left > 0) {
                int taken = in.readLiteral(chunk, (int) Math.min(left, chunk.length));
                left -= taken;
                upload.write(chunk, 0, taken);
            }
            in.endLiteral();
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
