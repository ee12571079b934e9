package org.posthouse.imap;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import org.posthouse.imap.ImapException.Bad;
import org.posthouse.mail.MailboxNames;
import org.posthouse.mail.Octets;
import org.posthouse.mailstore.Annotation;

/// Names of metadata entries, and the line that shows them (RFC 5464).
final class MetadataEntries {
    static final int ENTRIES_MAX = 100;
    /// Read only: how to reach who runs the server (section 6.2.1).
    static final String ADMIN = "/shared/admin";

    private MetadataEntries() {}

    /// Checks a name and brings it into the one form that the store has.
    ///
    /// @throws Bad if it can be no entry's (section 3.2)
    static String checked(String name) {
        String lower = name.toLowerCase(Locale.ROOT);
        boolean scoped = lower.startsWith(Annotation.PRIVATE) || lower.startsWith(Annotation.SHARED);
        boolean plain = lower.chars().allMatch(c -> c > ' ' && c < 0x7f && c != '*' && c != '%');
        if (!scoped || !plain || lower.contains("//") || lower.endsWith("/")) {
            throw new Bad("A metadata entry is /private/... or /shared/... without wildcards");
        }
        return lower;
    }

    /// `(/shared/comment /private/comment)`, or a single one without parentheses.
    static List<String> read(Decoder in) throws IOException {
        if (in.peek() != '(') {
            return List.of(checked(in.astring()));
        }
        in.expect('(');
        List<String> names = new ArrayList<>();
        do {
            names.add(checked(in.astring()));
            if (names.size() > ENTRIES_MAX) {
                throw new Bad("More than " + ENTRIES_MAX + " entries");
            }
        } while (in.take(' '));
        in.expect(')');
        return names;
    }

    /// What there is of a mailbox' (0: the server's) metadata for a user.
    static List<Annotation> all(Session session, long mailboxId) {
        List<Annotation> all = new ArrayList<>(session.store().annotations(mailboxId, session.user()));
        if (mailboxId == 0) {
            String domain = session.user().substring(session.user().lastIndexOf('@') + 1);
            all.add(new Annotation(ADMIN, "mailto:postmaster@" + domain)); // RFC 5321 section 4.5.1: it is there
        }
        return all;
    }

    /// The annotation of a name; with the value null if there is none.
    static Annotation of(List<Annotation> all, String name) {
        return all.stream()
                .filter(annotation -> annotation.entry().equals(name))
                .findFirst()
                .orElseGet(() -> new Annotation(name, null));
    }

    /// What changes when a value does, by entry.
    static Map<String, UUID> fingerprints(Session session, long mailboxId) {
        Map<String, UUID> prints = new TreeMap<>();
        for (Annotation each : session.store().annotations(mailboxId, session.user())) {
            prints.put(each.entry(), fingerprint(each));
        }
        return prints;
    }

    /// That of one value; null for none.
    static UUID fingerprint(Annotation annotation) {
        return annotation.value() == null ? null : UUID.nameUUIDFromBytes(Octets.bytes(annotation.value()));
    }

    /// The line that says only which have changed (RFC 5464 section 4.4.2); nothing if none has.
    static void writeChanged(Responses out, String mailbox, Collection<String> entries) throws IOException {
        if (!entries.isEmpty()) {
            out.text("* METADATA ").mailbox(MailboxNames.encode(mailbox));
            for (String entry : entries) {
                out.octet(' ').astring(entry);
            }
            out.endLine();
        }
    }

    /// The line; nothing at all if there is nothing to be shown.
    ///
    /// @param mailbox Unicode; `""` for the server
    static void write(Responses out, String mailbox, List<Annotation> shown) throws IOException {
        if (shown.isEmpty()) {
            return;
        }
        out.text("* METADATA ").mailbox(MailboxNames.encode(mailbox)).text(" (");
        for (int i = 0; i < shown.size(); i++) {
            out.text(i == 0 ? "" : " ").astring(shown.get(i).entry()).octet(' ');
            out.nstring(shown.get(i).value());
        }
        out.text(")").endLine();
    }
}
