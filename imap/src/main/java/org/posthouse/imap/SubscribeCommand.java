package org.posthouse.imap;

import java.io.IOException;
import org.posthouse.mailstore.Action;

/// SUBSCRIBE and UNSUBSCRIBE (RFC 3501 sections 6.3.6 and 6.3.7). A name may be subscribed to that is not there:
/// it may come back.
final class SubscribeCommand implements Command {
    private final boolean subscribe;

    SubscribeCommand(boolean subscribe) {
        this.subscribe = subscribe;
    }

    @Override
    public Completed run(Session session, Decoder in) throws IOException {
        in.expectSp();
        String name = in.mailbox();
        in.expectEnd();

        session.execute(new Action.Subscribe(session.user(), name, subscribe));
        return Completed.ok((subscribe ? "SUBSCRIBE" : "UNSUBSCRIBE") + " completed");
    }
}
