package org.posthouse.imap;

import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import org.posthouse.mail.MailboxNames;

/// LSUB (RFC 3501 section 6.3.9). Where `%` hides a name below, its parent is shown as `\Noselect`.
final class LsubCommand implements Command {
    @Override
    public Completed run(Session session, Decoder in) throws IOException {
        in.expectSp();
        String reference = in.pattern(in.astring());
        in.expectSp();
        ListPattern pattern = new ListPattern(reference + in.pattern(in.listMailbox()));
        in.expectEnd();

        Map<String, Boolean> shown = new LinkedHashMap<>(); // name, whether subscribed itself
        for (String name : session.store().subscriptions(session.user())) {
            if (pattern.matches(name)) {
                shown.put(name, true);
            } else if (pattern.showsLevels()) {
                parents(pattern, name, shown);
            }
        }
        for (Map.Entry<String, Boolean> entry : shown.entrySet()) {
            session.out().text("* LSUB (").text(entry.getValue() ? "" : "\\Noselect");
            session.out()
                    .text(") \"/\" ")
                    .mailbox(MailboxNames.encode(entry.getKey()))
                    .endLine();
        }
        return Completed.ok("LSUB completed");
    }

    private static void parents(ListPattern pattern, String name, Map<String, Boolean> shown) {
        for (int at = name.indexOf(MailboxNames.SEPARATOR);
                at >= 0;
                at = name.indexOf(MailboxNames.SEPARATOR, at + 1)) {
            String parent = name.substring(0, at);
            if (pattern.matches(parent)) {
                shown.putIfAbsent(parent, false);
            }
        }
    }
}
