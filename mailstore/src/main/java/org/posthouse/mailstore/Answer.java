package org.posthouse.mailstore;

import java.util.ArrayList;
import java.util.List;
import org.posthouse.mail.UidSet;
import org.posthouse.mailstore.Action.Appended;
import org.posthouse.mailstore.Action.Copied;
import org.posthouse.mailstore.Action.Created;
import org.posthouse.mailstore.Action.Delivered;
import org.posthouse.mailstore.Action.Done;
import org.posthouse.mailstore.Action.Expunged;
import org.posthouse.mailstore.Action.Placed;
import org.posthouse.mailstore.Action.RecentClaimed;
import org.posthouse.mailstore.Action.Stored;
import org.posthouse.mailstore.Action.UrlKey;

/// What apply answers to whoever proposed the entry: a result, which is also what an exactly-once record keeps,
/// or a refusal.
final class Answer {
    private static final int RESULT = 0;
    private static final int REFUSAL = 1;

    private static final int DELIVERED = 1;
    private static final int APPENDED = 2;
    private static final int STORED = 3;
    private static final int COPIED = 4;
    private static final int EXPUNGED = 5;
    private static final int CREATED = 6;
    private static final int CLAIMED = 7;
    private static final int DONE = 8;
    private static final int NUMBER = 9;
    private static final int URL_KEY = 10;

    private Answer() {}

    static byte[] refusal(StoreException refusal) {
        return new ByteWriter()
                .octet(REFUSAL)
                .text(refusal.kind().name())
                .text(String.valueOf(refusal.getMessage()))
                .done();
    }

    /// A result other than an action's: the epoch of an `Open`, how much an `Expire` left.
    static byte[] number(long value) {
        return new ByteWriter(12).octet(RESULT).octet(NUMBER).number(value).done();
    }

    static byte[] result(Object result) {
        ByteWriter out = new ByteWriter().octet(RESULT);
        switch (result) {
            case Delivered delivered -> {
                out.octet(DELIVERED).number(delivered.placed().size());
                for (Placed placed : delivered.placed()) {
                    out.number(placed.mailboxId()).number(placed.uid()).flag(placed.repeated());
                }
            }
            case Appended appended ->
                out.octet(APPENDED)
                        .number(appended.mailboxId())
                        .number(appended.uidValidity())
                        .uids(appended.uids());
            case Stored stored ->
                out.octet(STORED).number(stored.modSeq()).uids(stored.changed()).uids(stored.modified());
            case Copied copied ->
                out.octet(COPIED)
                        .number(copied.uidValidity())
                        .uids(UidSet.of(copied.from()))
                        .uids(UidSet.of(copied.to()));
            case Expunged expunged ->
                out.octet(EXPUNGED).number(expunged.modSeq()).uids(expunged.uids());
            case Created created ->
                out.octet(CREATED).number(created.mailboxId()).number(created.uidValidity());
            case RecentClaimed claimed -> out.octet(CLAIMED).number(claimed.firstRecent());
            case UrlKey key -> out.octet(URL_KEY).blob(key.key());
            case Done _ -> out.octet(DONE);
            default -> throw new IllegalArgumentException("no result: " + result);
        }
        return out.done();
    }

    /// The result.
    ///
    /// @throws StoreException if it is a refusal
    static Object decode(byte[] answer) {
        ByteReader in = new ByteReader(answer);
        if (in.octet() == REFUSAL) {
            throw new StoreException(StoreException.Kind.valueOf(in.text()), in.text());
        }
        int tag = in.octet();
        return switch (tag) {
            case DELIVERED -> {
                int count = in.count();
                List<Placed> placed = new ArrayList<>(count);
                for (int i = 0; i < count; i++) {
                    placed.add(new Placed(in.number(), in.number(), in.flag()));
                }
                yield new Delivered(placed);
            }
            case APPENDED -> new Appended(in.number(), in.number(), in.uids());
            case STORED -> new Stored(in.number(), in.uids(), in.uids());
            case COPIED -> new Copied(in.number(), list(in.uids()), list(in.uids()));
            case EXPUNGED -> new Expunged(in.number(), in.uids());
            case CREATED -> new Created(in.number(), in.number());
            case CLAIMED -> new RecentClaimed(in.number());
            case URL_KEY -> new UrlKey(in.blob());
            case DONE -> new Done();
            case NUMBER -> in.number();
            default -> throw new IllegalArgumentException("an answer of unknown kind " + tag);
        };
    }

    private static List<Long> list(UidSet set) {
        return set.stream().boxed().toList();
    }
}
