package org.posthouse.imap;

import java.io.IOException;
import org.posthouse.mail.UidSet;
import org.posthouse.mailstore.MailStore;
import org.posthouse.mailstore.StoreException;

/// What `VANISHED (EARLIER)` tells (RFC 7162 section 3.2.10.1): messages that a client may have in its cache and
/// that are not there. None of them is in the client's view: what is goes by VANISHED or EXPUNGE, later.
final class Vanished {
    private Vanished() {}

    /// @param wanted what the client asks about
    /// @param modSeq up to where it knows
    /// @param sureUpTo UIDs up to here are known to be told, should the history not reach back so far
    static void tell(MailStore store, Selected selected, UidSet wanted, long modSeq, long sureUpTo, Responses out)
            throws IOException {
        UidSet gone;
        try {
            gone = wanted.and(store.expunged(selected.mailboxId(), modSeq));
        } catch (StoreException e) {
            if (e.kind() != StoreException.Kind.HISTORY_GONE) {
                throw e;
            }
            gone = wanted.and(UidSet.range(sureUpTo + 1, selected.uidNextTold() - 1));
        }
        gone = gone.minus(selected.uids());
        if (!gone.isEmpty()) {
            out.text("* VANISHED (EARLIER) ").set(gone).endLine();
        }
    }

    /// The highest UID that the client has at the right place, so that it knows of all expunges below (RFC 7162
    /// section 3.2.5.2); 0 if there is none.
    static long sureUpTo(Selected selected, SelectParameters.Resync resync) {
        UidSet sequences = resync.matchSequences();
        UidSet uids = resync.matchUids();
        long sure = 0;
        int uidRange = 0;
        long uid = uids.isEmpty() ? 0 : uids.first(0);
        for (int range = 0; range < sequences.ranges(); range++) {
            for (long sequence = sequences.first(range); sequence <= sequences.last(range); sequence++) {
                if (sequence > selected.size() || selected.uid(sequence) != uid) {
                    return sure;
                }
                sure = uid;
                if (uid < uids.last(uidRange)) {
                    uid++;
                } else if (++uidRange < uids.ranges()) {
                    uid = uids.first(uidRange);
                }
            }
        }
        return sure;
    }
}
