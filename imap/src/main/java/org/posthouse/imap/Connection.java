package org.posthouse.imap;

import java.io.EOFException;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.Locale;
import java.util.StringJoiner;
import org.posthouse.imap.Command.Completed;
import org.posthouse.imap.Commands.Entry;
import org.posthouse.imap.Commands.Reads;
import org.posthouse.imap.Commands.Tells;
import org.posthouse.imap.Commands.When;
import org.posthouse.imap.ImapException.Bad;
import org.posthouse.imap.ImapException.Bye;
import org.posthouse.imap.ImapException.No;
import org.posthouse.imap.Selected.Telling;
import org.posthouse.mail.Rights;
import org.posthouse.mailstore.StoreException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The loop of one connection: read a command, carry it out, answer. The one place where failures become answers.
final class Connection {
    private static final Logger LOG = LoggerFactory.getLogger(Connection.class);

    private final Session session;
    private int badInRow;
    private int commandsBeforeLogin;

    Connection(Session session) {
        this.session = session;
    }

    /// Until the client or the server has had enough. Does not throw for what clients do.
    void run() {
        try {
            session.duplex().readTimeout(timeout());
            while (!session.over() && awaitInput()) {
                session.lock().lock();
                session.clock().begin();
                try {
                    command();
                } finally {
                    session.clock().rest();
                    session.lock().unlock();
                }
            }
            flush();
        } catch (CommandClock.SlowException e) {
            bye(new Bye("", "Too slow"));
        } catch (SocketTimeoutException e) {
            bye(new Bye("", "Idle for too long"));
        } catch (Bye e) {
            bye(e);
        } catch (StoreException e) {
            bye(e);
        } catch (IOException e) {
            LOG.debug("IMAP connection of {} ended: {}", session.client(), e.getMessage());
        } finally {
            session.lock().lock();
            try {
                session.notifications().stop();
            } finally {
                session.lock().unlock();
            }
        }
    }

    /// Answers a log-in that came through a front end.
    ///
    /// @return whether the client is logged in
    boolean logIn(Login.Attempt attempt) {
        session.lock().lock();
        try {
            switch (session.login().logIn(attempt)) {
                case Login.Serve serve -> serve(attempt.tag(), serve);
                case Login.TooMany _ -> tooMany(attempt.tag());
                case Login.Refused _ ->
                    session.out().tagged(attempt.tag(), "NO", "AUTHENTICATIONFAILED", "Wrong user name or password");
                case Login.Unavailable unavailable ->
                    session.out().tagged(attempt.tag(), "NO", "UNAVAILABLE", unavailable.text());
                case Login.HandOver _ ->
                    session.out()
                            .tagged(attempt.tag(), "NO", "UNAVAILABLE", "Mailboxes are served elsewhere, try again");
            }
            session.out().flush();
        } catch (IOException e) {
            LOG.debug("IMAP stream of {} ended: {}", session.client(), e.getMessage());
            session.end();
        } finally {
            session.lock().unlock();
        }
        return session.loggedIn() && !session.over();
    }

    private void serve(String tag, Login.Serve serve) throws IOException {
        if (!session.logIn(serve.user(), serve.store())) {
            tooMany(tag);
            return;
        }
        if (!serve.signature().isEmpty()) {
            session.out().text(ImapService.SIGNATURE).text(serve.signature()).endLine();
        }
        session.out().tagged(tag, "OK", "CAPABILITY " + CapabilityCommand.of(session), "Logged in");
    }

    private void tooMany(String tag) throws IOException {
        No answer = LogIn.tooMany();
        session.out().tagged(tag, "NO", answer.code(), answer.getMessage());
    }

    /// Answers go out before the server waits.
    private boolean awaitInput() throws IOException {
        if (session.in().buffered() > 0) {
            return true;
        }
        flush();
        return session.in().peek() >= 0;
    }

    private void flush() throws IOException {
        session.lock().lock();
        try {
            session.out().flushAndRest();
        } finally {
            session.lock().unlock();
        }
    }

    private void command() throws IOException {
        Decoder in = session.decoder();
        String tag = "*";
        try {
            in.beginCommand(session.loggedIn());
            tag = in.tag();
            in.checkLine();
            if (tag.equals("*")) {
                throw new Bad("A command begins with a tag and a space");
            }
            in.expectSp();
            run(tag, entry(in), in);
            badInRow = 0;
        } catch (EOFException e) {
            throw e;
        } catch (Bad e) {
            in.recover();
            session.out().abandonLine();
            session.out().tagged(tag, "BAD", e.code(), e.getMessage());
            if (++badInRow >= session.limits().badCommandsMax()) {
                throw new Bye("", "Too many bad commands");
            }
        } catch (No e) {
            no(tag, e);
        } catch (StoreException e) {
            ImapException answer = ImapException.of(e);
            if (!(answer instanceof No no)) {
                throw answer;
            }
            no(tag, no);
        } catch (ImapException | IOException e) {
            throw e;
        } catch (RuntimeException e) {
            LOG.error("IMAP command of {} failed; please report this", session.client(), e);
            no(tag, new No("SERVERBUG", "Internal error, it has been logged"));
        }
    }

    private void run(String tag, Entry entry, Decoder in) throws IOException {
        boolean reads = session.loggedIn() && entry.reads() == Reads.STORE;
        if (reads) {
            session.out().under(session.store(), session.store().enter());
        } else {
            session.out().underNothing();
        }
        Completed completed;
        session.tag(tag);
        if (entry.when() == When.SELECTED && reads) {
            Rights _ = session.rights(); // whoever lost the right to read gets no answer
        }
        try {
            completed = entry.command().run(session, in);
        } catch (No | StoreException e) {
            if (reads && session.selected() != null && session.decoder().atEnd()) {
                session.out().abandonLine();
                tell(entry.tells()); // NOOP's news are not lost because COPY failed
            }
            throw e;
        }
        if (completed.answered()) {
            return;
        }
        if (reads) {
            tell(entry.tells());
        }
        session.out().tagged(tag, "OK", completed.code(), completed.text());
    }

    private void tell(Tells tells) throws IOException {
        switch (tells) {
            case NONE -> {}
            case NO_EXPUNGES -> session.tell(Telling.NO_EXPUNGES);
            case ALL -> session.tell(Telling.ALL);
        }
    }

    private Entry entry(Decoder in) {
        String name = in.keyword();
        if (name.equals("UID")) {
            in.expectSp();
            name = "UID " + in.keyword();
        }
        Entry entry = Commands.named(name);
        if (entry == null) {
            throw new Bad("Unknown command "
                    + name.substring(0, Math.min(name.length(), 40)).toUpperCase(Locale.ROOT));
        }
        if (!session.loggedIn() && ++commandsBeforeLogin > session.limits().commandsBeforeLoginMax()) {
            throw new Bye("", "Too many commands without login");
        }
        checkState(entry.when());
        if (session.enabled().uidOnly() && Commands.numbered(entry)) { // RFC 9586 section 3
            throw new Bad("UIDREQUIRED", "Only UID " + name + " once UIDONLY is enabled");
        }
        return entry;
    }

    private void checkState(When when) {
        switch (when) {
            case ANY_TIME -> {}
            case BEFORE_LOGIN -> {
                if (session.loggedIn()) {
                    throw new Bad("Already logged in");
                }
            }
            case LOGGED_IN -> {
                if (!session.loggedIn()) {
                    throw new Bad("Log in first");
                }
            }
            case SELECTED -> {
                if (session.selected() == null) {
                    throw new Bad(session.loggedIn() ? "No mailbox is selected" : "Log in first");
                }
            }
        }
    }

    private void no(String tag, No answer) throws IOException {
        session.decoder().recover();
        session.out().abandonLine();
        session.out().tagged(tag, "NO", answer.code(), answer.getMessage());
    }

    private void bye(StoreException e) {
        if (ImapException.of(e) instanceof Bye bye) {
            bye(bye);
        } else {
            bye(new Bye("UNAVAILABLE", e.getMessage()));
        }
    }

    private void bye(Bye e) {
        session.lock().lock();
        try {
            if (e.getCause() == null) {
                LOG.debug("IMAP connection of {} closed: {}", session.client(), e.getMessage());
            } else {
                LOG.info("IMAP session of {} ended: {}", session.client(), reasons(e.getCause()));
            }
            session.end();
            session.out().bye(e.code(), e.getMessage());
        } catch (IOException | StoreException failed) {
            LOG.debug("IMAP connection of {} broke: {}", session.client(), failed.getMessage());
        } finally {
            session.lock().unlock();
        }
    }

    private static String reasons(Throwable cause) {
        StringJoiner reasons = new StringJoiner(": ");
        for (Throwable t = cause; t != null; t = t.getCause()) {
            reasons.add(t.getMessage() == null ? t.getClass().getSimpleName() : t.getMessage());
        }
        return reasons.toString();
    }

    private Duration timeout() {
        return session.loggedIn()
                ? session.limits().idleTimeout()
                : session.limits().loginTimeout();
    }
}
