package org.posthouse.imap;

import java.io.IOException;
import java.util.OptionalLong;
import org.posthouse.imap.Enabled.Extension;
import org.posthouse.imap.ImapException.Bad;
import org.posthouse.imap.ImapException.No;
import org.posthouse.imap.Selected.Telling;
import org.posthouse.mail.Flags;
import org.posthouse.mail.Rights;
import org.posthouse.mail.UidSet;
import org.posthouse.mailstore.Action;
import org.posthouse.mailstore.MailboxView;

/// STORE and UID STORE (RFC 3501 section 6.4.6), also on condition that a message has not changed since (RFC 7162
/// section 3.1.3).
final class StoreCommand implements Command {
    private static final String SILENT = ".SILENT";

    private final boolean byUid;

    StoreCommand(boolean byUid) {
        this.byUid = byUid;
    }

    /// What the client wants.
    private record Request(
            SequenceSet set, OptionalLong unchangedSince, Action.Change change, boolean silent, Flags flags) {
        static Request read(Decoder in) {
            in.expectSp();
            SequenceSet set = in.sequenceSet();
            in.expectSp();
            OptionalLong unchangedSince = in.peek() == '(' ? modifiers(in) : OptionalLong.empty();
            Action.Change change =
                    in.take('+') ? Action.Change.ADD : in.take('-') ? Action.Change.REMOVE : Action.Change.REPLACE;
            String item = in.keyword();
            boolean silent = item.endsWith(SILENT);
            if (!item.equals("FLAGS") && !item.equals("FLAGS" + SILENT)) {
                throw new Bad("Only FLAGS can be stored");
            }
            in.expectSp();
            Flags flags = in.flagListOrFlags();
            in.expectEnd();
            return new Request(set, unchangedSince, change, silent, flags);
        }

        private static OptionalLong modifiers(Decoder in) {
            in.expect('(');
            if (!in.keyword().equals("UNCHANGEDSINCE")) {
                throw new Bad("No such STORE modifier");
            }
            in.expectSp();
            long modSeq = in.modSeqOrZero();
            in.expect(')');
            in.expectSp();
            return OptionalLong.of(modSeq);
        }
    }

    @Override
    public Completed run(Session session, Decoder in) throws IOException {
        Request request = Request.read(in);
        ExpungeCommand.checkWritable(session);
        checkRights(session, request.change, request.flags);
        Selected selected = session.selected();
        Limited limited = Limited.of(session, selected.sequences(request.set, byUid));
        UidSet sequences = limited.sequences();
        if (request.unchangedSince.isPresent()) {
            session.enable(Extension.CONDSTORE);
        }
        UidSet uids = selected.uids(sequences);
        if (uids.isEmpty()) {
            return Completed.ok("No messages matched");
        }
        session.tell(Telling.NO_EXPUNGES);
        Action.Stored stored = session.execute(new Action.StoreFlags(
                selected.mailboxId(), uids, request.change, request.flags, request.unchangedSince, session.rights()));
        if (!request.silent || selected.nothingBetween(stored.modSeq())) {
            selected.madeOwnChange(stored.modSeq());
        }
        selected.tellKeywords(request.change == Action.Change.REMOVE ? Flags.NONE : request.flags, session.out());
        boolean gone = show(session, sequences, request, stored);
        String modified = stored.modified().isEmpty() ? "" : "MODIFIED " + named(selected, stored.modified());
        if (gone) {
            throw new No(modified.isEmpty() ? "EXPUNGEISSUED" : modified, "Some of the messages are gone");
        }
        if (modified.isEmpty()) {
            return new Completed(limited.code(), "STORE completed");
        }
        if (!limited.code().isEmpty()) {
            session.out().untagged("OK [" + limited.code() + "] There are more");
        }
        return new Completed(modified, "Some have changed since");
    }

    /// Flags that the user may not change stay as they are; it is refused if that is all of them (RFC 4314 section 4).
    private static void checkRights(Session session, Action.Change change, Flags flags) {
        boolean none = flags.equals(Flags.NONE) && change != Action.Change.REPLACE;
        boolean replaces = change == Action.Change.REPLACE
                && session.rights().hasAny(Rights.SEEN | Rights.WRITE | Rights.DELETE_MESSAGES);
        if (!none && !replaces && Mailboxes.settable(flags, session.rights()).equals(Flags.NONE)) {
            throw new No("NOPERM", "You have no right to change these flags");
        }
    }

    /// By UID, or by sequence number, as the client named them.
    private UidSet named(Selected selected, UidSet uids) {
        if (byUid) {
            return uids;
        }
        UidSet.Builder sequences = new UidSet.Builder();
        uids.forEach(uid -> sequences.add(selected.sequence(uid)));
        return sequences.build();
    }

    /// The client is shown new flags unless it wants silence, and new mod-sequences even then (RFC 7162 section
    /// 3.1.3). Of a message that was left alone it is shown why.
    ///
    /// @return whether some are not there any more
    private boolean show(Session session, UidSet sequences, Request request, Action.Stored stored) throws IOException {
        Selected selected = session.selected();
        Responses out = session.out();
        MailboxView view = session.store().view(selected.mailboxId());
        boolean aware = session.condstoreAware();
        boolean conditional = request.unchangedSince.isPresent();
        boolean gone = false;
        for (int range = 0; range < sequences.ranges(); range++) {
            for (long sequence = sequences.first(range); sequence <= sequences.last(range); sequence++) {
                long uid = selected.uid(sequence);
                int at = view.indexOf(uid);
                if (at < 0) {
                    gone = true;
                } else if (!request.silent || (conditional && stored.modified().contains(uid))) {
                    selected.tellFlags(out, sequence, uid, view.flags(at), view.modSeq(at), byUid || aware);
                } else if (conditional || (aware && stored.changed().contains(uid))) {
                    selected.tellFlags(out, sequence, uid, null, view.modSeq(at), true);
                }
            }
        }
        return gone;
    }
}
