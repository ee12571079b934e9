package org.posthouse.imap;

import java.io.IOException;
import java.util.List;
import java.util.OptionalLong;
import java.util.function.LongFunction;
import org.posthouse.imap.Enabled.Extension;
import org.posthouse.imap.FetchPlan.Attribute;
import org.posthouse.imap.FetchPlan.Item;
import org.posthouse.imap.ImapException.No;
import org.posthouse.mail.Flags;
import org.posthouse.mail.Rights;
import org.posthouse.mail.UidSet;
import org.posthouse.mailstore.Action;
import org.posthouse.mailstore.MailStore;
import org.posthouse.mailstore.MailboxView;
import org.posthouse.mailstore.MessageRow;
import org.posthouse.mailstore.StoreException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// FETCH and UID FETCH (RFC 3501 section 6.4.5), in UID order. The `\Seen` that it sets is one change, committed
/// before the first byte goes out. A message expunged elsewhere but still in this client's view is shown as long
/// as the store has it; after that it is left out and the answer is `NO [EXPUNGEISSUED]`.
final class FetchCommand implements Command {
    private static final Logger LOG = LoggerFactory.getLogger(FetchCommand.class);
    private static final int ROWS_AT_ONCE = 256;

    private final boolean byUid;

    FetchCommand(boolean byUid) {
        this.byUid = byUid;
    }

    @Override
    public Completed run(Session session, Decoder in) throws IOException {
        in.expectSp();
        SequenceSet set = in.sequenceSet();
        in.expectSp();
        FetchPlan plan = FetchPlan.read(in, byUid && !session.enabled().uidOnly());
        FetchModifiers modifiers = FetchModifiers.read(in, byUid, session.enabled());
        in.expectEnd();

        Selected selected = session.selected();
        UidSet sequences = selected.sequences(set, byUid);
        if (modifiers.changed()) { // RFC 7162 section 3.1.4.1
            plan = plan.with(Attribute.MODSEQ);
            sequences = changed(session, sequences, modifiers.changedSince());
        }
        if (modifiers.partial() != null) {
            int count = (int) sequences.count();
            sequences = sequences.slice(
                    modifiers.partial().from(count), modifiers.partial().to(count));
        }
        Limited limited = Limited.of(session, sequences);
        sequences = limited.sequences();
        if (plan.has(Attribute.MODSEQ)) {
            session.enable(Extension.CONDSTORE);
        }
        if (modifiers.vanished()) {
            UidSet wanted = set.numbers(selected.uidNextTold() - 1);
            Vanished.tell(session.store(), selected, wanted, modifiers.changedSince(), 0, session.out());
        }
        boolean marks =
                plan.setsSeen() && !selected.readOnly() && session.rights().has(Rights.SEEN);
        UidSet newlySeen = marks ? markSeen(session, sequences) : UidSet.EMPTY;
        Failures failures = new Failures();
        if (plan.viewOnly()) {
            fromView(session, plan, sequences, failures);
        } else {
            fromRows(session, plan, sequences, newlySeen, failures);
        }
        failures.check();
        return new Completed(limited.code(), byUid ? "UID FETCH completed" : "FETCH completed");
    }

    /// Shows messages unasked: sets no `\Seen`, and leaves out what cannot be shown.
    static void show(Session session, FetchPlan plan, UidSet sequences) throws IOException {
        if (plan.viewOnly()) {
            fromView(session, plan, sequences, new Failures());
        } else {
            fromRows(session, plan, sequences, UidSet.EMPTY, new Failures());
        }
    }

    /// What could not be shown.
    private static final class Failures {
        boolean gone;
        boolean damaged;
        No unknownEncoding;

        void check() {
            if (unknownEncoding != null) {
                throw unknownEncoding;
            }
            if (damaged) {
                throw new No("CORRUPTION", "Some of the messages are damaged here");
            }
            if (gone) {
                throw new No("EXPUNGEISSUED", "Some of the messages are gone");
            }
        }
    }

    private static UidSet changed(Session session, UidSet sequences, long since) {
        Selected selected = session.selected();
        MailboxView view = session.store().view(selected.mailboxId());
        UidSet.Builder changed = new UidSet.Builder();
        for (int range = 0; range < sequences.ranges(); range++) {
            for (long sequence = sequences.first(range); sequence <= sequences.last(range); sequence++) {
                int at = view.indexOf(selected.uid(sequence));
                if (at >= 0 && view.modSeq(at) > since) {
                    changed.add(sequence);
                }
            }
        }
        return changed.build();
    }

    private static UidSet markSeen(Session session, UidSet sequences) throws IOException {
        Selected selected = session.selected();
        MailboxView view = session.store().view(selected.mailboxId());
        UidSet.Builder unseen = new UidSet.Builder();
        for (int range = 0; range < sequences.ranges(); range++) {
            for (long sequence = sequences.first(range); sequence <= sequences.last(range); sequence++) {
                int at = view.indexOf(selected.uid(sequence));
                if (at >= 0 && !view.flags(at).has(Flags.SEEN)) {
                    unseen.add(selected.uid(sequence));
                }
            }
        }
        UidSet uids = unseen.build();
        if (uids.isEmpty()) {
            return uids;
        }
        Action.Stored stored = session.execute(new Action.StoreFlags(
                selected.mailboxId(), uids, Action.Change.ADD, Flags.of(Flags.SEEN), OptionalLong.empty()));
        selected.madeOwnChange(stored.modSeq()); // its FLAGS go out with the messages
        return stored.changed();
    }

    /// The fast way: 10,000 lines of UID and FLAGS without a look at the index.
    private static void fromView(Session session, FetchPlan plan, UidSet sequences, Failures failures)
            throws IOException {
        Selected selected = session.selected();
        Responses out = session.out();
        MailboxView view = session.store().view(selected.mailboxId());
        int at = 0;
        for (int range = 0; range < sequences.ranges(); range++) {
            for (long sequence = sequences.first(range); sequence <= sequences.last(range); sequence++) {
                long uid = selected.uid(sequence);
                if (at >= view.size() || view.uid(at) != uid) {
                    at = view.indexOf(uid);
                }
                Flags flags = at >= 0 ? view.flags(at) : null;
                long modSeq = at >= 0 ? view.modSeq(at) : 0;
                at = at >= 0 ? at + 1 : -at - 1;
                if (flags == null) {
                    MessageRow row = goneRow(session, uid);
                    if (row == null) {
                        failures.gone = true;
                        continue;
                    }
                    flags = row.flags();
                    modSeq = row.modSeq();
                }
                selected.beginFetch(out, sequence, uid);
                for (int i = 0; i < plan.items().size(); i++) {
                    out.text(i == 0 ? "" : " ");
                    Item item = plan.items().get(i);
                    if (item == Attribute.UID) {
                        out.text("UID ").number(uid);
                    } else if (item == Attribute.FLAGS) {
                        out.text("FLAGS ").flags(flags, selected.recent(uid));
                    } else {
                        out.text("MODSEQ (").number(modSeq).octet(')');
                    }
                }
                out.text(")").endLine();
            }
        }
    }

    private static void fromRows(Session session, FetchPlan plan, UidSet sequences, UidSet newlySeen, Failures failures)
            throws IOException {
        Selected selected = session.selected();
        for (int range = 0; range < sequences.ranges(); range++) {
            long last = sequences.last(range);
            for (long first = sequences.first(range); first <= last; first += ROWS_AT_ONCE) {
                long chunkLast = Math.min(last, first + ROWS_AT_ONCE - 1);
                UidSet uids = selected.uids(UidSet.range(first, chunkLast));
                List<MessageRow> rows = session.store().messages(selected.mailboxId(), uids);
                SummaryReader summaries =
                        plan.summarized() ? new SummaryReader(session.store(), rows, plan.needsStructure()) : null;
                LongFunction<MailStore.Body> bodies =
                        plan.opensAll() ? session.store().bodies(SummaryReader.bodyIds(rows)) : session.store()::body;
                int next = 0;
                for (long sequence = first; sequence <= chunkLast; sequence++) {
                    long uid = selected.uid(sequence);
                    boolean there = next < rows.size() && rows.get(next).uid() == uid;
                    MessageRow row = there ? rows.get(next++) : goneRow(session, uid);
                    if (row == null) {
                        failures.gone = true;
                    } else {
                        Shown shown = new Shown(row, bodies, summaries, there ? next - 1 : -1);
                        line(session, plan, sequence, shown, newlySeen.contains(uid), failures);
                    }
                }
                if (summaries != null) {
                    summaries.done();
                }
            }
        }
    }

    /// A message and where its summary is to be found.
    ///
    /// @param bodies opens its body
    /// @param summaries null if none are wanted
    private record Shown(MessageRow row, LongFunction<MailStore.Body> bodies, SummaryReader summaries, int place) {
        /// A preview that need not be there is no reason to open a body.
        Summary summary(FetchPlan plan, OpenMessage message) throws IOException {
            if (summaries == null) {
                return null;
            }
            return plan.lazyOnly() ? summaries.kept(place) : summaries.of(place, row, message);
        }
    }

    /// Of a message expunged elsewhere, as long as the store has it.
    private static MessageRow goneRow(Session session, long uid) {
        return session.store().message(session.selected().mailboxId(), uid).orElse(null);
    }

    private static void line(
            Session session, FetchPlan plan, long sequence, Shown shown, boolean newlySeen, Failures failures)
            throws IOException {
        Responses out = session.out();
        MessageRow row = shown.row;
        try (OpenMessage message = new OpenMessage(shown.bodies, row.bodyId())) {
            FetchItems items = new FetchItems(session, row, message, shown.summary(plan, message));
            items.check(plan);
            session.selected().beginFetch(out, sequence, row.uid());
            for (int i = 0; i < plan.items().size(); i++) {
                out.text(i == 0 ? "" : " ");
                items.write(plan.items().get(i));
            }
            if (newlySeen) {
                showSeen(session, plan, row);
            }
            out.text(")").endLine();
        } catch (No e) {
            out.abandonLine();
            failures.unknownEncoding = e;
        } catch (StoreException e) {
            boolean unreadable = e.kind() == StoreException.Kind.CORRUPT || e.kind() == StoreException.Kind.GONE;
            if (!unreadable) {
                throw e;
            }
            LOG.warn("Message {} of {} cannot be read: {}", row.uid(), session.user(), e.getMessage());
            out.abandonLine();
            failures.damaged |= e.kind() == StoreException.Kind.CORRUPT;
            failures.gone |= e.kind() == StoreException.Kind.GONE;
        }
    }

    /// What a client is told of a `\Seen` that its FETCH has set (RFC 3501 section 6.4.5, RFC 7162 section 3.2.4).
    private static void showSeen(Session session, FetchPlan plan, MessageRow row) {
        Responses out = session.out();
        if (!plan.has(Attribute.FLAGS)) {
            out.text(" FLAGS ").flags(row.flags(), session.selected().recent(row.uid()));
        }
        if (session.condstoreAware()
                && !plan.has(Attribute.UID)
                && !session.enabled().uidOnly()) {
            out.text(" UID ").number(row.uid());
        }
        if (session.condstoreAware() && !plan.has(Attribute.MODSEQ)) {
            out.text(" MODSEQ (").number(row.modSeq()).octet(')');
        }
    }
}
