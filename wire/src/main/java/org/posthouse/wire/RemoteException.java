package org.posthouse.wire;

import java.io.IOException;

/// The peer answered a call with an error; the message is the peer's.
public final class RemoteException extends IOException {
    private static final long serialVersionUID = 1;

    /// With the peer's message.
    public RemoteException(String message) {
        super(message);
    }
}
