package org.posthouse.imap;

import static org.posthouse.imap.Commands.Reads.NOTHING;
import static org.posthouse.imap.Commands.Reads.STORE;
import static org.posthouse.imap.Commands.Tells.ALL;
import static org.posthouse.imap.Commands.Tells.NONE;
import static org.posthouse.imap.Commands.Tells.NO_EXPUNGES;
import static org.posthouse.imap.Commands.When.ANY_TIME;
import static org.posthouse.imap.Commands.When.BEFORE_LOGIN;
import static org.posthouse.imap.Commands.When.LOGGED_IN;
import static org.posthouse.imap.Commands.When.SELECTED;

import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;

/// Every command that this server knows, with the facts that the connection needs about each.
final class Commands {
    /// In which state a command may come (RFC 3501 section 3).
    enum When {
        ANY_TIME,
        BEFORE_LOGIN,
        LOGGED_IN,
        SELECTED
    }

    /// What may be told of the selected mailbox behind a command's own data (RFC 3501 section 7.4.1).
    enum Tells {
        NONE,
        NO_EXPUNGES,
        ALL
    }

    /// Whether the command needs the store, so that its answer counts only while this node owns it.
    enum Reads {
        NOTHING,
        STORE
    }

    /// @param name in upper case; two words for the UID forms
    record Entry(String name, When when, Tells tells, Reads reads, Command command) {}

    static final List<Entry> ALL_COMMANDS = List.of(
            new Entry("CAPABILITY", ANY_TIME, NONE, NOTHING, new CapabilityCommand()),
            new Entry("NOOP", ANY_TIME, ALL, STORE, new NoopCommand("NOOP")),
            new Entry("LOGOUT", ANY_TIME, NONE, NOTHING, new LogoutCommand()),
            new Entry("ID", ANY_TIME, NONE, NOTHING, new IdCommand()),
            new Entry("STARTTLS", BEFORE_LOGIN, NONE, NOTHING, new StartTlsCommand()),
            new Entry("LOGIN", BEFORE_LOGIN, NONE, NOTHING, new LoginCommand()),
            new Entry("AUTHENTICATE", BEFORE_LOGIN, NONE, NOTHING, new AuthenticateCommand()),
            new Entry("COMPRESS", LOGGED_IN, NONE, NOTHING, new CompressCommand()),
            new Entry("LANGUAGE", ANY_TIME, NONE, NOTHING, new LanguageCommand()),
            new Entry("SELECT", LOGGED_IN, NONE, STORE, new SelectCommand(false)),
            new Entry("EXAMINE", LOGGED_IN, NONE, STORE, new SelectCommand(true)),
            new Entry("CREATE", LOGGED_IN, ALL, STORE, new CreateCommand()),
            new Entry("DELETE", LOGGED_IN, ALL, STORE, new DeleteCommand()),
            new Entry("RENAME", LOGGED_IN, ALL, STORE, new RenameCommand()),
            new Entry("SUBSCRIBE", LOGGED_IN, ALL, STORE, new SubscribeCommand(true)),
            new Entry("UNSUBSCRIBE", LOGGED_IN, ALL, STORE, new SubscribeCommand(false)),
            new Entry("LIST", LOGGED_IN, ALL, STORE, new ListCommand()),
            new Entry("LSUB", LOGGED_IN, ALL, STORE, new LsubCommand()),
            new Entry("NAMESPACE", LOGGED_IN, ALL, STORE, new NamespaceCommand()),
            new Entry("GETQUOTA", LOGGED_IN, ALL, STORE, new GetQuotaCommand()),
            new Entry("GETQUOTAROOT", LOGGED_IN, ALL, STORE, new GetQuotaRootCommand()),
            new Entry("SETQUOTA", LOGGED_IN, ALL, STORE, new SetQuotaCommand()),
            new Entry("GETACL", LOGGED_IN, ALL, STORE, new GetAclCommand()),
            new Entry("SETACL", LOGGED_IN, ALL, STORE, new SetAclCommand()),
            new Entry("DELETEACL", LOGGED_IN, ALL, STORE, new DeleteAclCommand()),
            new Entry("LISTRIGHTS", LOGGED_IN, ALL, STORE, new ListRightsCommand()),
            new Entry("MYRIGHTS", LOGGED_IN, ALL, STORE, new MyRightsCommand()),
            new Entry("GETMETADATA", LOGGED_IN, ALL, STORE, new GetMetadataCommand()),
            new Entry("SETMETADATA", LOGGED_IN, ALL, STORE, new SetMetadataCommand()),
            new Entry("STATUS", LOGGED_IN, ALL, STORE, new StatusCommand()),
            new Entry("APPEND", LOGGED_IN, ALL, STORE, new AppendCommand()),
            new Entry("GENURLAUTH", LOGGED_IN, ALL, STORE, new GenUrlAuthCommand()),
            new Entry("RESETKEY", LOGGED_IN, ALL, STORE, new ResetKeyCommand()),
            new Entry("URLFETCH", LOGGED_IN, ALL, STORE, new UrlFetchCommand()),
            new Entry("IDLE", LOGGED_IN, ALL, STORE, new IdleCommand()),
            new Entry("ENABLE", LOGGED_IN, NONE, NOTHING, new EnableCommand()),
            new Entry("NOTIFY", LOGGED_IN, NONE, STORE, new NotifyCommand()),
            new Entry("CHECK", SELECTED, ALL, STORE, new NoopCommand("CHECK")),
            new Entry("CLOSE", SELECTED, NONE, STORE, new CloseCommand()),
            new Entry("UNSELECT", SELECTED, NONE, NOTHING, new UnselectCommand()),
            new Entry("EXPUNGE", SELECTED, ALL, STORE, new ExpungeCommand(false)),
            new Entry("UID EXPUNGE", SELECTED, ALL, STORE, new ExpungeCommand(true)),
            new Entry("SEARCH", SELECTED, NO_EXPUNGES, STORE, new SearchCommand(false)),
            new Entry("UID SEARCH", SELECTED, ALL, STORE, new SearchCommand(true)),
            new Entry("ESEARCH", LOGGED_IN, ALL, STORE, new EsearchCommand()),
            new Entry("SORT", SELECTED, NO_EXPUNGES, STORE, new SortCommand(false)),
            new Entry("UID SORT", SELECTED, ALL, STORE, new SortCommand(true)),
            new Entry("THREAD", SELECTED, NO_EXPUNGES, STORE, new ThreadCommand(false)),
            new Entry("UID THREAD", SELECTED, ALL, STORE, new ThreadCommand(true)),
            new Entry("FETCH", SELECTED, NO_EXPUNGES, STORE, new FetchCommand(false)),
            new Entry("UID FETCH", SELECTED, ALL, STORE, new FetchCommand(true)),
            new Entry("STORE", SELECTED, NO_EXPUNGES, STORE, new StoreCommand(false)),
            new Entry("UID STORE", SELECTED, ALL, STORE, new StoreCommand(true)),
            new Entry("REPLACE", SELECTED, ALL, STORE, new ReplaceCommand(false)),
            new Entry("UID REPLACE", SELECTED, ALL, STORE, new ReplaceCommand(true)),
            new Entry("COPY", SELECTED, ALL, STORE, new CopyCommand(false)),
            new Entry("UID COPY", SELECTED, ALL, STORE, new CopyCommand(true)),
            new Entry("MOVE", SELECTED, ALL, STORE, new MoveCommand(false)),
            new Entry("UID MOVE", SELECTED, ALL, STORE, new MoveCommand(true)));

    private static final Map<String, Entry> BY_NAME =
            ALL_COMMANDS.stream().collect(Collectors.toUnmodifiableMap(Entry::name, Function.identity()));

    private Commands() {}

    /// Whether a command speaks of messages by sequence number: it has a sibling that does by UID. EXPUNGE says no
    /// number.
    static boolean numbered(Entry entry) {
        return !entry.name().equals("EXPUNGE") && BY_NAME.containsKey("UID " + entry.name());
    }

    /// The command of this name, in upper case, or null.
    static Entry named(String name) {
        return BY_NAME.get(name);
    }
}
