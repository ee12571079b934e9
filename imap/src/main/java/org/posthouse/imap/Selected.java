package org.posthouse.imap;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.posthouse.imap.ImapException.Bad;
import org.posthouse.mail.Flags;
import org.posthouse.mail.UidSet;
import org.posthouse.mailstore.Changes;
import org.posthouse.mailstore.Mailbox;
import org.posthouse.mailstore.MailboxView;
import org.posthouse.mailstore.MessageRow;

/// The selected mailbox as this client has been told of it (DESIGN.md section 6): sequence numbers count these
/// UIDs, whatever has happened since. Four bytes a message.
///
/// Invariants, in the letters of the design's token:
/// - `A` ([#uidNextTold]): every UID below it has been told by EXISTS; none above is in the view.
/// - `E` ([#expungesTold]): a message is in the view if its UID is below `A` and it was not expunged at or before
///   `E`. Where EXPUNGE must not be told, `E` stays.
/// - `F` ([#flagsTold]): flag changes up to here have been told. Telling one twice does no harm.
///
/// A client that can resynchronise takes the highest mod-sequence it has seen for what it knows. So while an expunge
/// waits to be told it is told a lower one (RFC 7162 section 3.2).
final class Selected {
    private final long mailboxId;
    private final long uidValidity;
    private final boolean readOnly;
    private final long firstRecent;
    private final Enabled enabled;
    private int[] uids; // unsigned, ascending
    private int size;
    private long uidNextTold;
    private long expungesTold;
    private long flagsTold;
    private boolean delaysExpunges; // and has told a client that can resynchronise
    private boolean toldOfDelay; // and no mod-sequence since
    private UidSet saved = UidSet.EMPTY; // UIDs that `$` stands for
    private long ownModSeq; // of a change this session made and has shown, or need not show
    private final Map<String, String> keywordsTold = new HashMap<>(); // lower case to spelling

    /// What may be told now (RFC 3501 section 7.4.1).
    enum Telling {
        /// Also EXPUNGE: no sequence number of the client is on its way.
        ALL,
        /// Only EXISTS and flags.
        NO_EXPUNGES
    }

    Selected(Mailbox mailbox, boolean readOnly, long firstRecent, MailboxView view, Enabled enabled) {
        this.mailboxId = mailbox.id();
        this.uidValidity = mailbox.uidValidity();
        this.readOnly = readOnly;
        this.firstRecent = firstRecent;
        this.enabled = enabled;
        this.size = view.size();
        this.uids = new int[size];
        view.uids(uids);
        this.uidNextTold = view.uidNext();
        this.expungesTold = view.highestModSeq();
        this.flagsTold = view.highestModSeq();
    }

    long mailboxId() {
        return mailboxId;
    }

    long uidValidity() {
        return uidValidity;
    }

    boolean readOnly() {
        return readOnly;
    }

    /// How many messages the client knows of.
    int size() {
        return size;
    }

    /// UID at a sequence number.
    long uid(long sequence) {
        return Integer.toUnsignedLong(uids[(int) sequence - 1]);
    }

    /// Never in IMAP4rev2 (RFC 9051 appendix E, 12).
    boolean recent(long uid) {
        return uid >= firstRecent && !enabled.rev2();
    }

    /// How many in the view are recent.
    int recentCount() {
        return size - lowerBound(firstRecent);
    }

    /// Sequence numbers of the messages that a set names. UIDs that are not there are passed over; a sequence
    /// number that is not there is a mistake of the client.
    UidSet sequences(SequenceSet set, boolean byUid) {
        if (set.saved()) { // in which nothing that is gone is found any more
            return size == 0 ? UidSet.EMPTY : sequences(saved);
        }
        if (!byUid) {
            if (enabled.uidOnly()) { // RFC 9586 section 3
                throw new Bad("UIDREQUIRED", "No sequence numbers once UIDONLY is enabled");
            }
            UidSet sequences = set.numbers(size);
            if (size == 0 || sequences.last(sequences.ranges() - 1) > size) {
                throw new Bad("No such message: there are " + size);
            }
            return sequences;
        }
        if (size == 0) {
            return UidSet.EMPTY;
        }
        return sequences(set.numbers(uid(size)));
    }

    /// Sequence numbers that SEARCH looks for, whether or not so many are there.
    UidSet sought(SequenceSet set) {
        if (set.saved()) {
            return sequences(set, false);
        }
        if (enabled.uidOnly()) { // RFC 9586 section 3
            throw new Bad("UIDREQUIRED", "No sequence numbers once UIDONLY is enabled");
        }
        return size == 0 ? UidSet.EMPTY : set.numbers(size);
    }

    private UidSet sequences(UidSet wanted) {
        UidSet.Builder sequences = new UidSet.Builder();
        for (int range = 0; range < wanted.ranges(); range++) {
            int first = lowerBound(wanted.first(range));
            int behind = lowerBound(wanted.last(range) + 1);
            if (first < behind) {
                sequences.add(first + 1L, behind);
            }
        }
        return sequences.build();
    }

    /// Sets what `$` stands for, UIDs.
    void save(UidSet found) {
        saved = found;
    }

    /// UIDs of sequence numbers.
    UidSet uids(UidSet sequences) {
        UidSet.Builder set = new UidSet.Builder();
        for (int range = 0; range < sequences.ranges(); range++) {
            for (long sequence = sequences.first(range); sequence <= sequences.last(range); sequence++) {
                set.add(uid(sequence));
            }
        }
        return set.build();
    }

    /// All UIDs in the view.
    UidSet uids() {
        return uids(UidSet.range(1, size));
    }

    /// UIDs below have been told: `A`.
    long uidNextTold() {
        return uidNextTold;
    }

    /// Sequence numbers of the messages from a UID on.
    UidSet sequencesFrom(long uid) {
        int first = lowerBound(uid) + 1;
        return first > size ? UidSet.EMPTY : UidSet.range(first, size);
    }

    /// The sequence number of a UID, or 0.
    long sequence(long uid) {
        int at = lowerBound(uid);
        return at < size && uid(at + 1L) == uid ? at + 1L : 0;
    }

    /// A change that this session made itself and has shown, or was asked not to show (`.SILENT`).
    void madeOwnChange(long modSeq) {
        ownModSeq = Math.max(ownModSeq, modSeq);
        if (nothingBetween(modSeq)) { // then there is nothing to look for in what has changed up to it
            expungesTold = expungesTold == flagsTold ? modSeq : expungesTold;
            flagsTold = modSeq;
        }
    }

    /// Whether everything before a change has been told, so that the change is all that is news.
    boolean nothingBetween(long modSeq) {
        return modSeq == flagsTold + 1;
    }

    /// Up to where this client has been told everything: what [#tell] needs the changes from.
    long toldUpTo() {
        return Math.min(expungesTold, flagsTold);
    }

    /// Tells what has happened.
    ///
    /// @param flags whether also changes of flags
    void tell(Changes changes, Telling telling, boolean flags, Responses out) throws IOException {
        if (telling == Telling.ALL) {
            if (enabled.vanished()) {
                tellVanished(changes, out);
            } else {
                tellExpunges(changes, out);
            }
            expungesTold = Math.max(expungesTold, changes.highestModSeq());
        }
        tellNewcomers(changes, out);
        if (flags) {
            tellChangedFlags(changes, out);
        }
        if (enabled.qresync()) {
            tellWhatIsSure(changes, telling, out);
        }
    }

    private void tellChangedFlags(Changes changes, Responses out) throws IOException {
        for (MessageRow row : changes.changed()) {
            if (row.modSeq() > flagsTold && row.modSeq() != ownModSeq) {
                long sequence = sequence(row.uid());
                if (sequence > 0 && row.savedModSeq() != row.modSeq()) {
                    tellKeywords(row.flags(), out);
                    tellFlags(out, sequence, row.uid(), row.flags(), row.modSeq(), true);
                }
            }
        }
        flagsTold = Math.max(flagsTold, changes.highestModSeq());
    }

    /// One line of flags, with the mod-sequence for a client that is aware of those (RFC 7162 section 3.1).
    ///
    /// @param flags null to tell the mod-sequence only
    /// @param withUid never needed where the UID begins the line (RFC 9586 section 3.3)
    void tellFlags(Responses out, long sequence, long uid, Flags flags, long modSeq, boolean withUid)
            throws IOException {
        beginFetch(out, sequence, uid);
        boolean first = true;
        if (withUid && !enabled.uidOnly()) {
            out.text("UID ").number(uid);
            first = false;
        }
        if (flags != null) {
            out.text(first ? "FLAGS " : " FLAGS ").flags(flags, recent(uid));
            first = false;
        }
        if (enabled.condstore()) {
            out.text(first ? "MODSEQ (" : " MODSEQ (").number(modSeq).octet(')');
        }
        out.octet(')').endLine();
    }

    /// `* 3 FETCH (`, or `* 20 UIDFETCH (` for a client that knows no sequence numbers.
    void beginFetch(Responses out, long sequence, long uid) {
        toldOfDelay = false;
        if (enabled.uidOnly()) {
            out.text("* ").number(uid).text(" UIDFETCH (");
        } else {
            out.text("* ").number(sequence).text(" FETCH (");
        }
    }

    private void tellWhatIsSure(Changes changes, Telling telling, Responses out) throws IOException {
        if (telling == Telling.ALL) {
            if (delaysExpunges) {
                out.text("* OK [HIGHESTMODSEQ ")
                        .number(toldUpTo())
                        .text("] Highest")
                        .endLine();
            }
            delaysExpunges = false;
            toldOfDelay = false;
            return;
        }
        if (toldOfDelay) {
            return;
        }
        for (Changes.Gone gone : changes.expunged()) {
            if (gone.modSeq() > expungesTold && sequence(gone.uid()) > 0) {
                delaysExpunges = true;
                toldOfDelay = true;
                out.text("* OK [HIGHESTMODSEQ ").number(gone.modSeq() - 1).text("] Expunges wait to be told");
                out.endLine();
                return;
            }
        }
    }

    /// Keywords must be listed before they are used (RFC 3501 section 7.2.6).
    void tellKeywords(Flags flags, Responses out) throws IOException {
        boolean news = false;
        for (String keyword : flags.keywords()) {
            news |= keywordsTold.putIfAbsent(keyword.toLowerCase(Locale.ROOT), keyword) == null;
        }
        if (news) {
            out.text("* FLAGS ").flags(new Flags(31, List.copyOf(keywordsTold.values())), false);
            out.endLine();
        }
    }

    /// The keywords listed at SELECT.
    void toldKeywords(List<String> keywords) {
        keywords.forEach(keyword -> keywordsTold.put(keyword.toLowerCase(Locale.ROOT), keyword));
    }

    private void tellExpunges(Changes changes, Responses out) throws IOException {
        for (Changes.Gone gone : changes.expunged()) {
            if (gone.modSeq() > expungesTold && gone.uid() < uidNextTold) {
                long sequence = sequence(gone.uid());
                if (sequence > 0) {
                    remove((int) sequence);
                    out.text("* ").number(sequence).text(" EXPUNGE");
                    out.endLine();
                }
            }
        }
    }

    private void tellVanished(Changes changes, Responses out) throws IOException {
        long[] vanished = changes.expunged().stream()
                .filter(gone -> gone.modSeq() > expungesTold && sequence(gone.uid()) > 0)
                .mapToLong(Changes.Gone::uid)
                .sorted()
                .toArray();
        if (vanished.length == 0) {
            return;
        }
        int next = 0;
        int kept = 0;
        for (int i = 0; i < size; i++) {
            if (next < vanished.length && Integer.toUnsignedLong(uids[i]) == vanished[next]) {
                next++;
            } else {
                uids[kept++] = uids[i];
            }
        }
        size = kept;
        out.text("* VANISHED ").set(UidSet.of(vanished)).endLine();
    }

    /// A message that came and went while EXPUNGE could not be told is counted too: its EXPUNGE follows.
    private void tellNewcomers(Changes changes, Responses out) throws IOException {
        if (changes.uidNext() <= uidNextTold) {
            return;
        }
        List<Long> newcomers = new ArrayList<>();
        for (MessageRow row : changes.changed()) {
            if (row.uid() >= uidNextTold) {
                tellKeywords(row.flags(), out);
                newcomers.add(row.uid());
            }
        }
        for (Changes.Gone gone : changes.expunged()) {
            if (gone.uid() >= uidNextTold && gone.modSeq() > expungesTold) {
                newcomers.add(gone.uid());
            }
        }
        newcomers.sort(Comparator.naturalOrder());
        uidNextTold = changes.uidNext();
        if (newcomers.isEmpty()) {
            return;
        }
        if (size + newcomers.size() > uids.length) {
            uids = Arrays.copyOf(uids, size + newcomers.size() + size / 8);
        }
        for (long uid : newcomers) {
            uids[size++] = (int) uid;
        }
        out.text("* ").number(size).text(" EXISTS");
        out.endLine();
        if (!enabled.rev2()) {
            out.text("* ").number(recentCount()).text(" RECENT");
            out.endLine();
        }
    }

    private void remove(int sequence) {
        System.arraycopy(uids, sequence, uids, sequence - 1, size - sequence);
        size--;
    }

    /// Position, from 0, of the first UID that is not below the one given.
    private int lowerBound(long uid) {
        int low = 0;
        int high = size;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (Integer.toUnsignedLong(uids[middle]) < uid) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }
}
