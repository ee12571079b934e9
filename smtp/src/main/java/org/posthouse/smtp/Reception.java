package org.posthouse.smtp;

import java.io.IOException;
import java.util.List;
import org.posthouse.wire.Sasl.Credentials;
import org.posthouse.wire.ScramSalt;

/// Where a [SmtpServer] puts the mail it receives: the store on the owner ([StoreReception]), or, on a front
/// end, the owner wherever it is ([RemoteReception]). Used by many sessions at once.
public interface Reception {

    /// Whether mail for an address is taken.
    ///
    /// @param sender the envelope's, `""` for none
    /// @param address as the client gave it, without angle brackets
    /// @param declaredSize in bytes, 0 if the client did not say
    RecipientAnswer recipient(String sender, String address, long declaredSize);

    /// Checks who somebody says they are.
    Login authenticate(Credentials credentials);

    /// The salt of a user, for a SCRAM exchange; one that looks like it for a user that does not exist.
    ///
    /// @throws IOException if that cannot be learned now
    ScramSalt salt(String user) throws IOException;

    /// Whether an authenticated user may send under an address.
    ///
    /// @throws IOException if that cannot be learned now
    boolean maySendAs(String user, String address) throws IOException;

    /// Begins to take in a message for recipients all accepted before.
    ///
    /// @throws RefusedException if it cannot be taken now: the answer to DATA
    MessageSink begin(Envelope envelope) throws RefusedException;

    /// What became of a recipient.
    sealed interface RecipientAnswer {
        /// Taken, so far.
        ///
        /// @param virtualServer holds the mailboxes; all recipients of a message must have the same
        /// @param users canonical addresses of the mailboxes' owners
        record Accepted(String virtualServer, List<String> users) implements RecipientAnswer {}

        /// Not taken.
        record Refused(Answer answer) implements RecipientAnswer {}
    }

    /// What became of a log-in.
    sealed interface Login {
        /// Right.
        ///
        /// @param user canonical address
        /// @param signature the server's, in base64, for a SCRAM proof; else `""`
        record Accepted(String user, String signature) implements Login {}

        /// Wrong, unknown or disabled.
        record Refused() implements Login {}

        /// Nobody can say now.
        record Unavailable() implements Login {}
    }

    /// A message cannot be taken.
    final class RefusedException extends Exception {
        private static final long serialVersionUID = 1;

        private final transient Answer answer;

        /// With what to tell the client.
        public RefusedException(Answer answer) {
            super(answer.line());
            this.answer = answer;
        }

        /// What to tell the client.
        public Answer answer() {
            return answer;
        }
    }
}
