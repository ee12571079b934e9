package org.posthouse.mailstore;

import java.util.ArrayList;
import java.util.List;
import org.posthouse.mail.Flags;

/// A mailbox as the index holds it, with the counts that make STATUS cheap. Mutable: apply decodes one, changes
/// it, and writes it back; readers decode their own.
final class MailboxRow {
    long id;
    String user = "";
    String name = "";
    long uidValidity;
    String specialUse = "";
    long uidNext = 1;
    long firstRecent = 1;
    long highestModSeq = 1;
    long messages;
    long unseen;
    long deleted;
    long bytes;
    /// Of the messages with `\Deleted`.
    long deletedBytes;
    /// Expunges up to this mod-sequence are no longer all in the history.
    long historyFloor;
    /// Deleted: its rows go when an hour has passed.
    boolean dead;

    List<String> keywords = List.of();
    Acl acl = Acl.NONE;

    static MailboxRow decode(byte[] value) {
        ByteReader in = new ByteReader(value);
        MailboxRow row = new MailboxRow();
        row.id = in.number();
        row.user = in.text();
        row.name = in.text();
        row.uidValidity = in.number();
        row.specialUse = in.text();
        row.uidNext = in.number();
        row.firstRecent = in.number();
        row.highestModSeq = in.number();
        row.messages = in.number();
        row.unseen = in.number();
        row.deleted = in.number();
        row.bytes = in.number();
        row.deletedBytes = in.number();
        row.historyFloor = in.number();
        row.dead = in.flag();
        int keywords = in.count();
        if (keywords > 0) {
            List<String> names = new ArrayList<>(keywords);
            for (int i = 0; i < keywords; i++) {
                names.add(in.text());
            }
            row.keywords = List.copyOf(names);
        }
        row.acl = Acl.decode(in);
        return row;
    }

    byte[] encode() {
        ByteWriter out = new ByteWriter(96);
        out.number(id).text(user).text(name).number(uidValidity).text(specialUse);
        out.number(uidNext).number(firstRecent).number(highestModSeq);
        out.number(messages).number(unseen).number(deleted).number(bytes).number(deletedBytes);
        out.number(historyFloor).flag(dead).number(keywords.size());
        keywords.forEach(out::text);
        acl.encode(out);
        return out.done();
    }

    /// Counts a message in (`sign` 1) or out (-1).
    void count(long flagWord, long size, int sign) {
        messages += sign;
        bytes += sign * size;
        if ((flagWord & Flags.SEEN) == 0) {
            unseen += sign;
        }
        if ((flagWord & Flags.DELETED) != 0) {
            deleted += sign;
            deletedBytes += sign * size;
        }
    }

    MailboxStatus status() {
        return new MailboxStatus(
                messages,
                unseen,
                deleted,
                bytes,
                deletedBytes,
                uidNext,
                firstRecent,
                uidValidity,
                highestModSeq,
                keywords);
    }
}
