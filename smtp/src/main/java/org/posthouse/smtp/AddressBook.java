package org.posthouse.smtp;

import java.io.IOException;

/// The directory as reception asks it. On a node it is the directory itself, on a front end any node that answers.
public interface AddressBook {

    /// Where mail for an address goes. A negative answer is certain.
    ///
    /// @throws IOException if it cannot be learned now
    Place locate(String address) throws IOException;

    /// The canonical address of the user whose password this is, or `""` if there is none.
    ///
    /// @throws IOException if it cannot be learned now
    String verify(String user, String password) throws IOException;
}
