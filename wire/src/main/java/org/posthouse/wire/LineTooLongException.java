package org.posthouse.wire;

import java.io.IOException;

/// A client sent a line longer than the protocol's limit.
public final class LineTooLongException extends IOException {
    private static final long serialVersionUID = 1;

    /// Names the limit in bytes.
    public LineTooLongException(int lineBytesMax) {
        super("line longer than " + lineBytesMax + " bytes");
    }
}
