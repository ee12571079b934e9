package org.posthouse.imap;

import java.io.IOException;
import org.posthouse.imap.ImapException.Bad;
import org.posthouse.imap.ImapException.No;

/// SETQUOTA (RFC 9208 section 4.1.1): quotas are the directory's, which no user changes from here; so QUOTASET is not
/// among the capabilities.
final class SetQuotaCommand implements Command {
    private static final int RESOURCES_MAX = 20;

    @Override
    public Completed run(Session session, Decoder in) throws IOException {
        in.expectSp();
        in.astring();
        in.expectSp();
        in.expect('(');
        int resources = 0;
        if (!in.take(')')) {
            do {
                in.atom();
                in.expectSp();
                if (!in.atom().chars().allMatch(c -> c >= '0' && c <= '9') || ++resources > RESOURCES_MAX) {
                    throw new Bad("Expected resources and their limits");
                }
            } while (in.take(' '));
            in.expect(')');
        }
        in.expectEnd();
        throw new No("NOPERM", "Quotas are set by the administrator, not over IMAP");
    }
}
