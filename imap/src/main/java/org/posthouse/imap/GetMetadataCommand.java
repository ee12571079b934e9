package org.posthouse.imap;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.posthouse.imap.ImapException.Bad;
import org.posthouse.mail.Rights;
import org.posthouse.mailstore.Annotation;

/// GETMETADATA (RFC 5464 section 4.2). The options stand before the mailbox in the RFC's grammar and behind it in its
/// examples: both are taken.
final class GetMetadataCommand implements Command {
    /// @param maxSize of a value to be shown
    /// @param depth levels below an entry
    private record Options(long maxSize, int depth) {
        static final Options NONE = new Options(Long.MAX_VALUE, 0);
    }

    @Override
    public Completed run(Session session, Decoder in) throws IOException {
        in.expectSp();
        Options options = null;
        if (in.peek() == '(') {
            options = options(in);
            in.expectSp();
        }
        String name = in.mailbox();
        in.expectSp();
        if (options == null && in.startsWith("(MAXSIZE", "(DEPTH")) {
            options = options(in);
            in.expectSp();
        }
        List<String> wanted = MetadataEntries.read(in);
        in.expectEnd();

        long mailbox = name.isEmpty()
                ? 0
                : session.mailboxes()
                        .get(name, "NONEXISTENT", Rights.READ)
                        .mailbox()
                        .id();
        List<Annotation> found =
                found(MetadataEntries.all(session, mailbox), wanted, options == null ? Options.NONE : options);
        long maxSize = options == null ? Long.MAX_VALUE : options.maxSize;
        long longest = 0;
        List<Annotation> shown = new ArrayList<>();
        for (Annotation each : found) {
            if (each.value() != null && each.value().length() > maxSize) {
                longest = Math.max(longest, each.value().length());
            } else {
                shown.add(each);
            }
        }
        MetadataEntries.write(session.out(), name, shown);
        String code = longest > 0 ? "METADATA LONGENTRIES " + longest : "";
        return new Completed(code, "GETMETADATA completed");
    }

    /// Entries asked for by name are shown also if there is nothing; those below them if they are there.
    private static List<Annotation> found(List<Annotation> all, List<String> wanted, Options options) {
        List<Annotation> found = new ArrayList<>();
        for (String name : wanted) {
            Annotation exact = MetadataEntries.of(all, name);
            if (exact.value() != null || options.depth == 0) {
                found.add(exact);
            }
            for (Annotation each : all) {
                if (options.depth > 0 && each.entry().startsWith(name + "/")) {
                    String below = each.entry().substring(name.length() + 1);
                    if (options.depth > 1 || below.indexOf('/') < 0) {
                        found.add(each);
                    }
                }
            }
        }
        return found.stream().distinct().toList();
    }

    private static Options options(Decoder in) throws IOException {
        in.expect('(');
        Options options = Options.NONE;
        do {
            String option = in.keyword();
            in.expectSp();
            options = switch (option) {
                case "MAXSIZE" -> new Options(in.number(), options.depth);
                case "DEPTH" -> new Options(options.maxSize, depth(in.astring()));
                default -> throw new Bad("The options are MAXSIZE and DEPTH");
            };
        } while (in.take(' '));
        in.expect(')');
        return options;
    }

    private static int depth(String text) {
        return switch (text.toLowerCase(Locale.ROOT)) {
            case "0" -> 0;
            case "1" -> 1;
            case "infinity" -> Integer.MAX_VALUE;
            default -> throw new Bad("DEPTH is 0, 1 or infinity");
        };
    }
}
