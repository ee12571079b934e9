package org.posthouse.imap;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.posthouse.imap.ImapException.Bad;
import org.posthouse.imap.ImapException.No;
import org.posthouse.mail.BaseSubject;
import org.posthouse.mail.Headers;
import org.posthouse.mail.MessageIds;
import org.posthouse.mail.MessageThread;
import org.posthouse.mail.OrderedSubject;
import org.posthouse.mail.References;
import org.posthouse.mail.ThreadedMessage;
import org.posthouse.mail.UidSet;
import org.posthouse.mail.UnicodeCasemap;
import org.posthouse.mailstore.MessageRow;

/// THREAD and UID THREAD (RFC 5256 section 3), by ORDEREDSUBJECT or REFERENCES.
final class ThreadCommand implements Command {
    private static final int MESSAGES_MAX = 1_000_000;

    private final boolean byUid;

    ThreadCommand(boolean byUid) {
        this.byUid = byUid;
    }

    @Override
    public Completed run(Session session, Decoder in) throws IOException {
        in.expectSp();
        String algorithm = in.keyword();
        boolean references = algorithm.equals("REFERENCES");
        if (!references && !algorithm.equals("ORDEREDSUBJECT")) {
            throw new Bad("No such threading algorithm");
        }
        in.expectSp();
        SearchKey key = new SearchParser(in, session.limits()).readBehindCharset();
        in.expectEnd();

        session.progress().begin(2L * session.selected().size()); // what is found is looked at again
        UidSet found = new Search(session, key).run();
        session.progress().left(found.count());
        if (found.count() > MESSAGES_MAX) {
            throw new No("LIMIT", "More than " + MESSAGES_MAX + " messages cannot be threaded");
        }
        List<ThreadedMessage> messages = messages(session, found);
        List<MessageThread> threads =
                references ? References.threads(messages, session::checkTime) : OrderedSubject.threads(messages);
        write(session.out(), threads);
        return Completed.ok(byUid ? "UID THREAD completed" : "THREAD completed");
    }

    private static void write(Responses out, List<MessageThread> threads) throws IOException {
        out.text(threads.isEmpty() ? "* THREAD" : "* THREAD ");
        MessageThread.Sink sink = new MessageThread.Sink() {
            @Override
            public void text(String text) {
                out.text(text);
            }

            @Override
            public void number(long number) {
                out.number(number);
            }
        };
        threads.forEach(thread -> thread.write(sink));
        out.endLine();
    }

    private List<ThreadedMessage> messages(Session session, UidSet found) throws IOException {
        List<ThreadedMessage> messages = new ArrayList<>();
        for (int range = 0; range < found.ranges(); range++) {
            for (long first = found.first(range); first <= found.last(range); first += RowBatch.SIZE) {
                long last = Math.min(found.last(range), first + RowBatch.SIZE - 1);
                session.progress().step((int) (last - first + 1));
                RowBatch rows = new RowBatch(session, UidSet.range(first, last));
                for (long sequence = first; sequence <= last; sequence++) {
                    MessageRow row = rows.row(session.selected().uid(sequence));
                    if (row != null) {
                        messages.add(message(byUid ? row.uid() : sequence, row, rows.headers(row)));
                    }
                }
                rows.done();
            }
        }
        return messages;
    }

    private static ThreadedMessage message(long number, MessageRow row, Headers headers) {
        BaseSubject subject = BaseSubject.of(headers.first("Subject"));
        List<String> references = MessageIds.all(headers.first("References"));
        if (references.isEmpty()) {
            String answered = MessageIds.first(headers.first("In-Reply-To"));
            references = answered == null ? List.of() : List.of(answered);
        }
        return new ThreadedMessage(
                number,
                UnicodeCasemap.key(subject.text()),
                subject.replyOrForward(),
                SortOrder.sentSeconds(row, headers),
                MessageIds.first(headers.first("Message-ID")),
                references);
    }
}
