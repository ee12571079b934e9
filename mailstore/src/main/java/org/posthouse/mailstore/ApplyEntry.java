package org.posthouse.mailstore;

import org.posthouse.mailstore.StoreException.Kind;

/// Applies one entry: the gate first, then what it says.
final class ApplyEntry {
    private ApplyEntry() {}

    /// @return the answer for whoever proposed the entry
    /// @throws StoreException if the entry is refused; it then changes nothing
    static byte[] apply(Work work, Entry entry) {
        return switch (entry) {
            case Entry.Open open -> open(work, open);
            case Entry.Close close -> close(work, close);
            case Entry.Stage stage -> {
                guard(work, stage.epoch());
                MessageActions.stage(work, stage);
                yield Answer.number(0);
            }
            case Entry.Act act -> {
                guard(work, act.epoch());
                yield act(work, act);
            }
            case Entry.Expire expire -> {
                guard(work, expire.epoch());
                yield Answer.number(Expiry.apply(work, expire));
            }
            case Entry.Recovered _ -> recovered(work);
        };
    }

    private static byte[] open(Work work, Entry.Open open) {
        Meta meta = work.meta;
        if (open.version() <= meta.closedVersion) {
            throw new StoreException(
                    Kind.NOT_OPEN,
                    "image version " + meta.closedVersion + " closed it; " + open.version() + " opens it no more");
        }
        meta.generation = Math.max(meta.generation, open.generation());
        meta.openIndex = work.entryIndex;
        meta.openedBy = open.node();
        meta.openVersion = open.version();
        meta.open = true;
        meta.elapsedInEpoch = 0;
        return Answer.number(meta.openIndex);
    }

    private static byte[] close(Work work, Entry.Close close) {
        Meta meta = work.meta;
        meta.closedVersion = Math.max(meta.closedVersion, close.version());
        if (meta.openVersion <= meta.closedVersion) {
            // An owner opened by a later image stays: the order to close is older than its permission.
            meta.open = false;
        }
        return Answer.number(0);
    }

    private static byte[] recovered(Work work) {
        Meta meta = work.meta;
        meta.generation++;
        meta.closedVersion = 0;
        meta.open = false;
        return Answer.number(meta.generation);
    }

    private static void guard(Work work, Epoch epoch) {
        if (!work.meta.open || !epoch.equals(work.meta.epoch())) {
            throw new StoreException(Kind.NOT_OPEN, "the epoch " + epoch + " is over");
        }
    }

    private static byte[] act(Work work, Entry.Act act) {
        CommandId command = act.command();
        if (command.session().equals(CommandId.NONE.session())) {
            return Answer.result(perform(work, act.action()));
        }
        byte[] recorded = SessionRecords.recorded(work, command, act.requestHash());
        if (recorded != null) {
            return recorded;
        }
        byte[] answer = Answer.result(perform(work, act.action()));
        SessionRecords.record(work, command, act.requestHash(), answer);
        return answer;
    }

    private static Object perform(Work work, Action<?> action) {
        return switch (action) {
            case Action.Deliver deliver -> MessageActions.deliver(work, deliver);
            case Action.Append append -> MessageActions.append(work, append);
            case Action.Replace replace -> MessageActions.replace(work, replace);
            case Action.StoreFlags store -> MessageActions.store(work, store);
            case Action.Copy copy -> MessageActions.copy(work, copy);
            case Action.Move move -> MessageActions.move(work, move);
            case Action.Expunge expunge -> MessageActions.expunge(work, expunge);
            case Action.Create create -> MailboxActions.create(work, create);
            case Action.Delete delete -> MailboxActions.delete(work, delete);
            case Action.Rename rename -> MailboxActions.rename(work, rename);
            case Action.Subscribe subscribe -> MailboxActions.subscribe(work, subscribe);
            case Action.SetAcl set -> AccessActions.setAcl(work, set);
            case Action.Annotate annotate -> AccessActions.annotate(work, annotate);
            case Action.ClaimRecent claim -> MessageActions.claimRecent(work, claim);
            case Action.MakeUrlKey make -> UrlKeys.make(work, make);
            case Action.DropUrlKeys drop -> UrlKeys.drop(work, drop);
            case Action.Welcome welcome -> MailboxActions.welcome(work, welcome);
            case Action.Forget forget -> SessionRecords.forget(work, forget.session());
        };
    }
}
