package org.posthouse.imap;

import java.net.InetSocketAddress;
import org.posthouse.mailstore.MailStore;
import org.posthouse.wire.LinkStream;

/// Decides what becomes of somebody who gives a user name and a password.
public interface Login {

    /// What the client said.
    ///
    /// @param tag of the command, which whoever takes the conversation over must answer
    /// @param remote the client's own address, also behind a front end
    /// @param secure whether the client's side is encrypted
    record Attempt(String tag, String user, String password, InetSocketAddress remote, boolean secure) {
        /// Leaves out the password.
        @Override
        public String toString() {
            return "Attempt[" + tag + ", " + user + ", " + remote + ", secure=" + secure + "]";
        }
    }

    /// What becomes of it.
    sealed interface Outcome {}

    /// The user is served here.
    ///
    /// @param user canonical address, the owner of the mailboxes
    record Serve(String user, MailStore store) implements Outcome {}

    /// Wrong password, unknown or disabled user: one answer for all.
    record Refused() implements Outcome {}

    /// Nobody can tell, or serve the user, at the moment.
    ///
    /// @param text for the client
    record Unavailable(String text) implements Outcome {}

    /// Another process has taken the conversation over and answered; from now on bytes are relayed.
    ///
    /// @param answer the owner's answer to the command, a line without CR LF
    record HandOver(String answer, LinkStream owner) implements Outcome {}

    /// Decides. May take as long as a client may be kept waiting (10 s); does not throw for what is an outcome.
    Outcome logIn(Attempt attempt);
}
