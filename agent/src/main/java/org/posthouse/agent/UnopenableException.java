package org.posthouse.agent;

import java.io.IOException;
import java.io.Serial;

/// A shared folder was taken over, but what is in it cannot be opened; another node will hardly fare better.
final class UnopenableException extends IOException {
    @Serial
    private static final long serialVersionUID = 1;

    UnopenableException(String folder, Exception cause) {
        super("what is in " + folder + " cannot be opened: " + cause.getMessage(), cause);
    }
}
