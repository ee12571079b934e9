package org.posthouse.mailstore;

import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.posthouse.mailstore.Action.Done;
import org.posthouse.mailstore.StoreException.Kind;

/// The exactly-once records of one session: one row with all of them, since few are kept. A refusal is not
/// recorded: it changed nothing, so a repeat may as well be decided anew.
final class SessionRecords {
    private final long queuedElapsed;
    private long touchedElapsed;
    private long forwarded;
    private final List<Kept> kept = new ArrayList<>();

    /// One command's.
    private record Kept(long number, long requestHash, byte[] answer) {
        Kept {
            assert answer.length > 0;
        }
    }

    private SessionRecords(long queuedElapsed) {
        this.queuedElapsed = queuedElapsed;
    }

    private static SessionRecords decode(byte[] value) {
        ByteReader in = new ByteReader(value);
        SessionRecords records = new SessionRecords(in.number());
        records.touchedElapsed = in.number();
        records.forwarded = in.number();
        int count = in.count();
        for (int i = 0; i < count; i++) {
            records.kept.add(new Kept(in.number(), in.fixed64(), in.blob()));
        }
        return records;
    }

    private byte[] encode() {
        ByteWriter out = new ByteWriter(96);
        out.number(queuedElapsed).number(touchedElapsed).number(forwarded).number(kept.size());
        for (Kept each : kept) {
            out.number(each.number).fixed64(each.requestHash).blob(each.answer);
        }
        return out.done();
    }

    /// The recorded answer to a command, or null if it has not been carried out.
    ///
    /// @throws StoreException if it must not be carried out now
    static byte[] recorded(Work work, CommandId command, long requestHash) {
        byte[] value = work.rows.get(Keys.session(command.session()));
        if (value == null) {
            if (work.meta.sessions >= Limits.SESSIONS_MAX) {
                throw new StoreException(Kind.OVERLOADED, "too many sessions have unfinished commands");
            }
            return null;
        }
        SessionRecords records = decode(value);
        for (Kept each : records.kept) {
            if (each.number == command.number()) {
                if (each.requestHash != requestHash) {
                    throw new StoreException(Kind.REPEAT_DIFFERS, "the command's number was used for another one");
                }
                return each.answer;
            }
        }
        if (command.number() <= records.forwarded) {
            throw new StoreException(Kind.REFUSED, "the command was answered before");
        }
        records.drop(command.forwarded());
        if (records.kept.size() >= Limits.SESSION_RECORDS_MAX) {
            throw new StoreException(Kind.OVERLOADED, "too many answers are still on their way to the client");
        }
        return null;
    }

    /// Records an answer.
    static void record(Work work, CommandId command, long requestHash, byte[] answer) {
        byte[] key = Keys.session(command.session());
        byte[] value = work.rows.get(key);
        SessionRecords records;
        if (value == null) {
            records = new SessionRecords(work.meta.elapsedMillis);
            work.meta.sessions++;
            work.queue(Expiry.SESSION, key);
        } else {
            records = decode(value);
        }
        records.drop(command.forwarded());
        records.touchedElapsed = work.meta.elapsedMillis;
        records.kept.add(new Kept(command.number(), requestHash, answer));
        work.rows.put(key, records.encode());
    }

    private void drop(long upTo) {
        forwarded = Math.max(forwarded, upTo);
        kept.removeIf(each -> each.number <= forwarded);
    }

    static Done forget(Work work, UUID session) {
        byte[] key = Keys.session(session);
        if (work.rows.get(key) != null) {
            work.rows.delete(key);
            work.meta.sessions--;
        }
        return new Done();
    }

    /// Whether a session's row holds the record of a command.
    static boolean has(byte[] value, long number) {
        return decode(value).kept.stream().anyMatch(each -> each.number == number);
    }

    /// When the session of a row was last heard of, in elapsed time.
    static long touched(byte[] value) {
        return decode(value).touchedElapsed;
    }
}
