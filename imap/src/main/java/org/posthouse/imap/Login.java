package org.posthouse.imap;

import java.io.IOException;
import java.net.InetSocketAddress;
import org.posthouse.mailstore.MailStore;
import org.posthouse.wire.LinkStream;
import org.posthouse.wire.Sasl.Credentials;
import org.posthouse.wire.ScramSalt;

/// Decides what becomes of somebody who gives a user name and a secret.
public interface Login {

    /// What the client said.
    ///
    /// @param tag of the command, which whoever takes the conversation over must answer
    /// @param remote the client's own address, also behind a front end
    /// @param secure whether the client's side is encrypted
    record Attempt(String tag, Credentials credentials, InetSocketAddress remote, boolean secure) {
        /// Whom the client says it is; `""` if it leaves that to a token.
        public String user() {
            return credentials.user();
        }

        /// The same for a user whom a token named.
        public Attempt of(String user) {
            return new Attempt(tag, new Credentials(user, credentials.secret()), remote, secure);
        }
    }

    /// What becomes of it.
    sealed interface Outcome {}

    /// The user is served here.
    ///
    /// @param user canonical address, the owner of the mailboxes
    /// @param signature the server's, in base64, for a SCRAM proof; else `""`
    record Serve(String user, MailStore store, String signature) implements Outcome {
        /// By a password or a token.
        public Serve(String user, MailStore store) {
            this(user, store, "");
        }
    }

    /// Wrong secret, unknown or disabled user: one answer for all.
    record Refused() implements Outcome {}

    /// Nobody can tell, or serve the user, at the moment.
    ///
    /// @param text for the client
    record Unavailable(String text) implements Outcome {}

    /// The user has as many connections as one gets.
    record TooMany() implements Outcome {}

    /// Another process has taken the conversation over and answered; from now on bytes are relayed.
    ///
    /// @param answer the owner's answer to the command, a line without CR LF
    /// @param signature as of [Serve]
    record HandOver(String answer, LinkStream owner, String signature) implements Outcome {
        /// By a password or a token.
        public HandOver(String answer, LinkStream owner) {
            this(answer, owner, "");
        }
    }

    /// Decides. May take as long as a client may be kept waiting (10 s); does not throw for what is an outcome.
    Outcome logIn(Attempt attempt);

    /// The salt of a user, for a SCRAM exchange; one that looks like it for a user that does not exist.
    ///
    /// @throws IOException if it cannot be learned now
    default ScramSalt salt(String user) throws IOException {
        throw new IOException("nobody here knows the salt of " + user);
    }
}
