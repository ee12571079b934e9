package org.posthouse.imap;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.UnaryOperator;
import org.posthouse.imap.ImapException.Bad;
import org.posthouse.imap.ImapException.No;
import org.posthouse.mail.Rights;
import org.posthouse.mailstore.Action;
import org.posthouse.mailstore.Annotation;

/// SETMETADATA (RFC 5464 section 4.3): all entries or none.
final class SetMetadataCommand implements Command {
    private static final int VALUE_BYTES_MAX = 64 << 10;

    @Override
    public Completed run(Session session, Decoder in) throws IOException {
        in.expectSp();
        String name = in.mailbox();
        in.expectSp();
        List<Annotation> entries = entries(in);
        in.expectEnd();

        boolean shares = entries.stream().anyMatch(each -> !each.isPrivate());
        long mailbox = 0;
        List<Annotation> set = entries;
        if (name.isEmpty()) {
            checkServer(session, entries, shares);
        } else {
            Visible visible = session.mailboxes().get(name, "NONEXISTENT", Rights.READ);
            if (shares) {
                visible = session.mailboxes().get(name, "NONEXISTENT", Rights.WRITE);
            }
            set = entries.stream().map(withUses(visible)).toList();
            mailbox = visible.mailbox().id();
        }
        for (Annotation each : set) {
            if (each.value() != null && each.value().length() > VALUE_BYTES_MAX) {
                throw new No("METADATA MAXSIZE " + VALUE_BYTES_MAX, "A value is too long");
            }
        }
        session.execute(new Action.Annotate(mailbox, session.user(), set));
        return Completed.ok("SETMETADATA completed");
    }

    private static List<Annotation> entries(Decoder in) throws IOException {
        List<Annotation> entries = new ArrayList<>();
        in.expect('(');
        do {
            String entry = MetadataEntries.checked(in.astring());
            in.expectSp();
            boolean binary = in.take('~'); // a literal8; NUL is refused in it as anywhere
            entries.add(new Annotation(entry, binary ? in.string() : in.nstring()));
            if (entries.size() > MetadataEntries.ENTRIES_MAX) {
                throw new Bad("More than " + MetadataEntries.ENTRIES_MAX + " entries");
            }
        } while (in.take(' '));
        in.expect(')');
        return entries;
    }

    private static void checkServer(Session session, List<Annotation> entries, boolean shares) {
        if (entries.stream().anyMatch(each -> each.entry().equals(MetadataEntries.ADMIN))) {
            throw new No("CANNOT", MetadataEntries.ADMIN + " cannot be changed");
        }
        if (entries.stream().anyMatch(each -> each.entry().equals(Annotation.SPECIAL_USE))) {
            throw new No("CANNOT", "Only mailboxes have special uses");
        }
        if (shares && !session.mailboxes().administers()) {
            throw new No("NOPERM", "The server's shared metadata are set by who administers its shared mailboxes");
        }
    }

    /// A special use is one of those served here (RFC 6154 section 4), and only a mailbox of one's own has one.
    private static UnaryOperator<Annotation> withUses(Visible visible) {
        return each -> {
            if (!each.entry().equals(Annotation.SPECIAL_USE)) {
                return each;
            }
            if (!visible.own()) {
                throw new No("USEATTR", "Only mailboxes of one's own have special uses");
            }
            return each.value() == null
                    ? each
                    : new Annotation(
                            each.entry(),
                            SpecialUses.known(Arrays.asList(each.value().strip().split(" +"))));
        };
    }
}
