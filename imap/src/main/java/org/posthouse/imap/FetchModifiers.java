package org.posthouse.imap;

import org.posthouse.imap.ImapException.Bad;

/// What stands in parentheses behind the items of a FETCH (RFC 4466 section 2.4).
///
/// @param changedSince only messages whose mod-sequence is higher (RFC 7162 section 3.1.4.1); -1 for all
/// @param vanished whether to tell first what of the set was expunged since (RFC 7162 section 3.2.6)
/// @param partial which of the messages, by their place among them (RFC 9394 section 3.3); null for all
record FetchModifiers(long changedSince, boolean vanished, SearchReturn.Partial partial) {
    private static final FetchModifiers NONE = new FetchModifiers(-1, false, null);

    static FetchModifiers read(Decoder in, boolean byUid, Enabled enabled) {
        if (!in.take(' ')) {
            return NONE;
        }
        long changedSince = -1;
        boolean vanished = false;
        SearchReturn.Partial partial = null;
        in.expect('(');
        do {
            String name = in.keyword();
            switch (name) {
                case "CHANGEDSINCE" -> {
                    in.expectSp();
                    changedSince = once(changedSince < 0, name, in.modSeq());
                }
                case "VANISHED" -> vanished = once(!vanished, name, true);
                case "PARTIAL" -> {
                    in.expectSp();
                    partial = once(partial == null, name, SearchReturn.Partial.read(in));
                }
                default -> throw new Bad("No such FETCH modifier");
            }
        } while (in.take(' '));
        in.expect(')');
        if (partial != null && !byUid) {
            throw new Bad("PARTIAL goes with UID FETCH only");
        }
        if (vanished && !byUid) {
            throw new Bad("VANISHED goes with UID FETCH only");
        }
        if (vanished && changedSince < 0) {
            throw new Bad("VANISHED goes with CHANGEDSINCE only");
        }
        if (vanished && !enabled.qresync()) {
            throw new Bad("Enable QRESYNC first");
        }
        return new FetchModifiers(changedSince, vanished, partial);
    }

    boolean changed() {
        return changedSince >= 0;
    }

    private static <T> T once(boolean first, String name, T value) {
        if (!first) {
            throw new Bad(name + " may stand once");
        }
        return value;
    }
}
