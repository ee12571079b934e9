package org.posthouse.imap;

import org.posthouse.imap.ImapException.Bad;
import org.posthouse.mail.UidSet;

/// What stands in parentheses behind the mailbox of a SELECT (RFC 4466 section 2.1, RFC 7162 section 7).
///
/// @param condstore whether the client wants mod-sequences from here on
/// @param resync what the client knows already, or null
record SelectParameters(boolean condstore, Resync resync) {
    private static final SelectParameters NONE = new SelectParameters(false, null);

    /// What a client has in its cache (RFC 7162 section 3.2.5).
    ///
    /// @param knownUids null if it does not say
    /// @param matchSequences numbers that it knows the UIDs of; empty if it says none
    /// @param matchUids those UIDs, as many
    record Resync(long uidValidity, long modSeq, UidSet knownUids, UidSet matchSequences, UidSet matchUids) {}

    static SelectParameters read(Decoder in, Enabled enabled) {
        if (!in.take(' ')) {
            return NONE;
        }
        boolean condstore = false;
        Resync resync = null;
        in.expect('(');
        do {
            String name = in.keyword();
            switch (name) {
                case "CONDSTORE" -> condstore = true;
                case "QRESYNC" -> {
                    if (!enabled.qresync()) {
                        throw new Bad("Enable QRESYNC first");
                    }
                    if (resync != null) {
                        throw new Bad("QRESYNC may stand once");
                    }
                    in.expectSp();
                    resync = resync(in, enabled);
                }
                default -> throw new Bad("No such parameter of SELECT");
            }
        } while (in.take(' '));
        in.expect(')');
        return new SelectParameters(condstore, resync);
    }

    private static Resync resync(Decoder in, Enabled enabled) {
        in.expect('(');
        long uidValidity = in.number();
        if (uidValidity == 0) {
            throw new Bad("UIDVALIDITY is never 0");
        }
        in.expectSp();
        long modSeq = in.modSeq();
        UidSet known = null;
        UidSet sequences = UidSet.EMPTY;
        UidSet uids = UidSet.EMPTY;
        boolean more = in.take(' ');
        if (more && in.peek() != '(') {
            known = in.sequenceSet().withoutStar();
            more = in.take(' ');
        }
        if (more) {
            in.expect('(');
            sequences = in.sequenceSet().withoutStar();
            in.expectSp();
            uids = in.sequenceSet().withoutStar();
            in.expect(')');
            if (sequences.count() != uids.count()) {
                throw new Bad("As many UIDs as sequence numbers are to be given");
            }
            if (enabled.uidOnly()) { // RFC 9586 section 3.3
                throw new Bad("UIDREQUIRED", "No sequence numbers once UIDONLY is enabled");
            }
        }
        in.expect(')');
        return new Resync(uidValidity, modSeq, known, sequences, uids);
    }
}
