package org.posthouse.smtp;

import java.util.Optional;
import org.posthouse.wire.Link;

/// Which node owns which virtual server, as this front end was told, and the way there.
public interface Owners {

    /// The link to the owner; empty while there is none that is known.
    Optional<Link> owner(String virtualServer);

    /// Calls back after every change of what [#owner] answers, and when the link to the owner comes up; the callback
    /// returns at once.
    Watch watch(String virtualServer, Runnable changed);

    /// A registered callback.
    interface Watch extends AutoCloseable {
        @Override
        void close();
    }
}
