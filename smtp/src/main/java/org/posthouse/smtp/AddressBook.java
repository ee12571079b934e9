package org.posthouse.smtp;

import java.io.IOException;
import java.util.Optional;
import org.posthouse.wire.Sasl.Credentials;
import org.posthouse.wire.ScramSalt;

/// The directory as reception asks it. On a node it is the directory itself, on a front end any node that answers.
public interface AddressBook {

    /// Where mail for an address goes. A negative answer is certain.
    ///
    /// @throws IOException if it cannot be learned now
    Place locate(String address) throws IOException;

    /// The user whose secret this is; empty if there is none.
    ///
    /// @throws IOException if it cannot be learned now
    Optional<Known> verify(Credentials credentials) throws IOException;

    /// The salt of a user, for SCRAM.
    ///
    /// @throws IOException if it cannot be learned now
    ScramSalt salt(String user) throws IOException;

    /// A user who proved it.
    ///
    /// @param user canonical address
    /// @param signature the server's, in base64, for a SCRAM proof; else `""`
    record Known(String user, String signature) {}
}
