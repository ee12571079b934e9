package org.posthouse.imap;

import java.io.IOException;
import org.posthouse.imap.SearchReturn.Item;
import org.posthouse.mail.UidSet;

/// SEARCH and UID SEARCH (RFC 3501 section 6.4.4), with RETURN (RFC 4731), `$` (RFC 5182) and PARTIAL (RFC 9394).
final class SearchCommand implements Command {
    private final boolean byUid;

    SearchCommand(boolean byUid) {
        this.byUid = byUid;
    }

    @Override
    public Completed run(Session session, Decoder in) throws IOException {
        in.expectSp();
        SearchReturn wanted = SearchReturn.read(in, session.rev2());
        SearchParser parser = new SearchParser(in, session.limits());
        SearchKey key = parser.read();
        in.expectEnd();
        wanted.requireFuzzy(parser.fuzzy());

        Search search = new Search(session, key);
        if (search.byModSeq()) {
            session.enable(Enabled.Extension.CONDSTORE);
        }
        if (wanted.has(Item.SAVE)) { // stands for nothing if this fails
            session.selected().save(UidSet.EMPTY);
        }
        session.progress().begin(session.selected().size());
        int[] found = search.sequences();
        new SearchAnswer(session, "SEARCH", byUid, found, search::relevance, search.byModSeq()).write(session, wanted);
        return Completed.ok(byUid ? "UID SEARCH completed" : "SEARCH completed");
    }
}
