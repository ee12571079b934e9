package org.posthouse.imap;

import java.io.IOException;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.posthouse.imap.ImapException.Bad;

/// What LIST was asked for (RFC 5258, with the return options of RFC 5819, 6154, 8440 and 9590).
///
/// @param patterns reference and pattern joined, Unicode
/// @param asksForSeparator `LIST "" ""`, in the plain form only
/// @param extended whether it is of the form that RFC 5258 added
/// @param status items to show with each mailbox; empty for none
/// @param metadata entries to show with each mailbox; empty for none
record ListOptions(
        List<ListPattern> patterns,
        boolean asksForSeparator,
        boolean extended,
        Set<Selection> selection,
        Set<Return> returned,
        List<StatusCommand.Item> status,
        List<String> metadata) {
    private static final int PATTERNS_MAX = 100;
    private static final int OPTIONS_MAX = 20;

    /// Which mailboxes.
    enum Selection {
        SUBSCRIBED,
        REMOTE,
        RECURSIVEMATCH,
        SPECIAL_USE
    }

    /// What about them. Children and special uses are always shown, as plain LIST always did.
    enum Return {
        SUBSCRIBED,
        CHILDREN,
        SPECIAL_USE,
        MYRIGHTS
    }

    boolean selects(Selection which) {
        return selection.contains(which);
    }

    boolean matches(String name) {
        for (ListPattern pattern : patterns) {
            if (pattern.matches(name)) {
                return true;
            }
        }
        return false;
    }

    /// Whether a level that is no mailbox is shown where something lies below.
    boolean showsLevel(String name) {
        for (ListPattern pattern : patterns) {
            if (pattern.showsLevels() && pattern.matches(name)) {
                return true;
            }
        }
        return false;
    }

    static ListOptions read(Decoder in) throws IOException {
        boolean extended = in.peek() == '(';
        Set<Selection> selection = extended ? selection(in) : EnumSet.noneOf(Selection.class);
        if (extended) {
            in.expectSp();
        }
        String reference = in.pattern(in.astring());
        in.expectSp();
        boolean several = in.peek() == '(';
        List<String> patterns = several ? patterns(in) : List.of(in.pattern(in.listMailbox()));
        Set<Return> returned = EnumSet.noneOf(Return.class);
        List<StatusCommand.Item> status = new ArrayList<>();
        List<String> metadata = new ArrayList<>();
        boolean returns = in.take(' ');
        if (returns) {
            if (!in.keyword().equals("RETURN")) {
                throw new Bad("Expected RETURN");
            }
            in.expectSp();
            returned(in, returned, status, metadata);
        }
        if (selection.contains(Selection.SUBSCRIBED)) {
            returned.add(Return.SUBSCRIBED); // RFC 5258 section 3.1
        }
        boolean plain = !extended && !several && !returns;
        return new ListOptions(
                patterns.stream().map(each -> new ListPattern(reference + each)).toList(),
                plain && patterns.getFirst().isEmpty(),
                !plain,
                selection,
                returned,
                status,
                metadata);
    }

    private static Set<Selection> selection(Decoder in) {
        Set<Selection> selection = EnumSet.noneOf(Selection.class);
        in.expect('(');
        if (!in.take(')')) {
            int options = 0;
            do {
                selection.add(
                        switch (in.keyword()) {
                            case "SUBSCRIBED" -> Selection.SUBSCRIBED;
                            case "REMOTE" -> Selection.REMOTE; // there are no mailboxes elsewhere
                            case "RECURSIVEMATCH" -> Selection.RECURSIVEMATCH;
                            case "SPECIAL-USE" -> Selection.SPECIAL_USE;
                            default -> throw new Bad("No such selection option");
                        });
                bound(++options);
            } while (in.take(' '));
            in.expect(')');
        }
        // It modifies what else is selected, and REMOTE is nothing to select by (RFC 5258 section 3.1).
        if (selection.contains(Selection.RECURSIVEMATCH)
                && !selection.contains(Selection.SUBSCRIBED)
                && !selection.contains(Selection.SPECIAL_USE)) {
            throw new Bad("RECURSIVEMATCH needs another selection option");
        }
        return selection;
    }

    private static List<String> patterns(Decoder in) throws IOException {
        List<String> patterns = new ArrayList<>();
        in.expect('(');
        do {
            patterns.add(in.pattern(in.listMailbox()));
            if (patterns.size() > PATTERNS_MAX) {
                throw new Bad("More than " + PATTERNS_MAX + " patterns");
            }
        } while (in.take(' '));
        in.expect(')');
        return patterns;
    }

    private static void returned(
            Decoder in, Set<Return> returned, List<StatusCommand.Item> status, List<String> metadata)
            throws IOException {
        in.expect('(');
        if (in.take(')')) {
            return;
        }
        int options = 0;
        do {
            switch (in.keyword()) {
                case "SUBSCRIBED" -> returned.add(Return.SUBSCRIBED);
                case "CHILDREN" -> returned.add(Return.CHILDREN);
                case "SPECIAL-USE" -> returned.add(Return.SPECIAL_USE);
                case "MYRIGHTS" -> returned.add(Return.MYRIGHTS);
                case "STATUS" -> {
                    in.expectSp();
                    status.addAll(StatusCommand.items(in));
                }
                case "METADATA" -> {
                    in.expectSp();
                    metadata.addAll(MetadataEntries.read(in));
                }
                default -> throw new Bad("No such return option");
            }
            bound(++options);
        } while (in.take(' '));
        in.expect(')');
    }

    private static void bound(int options) {
        if (options > OPTIONS_MAX) {
            throw new Bad("More than " + OPTIONS_MAX + " options");
        }
    }
}
