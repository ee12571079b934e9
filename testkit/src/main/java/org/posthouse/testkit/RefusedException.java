package org.posthouse.testkit;

import java.io.IOException;

/// A server answered, and the answer was no. Any other [IOException] from a client of this package means that
/// there was no answer: whether the command took effect is then unknown.
public final class RefusedException extends IOException {
    private final boolean temporary;
    private final String answer;

    /// @param server where the answer came from
    /// @param command what was refused, without secrets
    /// @param answer the server's own words
    /// @param temporary whether repeating it later may succeed: SMTP 4xx, IMAP `BYE`, `NO [UNAVAILABLE]`
    public RefusedException(String server, String command, String answer, boolean temporary) {
        super(server + " refused " + command + ": " + answer);
        this.answer = answer;
        this.temporary = temporary;
    }

    /// Whether repeating the command later may succeed.
    public boolean temporary() {
        return temporary;
    }

    /// The server's own words.
    public String answer() {
        return answer;
    }
}
