package org.posthouse.imap;

import java.io.IOException;
import org.posthouse.imap.SearchReturn.Item;
import org.posthouse.mail.UidSet;

/// SORT and UID SORT (RFC 5256 section 3), with RETURN (ESORT, RFC 5267 section 3).
final class SortCommand implements Command {
    private final boolean byUid;

    SortCommand(boolean byUid) {
        this.byUid = byUid;
    }

    @Override
    public Completed run(Session session, Decoder in) throws IOException {
        in.expectSp();
        SearchReturn wanted = SearchReturn.read(in, session.rev2());
        SortOrder order = SortOrder.read(in);
        in.expectSp();
        SearchParser parser = new SearchParser(in, session.limits());
        SearchKey key = parser.readBehindCharset();
        in.expectEnd();
        wanted.requireFuzzy(parser.fuzzy());
        order.requireFuzzy(parser.fuzzy());

        Search search = new Search(session, key);
        if (wanted.has(Item.SAVE)) {
            session.selected().save(UidSet.EMPTY);
        }
        session.progress().begin(2L * session.selected().size()); // what is found is looked at again
        UidSet found = search.run();
        session.progress().left(found.count());
        int[] sorted = order.sorted(session, found, search::relevance);
        new SearchAnswer(session, "SORT", byUid, sorted, search::relevance, search.byModSeq()).write(session, wanted);
        return Completed.ok(byUid ? "UID SORT completed" : "SORT completed");
    }
}
