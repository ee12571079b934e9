package org.posthouse.imap;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.concurrent.locks.ReentrantLock;
import org.posthouse.imap.ImapException.No;
import org.posthouse.imap.Selected.Telling;
import org.posthouse.mail.MailDate;
import org.posthouse.mail.Rights;
import org.posthouse.mailstore.Action;
import org.posthouse.mailstore.Changes;
import org.posthouse.mailstore.CommandId;
import org.posthouse.mailstore.MailStore;
import org.posthouse.mailstore.Mailbox;
import org.posthouse.mailstore.StoreException;
import org.posthouse.wire.DeflateDuplex;
import org.posthouse.wire.Duplex;
import org.posthouse.wire.LinkStream;
import org.posthouse.wire.WireReader;

/// One client's conversation: what commands share. Whoever writes to the client or looks at what the client has
/// been told holds [#lock]; it is free while the server waits for the client to say something.
final class Session {
    private final ImapSettings settings;
    private final Login login;
    private final SessionCounts counts;
    private final CommandClock clock;
    private final InetSocketAddress remote;
    private final ReentrantLock lock = new ReentrantLock();
    private final Enabled enabled = new Enabled();
    private final Notifications notifications = new Notifications(this);
    private final Progress progress;
    private final Responses out;
    private Duplex duplex;
    private WireReader in;
    private Decoder decoder;
    private boolean secure;
    private String user;
    private volatile MailStore store; // also looked at by who dismisses
    private Mailboxes mailboxes;
    private Selected selected;
    private Rights rights = Rights.NONE;
    private long rightsOf = -1; // version of the access control lists
    private String counted; // the user under whose name this connection is counted
    private boolean countedAsCompressed;
    private boolean compressed;
    private LinkStream owner;
    private boolean over;
    private String tag = "*";
    private int loginFailures;

    Session(
            ImapSettings settings,
            SessionCounts counts,
            Login login,
            Duplex duplex,
            InetSocketAddress remote,
            boolean secure) {
        this.settings = settings;
        this.progress = new Progress(this);
        this.counts = counts;
        this.clock = new CommandClock(settings.access());
        this.login = login;
        this.remote = remote;
        this.secure = secure;
        this.duplex = duplex;
        this.out = new Responses(duplex.output(), enabled);
        read();
    }

    // ---- the connection ----

    ImapSettings settings() {
        return settings;
    }

    ImapLimits limits() {
        return settings.limits();
    }

    ReentrantLock lock() {
        return lock;
    }

    Responses out() {
        return out;
    }

    Duplex duplex() {
        return duplex;
    }

    WireReader in() {
        return in;
    }

    Decoder decoder() {
        return decoder;
    }

    InetSocketAddress remote() {
        return remote;
    }

    boolean secure() {
        return secure;
    }

    /// Whether a password may be sent now.
    boolean loginAllowed() {
        return secure || settings.plainTextLogin();
    }

    /// Goes on in TLS. What the client sent in clear behind STARTTLS is dropped (RFC 3501 section 6.2.1).
    void startTls() throws IOException {
        out.flush();
        in.discardBuffered();
        duplex = duplex.startTls();
        duplex.readTimeout(limits().loginTimeout());
        secure = true;
        out.continueOn(duplex.output());
        read();
    }

    /// Goes on compressed, from the next byte on in both directions.
    void compress() throws IOException {
        out.flush();
        compressed = true;
        byte[] early = in.readFully(in.buffered());
        duplex = new DeflateDuplex(duplex, early);
        out.continueOn(duplex.output());
        read();
    }

    boolean compressed() {
        return compressed;
    }

    /// Takes a place among the compressed connections, which [#leave] gives back.
    boolean mayCompress() {
        countedAsCompressed = counts.compress();
        return countedAsCompressed;
    }

    /// Bounds how long the client may take.
    CommandClock clock() {
        return clock;
    }

    /// For loops that may run long without sending anything.
    void checkTime() {
        checkTime(System.nanoTime());
    }

    /// The same for who has just looked at the clock.
    void checkTime(long nowNanos) {
        if (clock.tookTooLong(nowNanos)) {
            throw new No("LIMIT", "This command takes too long");
        }
    }

    /// For the same, where it is known how much there is to do.
    Progress progress() {
        return progress;
    }

    /// The session is over, or another process goes on with it.
    void leave() {
        if (countedAsCompressed) {
            counts.decompress();
        }
        if (counted != null && owner == null) {
            counts.leave(counted);
        }
    }

    /// The client said good-bye, or another process has taken over.
    void end() {
        over = true;
    }

    boolean over() {
        return over;
    }

    /// Of the command being carried out.
    String tag() {
        return tag;
    }

    void tag(String ofCommand) {
        tag = ofCommand;
    }

    /// For logs.
    String client() {
        String address = remote == null ? "?" : remote.getAddress() + ":" + remote.getPort();
        return user == null ? address : user + " at " + address;
    }

    private void read() {
        in = new WireReader(clock.guard(duplex.input()));
        decoder = new Decoder(in, settings.limits(), enabled, () -> out.continuation("OK"));
    }

    // ---- before login ----

    /// Who decides about user names and passwords.
    Login login() {
        return login;
    }

    /// Counts a wrong password.
    ///
    /// @return how many there were
    int loginFailed() {
        return ++loginFailures;
    }

    /// From here on the user's mailboxes are served.
    ///
    /// @return false if the user has too many connections
    boolean logIn(String name, MailStore from) throws IOException {
        if (!counts.enter(name)) {
            return false;
        }
        counted = name;
        user = name;
        store = from;
        clock.loggedIn();
        mailboxes = new Mailboxes(from, name, settings.sharing());
        duplex.readTimeout(limits().idleTimeout());
        return true;
    }

    /// From here on the owner's process answers.
    ///
    /// @param name counted under it until [ImapServer#ended]
    /// @return false if the user has too many connections
    boolean handOver(LinkStream to, String name) {
        if (!counts.enter(name)) {
            return false;
        }
        counted = name;
        owner = to;
        end();
        return true;
    }

    /// Whose connection this is in the counts.
    String counted() {
        return counted;
    }

    /// Who has taken over, or null.
    LinkStream owner() {
        return owner;
    }

    // ---- logged in ----

    boolean loggedIn() {
        return user != null;
    }

    String user() {
        return user;
    }

    MailStore store() {
        return store;
    }

    /// The user's way to mailboxes, own and others'.
    Mailboxes mailboxes() {
        return mailboxes;
    }

    /// A mailbox that the user may read, or, where it is a target, put messages into.
    ///
    /// @param code of the NO if there is none: `NONEXISTENT`, or `TRYCREATE` where it is a target
    Mailbox mailbox(String name, String code) {
        int right = code.equals("TRYCREATE") ? Rights.INSERT : Rights.READ;
        return mailboxes.get(name, code, right).mailbox();
    }

    /// Carries out one change of the user's mail.
    <R> R execute(Action<R> action) {
        R result = store.execute(CommandId.NONE, action, limits().commitDeadline());
        notifications.made(action, result);
        return result;
    }

    /// Refuses what would take the user over the quota.
    void checkQuota(long moreBytes) {
        checkQuota(user, moreBytes);
    }

    /// The same for the owner of another's mailbox.
    void checkQuota(String owner, long moreBytes) {
        long bytesMax = settings.quota().applyAsLong(owner);
        if (bytesMax > 0 && store.usage(owner).bytes() + moreBytes > bytesMax) {
            throw new No("OVERQUOTA", "Not enough room: the quota is " + (bytesMax >> 10) + " kB");
        }
    }

    /// For messages that come without a date.
    static MailDate now() {
        return new MailDate(System.currentTimeMillis() / 1_000, 0);
    }

    // ---- enabled ----

    /// What the client has switched on.
    Enabled enabled() {
        return enabled;
    }

    /// Whether mod-sequences are told (RFC 7162 section 3.1).
    boolean condstoreAware() {
        return enabled.condstore();
    }

    /// Whether the client speaks IMAP4rev2, so that SEARCH is answered by ESEARCH and nothing is recent.
    boolean rev2() {
        return enabled.rev2();
    }

    /// Switches something on. With a mailbox selected, its mod-sequence is told as soon as the client shows that it
    /// knows about them (RFC 7162 section 3.1).
    void enable(Enabled.Extension extension) throws IOException {
        boolean news = enabled.add(extension);
        if (news && extension == Enabled.Extension.QRESYNC) {
            enable(Enabled.Extension.CONDSTORE);
        }
        if (news && extension == Enabled.Extension.CONDSTORE && selected != null) {
            out.untagged("OK [HIGHESTMODSEQ " + selected.toldUpTo() + "] Highest");
        }
    }

    // ---- selected ----

    /// The selected mailbox, or null.
    Selected selected() {
        return selected;
    }

    void select(Selected mailbox) {
        select(mailbox, Rights.NONE, -1);
    }

    /// The same with the user's rights to it, as of a version of the access control lists.
    void select(Selected mailbox, Rights toIt, long accessVersion) {
        selected = mailbox;
        rights = toIt;
        rightsOf = accessVersion;
        notifications.selectedAnother();
    }

    /// What the user may do with the selected mailbox, now.
    ///
    /// @throws ImapException.Bye if it is not even to read it any more (DESIGN.md section 6)
    Rights rights() {
        long version = store.accessVersion();
        if (version != rightsOf) {
            Mailbox mailbox = store.mailbox(selected.mailboxId())
                    .orElseThrow(() -> new ImapException.Bye("", "The selected mailbox was deleted"));
            rights = mailboxes.rights(mailbox);
            rightsOf = version;
        }
        if (!rights.has(Rights.READ)) {
            throw new ImapException.Bye("NOPERM", "You have no right to read the selected mailbox any more");
        }
        return rights;
    }

    /// Refuses what needs a right to the selected mailbox that the user does not have.
    ///
    /// @param right of [Rights]: any of these is enough
    void require(int right) {
        if (!rights().hasAny(right)) {
            throw new No("NOPERM", "You have no right to do that with this mailbox");
        }
    }

    /// What it wants to be told unasked.
    Notifications notifications() {
        return notifications;
    }

    /// Tells what has happened in the selected mailbox, if the client wants to know.
    void tell(Telling telling) throws IOException {
        if (selected != null && notifications.ofSelected()) {
            tellAnyway(telling);
        }
    }

    /// Tells what a command has brought about, whatever the client wants to know unasked.
    void tellAnyway(Telling telling) throws IOException {
        Rights _ = rights();
        try {
            long uidNextTold = selected.uidNextTold();
            Changes changes = store.changes(selected.mailboxId(), selected.toldUpTo());
            selected.tell(changes, telling, notifications.ofFlags(), out);
            notifications.showNew(uidNextTold);
        } catch (StoreException e) {
            if (e.kind() == StoreException.Kind.NO_SUCH_MAILBOX) {
                throw new ImapException.Bye("", "The selected mailbox was deleted");
            }
            throw e;
        }
    }
}
