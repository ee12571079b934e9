package org.posthouse.replication;

import java.io.IOException;
import java.nio.file.Path;

/// A group's folder is damaged and was set aside; the group has to be joined again, under the next incarnation.
public final class QuarantineException extends IOException {
    private static final long serialVersionUID = 1;

    private final transient Path setAside;

    /// Says what is damaged and where the folder went.
    public QuarantineException(String message, Path setAside, Throwable cause) {
        super(message, cause);
        this.setAside = setAside;
    }

    /// Where the damaged folder is now.
    public Path setAside() {
        return setAside;
    }
}
