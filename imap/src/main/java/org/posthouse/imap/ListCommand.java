package org.posthouse.imap;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.posthouse.imap.ListOptions.Return;
import org.posthouse.imap.ListOptions.Selection;
import org.posthouse.mail.MailboxNames;
import org.posthouse.mail.Rights;
import org.posthouse.mailstore.Annotation;

/// LIST (RFC 3501 section 6.3.8, RFC 5258): with CHILDREN (RFC 3348), SPECIAL-USE (RFC 6154), and in one answer STATUS
/// (RFC 5819), MYRIGHTS (RFC 8440) and METADATA (RFC 9590) of each mailbox.
final class ListCommand implements Command {
    private static final Comparator<String> INBOX_FIRST = Comparator.comparing(
                    (String name) -> !name.equals(MailboxNames.INBOX))
            .thenComparing(name -> name);

    @Override
    public Completed run(Session session, Decoder in) throws IOException {
        in.expectSp();
        ListOptions options = ListOptions.read(in);
        in.expectEnd();

        if (options.asksForSeparator()) {
            session.out().untagged("LIST (\\Noselect) \"/\" \"\"");
        } else {
            new Listing(session, options).run();
        }
        return Completed.ok("LIST completed");
    }

    /// One answer.
    private static final class Listing {
        private final Session session;
        private final ListOptions options;
        private final Set<String> subscribed;
        private final Set<String> foreignLevels = new HashSet<>(); // above others' mailboxes
        private final StringBuilder attributes = new StringBuilder();

        Listing(Session session, ListOptions options) {
            this.session = session;
            this.options = options;
            this.subscribed = options.returned().contains(Return.SUBSCRIBED)
                    ? new HashSet<>(session.store().subscriptions(session.user()))
                    : Set.of();
        }

        void run() throws IOException {
            List<Visible> all = session.mailboxes().all();
            for (Visible visible : all) {
                if (!visible.own()) {
                    above(visible.name(), foreignLevels::add);
                }
            }
            if (options.selects(Selection.SUBSCRIBED) || options.selects(Selection.RECURSIVEMATCH)) {
                selected(all);
            } else {
                plain(all);
            }
        }

        /// In the order of the mailboxes; levels that are none before what lies below them.
        private void plain(List<Visible> all) throws IOException {
            boolean onlyUses = options.selects(Selection.SPECIAL_USE);
            Set<String> shown = new HashSet<>();
            for (Visible visible : all) {
                if (!visible.own()) {
                    shown.add(visible.name());
                }
            }
            for (Visible visible : all) {
                if (!visible.own() && !onlyUses) {
                    for (String level : levels(visible.name())) {
                        if (options.showsLevel(level) && shown.add(level)) {
                            line(level, null, false);
                        }
                    }
                }
                if ((!onlyUses || !visible.specialUse().isEmpty()) && options.matches(visible.name())) {
                    line(visible.name(), visible, false);
                }
            }
        }

        /// What is subscribed, or has something selected below, also where there is no such mailbox.
        private void selected(List<Visible> all) throws IOException {
            Map<String, Visible> mailboxes = new TreeMap<>(INBOX_FIRST);
            all.forEach(visible -> mailboxes.put(visible.name(), visible));
            if (options.selects(Selection.SUBSCRIBED)) {
                subscribed.forEach(name -> mailboxes.putIfAbsent(name, null));
            }
            // Where something is selected below that no pattern shows, the level above says so.
            Set<String> hasHidden = new HashSet<>();
            if (options.selects(Selection.RECURSIVEMATCH)) {
                mailboxes.forEach((name, visible) -> {
                    if (isSelected(name, visible) && !options.matches(name)) {
                        above(name, hasHidden::add);
                    }
                });
                hasHidden.forEach(name -> mailboxes.putIfAbsent(name, null));
            }
            for (Map.Entry<String, Visible> each : mailboxes.entrySet()) {
                boolean hidden = hasHidden.contains(each.getKey());
                if ((hidden || isSelected(each.getKey(), each.getValue())) && options.matches(each.getKey())) {
                    line(each.getKey(), each.getValue(), hidden);
                }
            }
        }

        private boolean isSelected(String name, Visible visible) {
            return (!options.selects(Selection.SUBSCRIBED) || subscribed.contains(name))
                    && (!options.selects(Selection.SPECIAL_USE)
                            || (visible != null && !visible.specialUse().isEmpty()));
        }

        /// @param visible null for a name that is no mailbox
        /// @param hidden whether something selected lies below that is not shown itself
        private void line(String name, Visible visible, boolean hidden) throws IOException {
            attributes.setLength(0);
            attribute(children(name, visible));
            if (visible == null) {
                attribute(options.extended() ? "\\NonExistent" : "\\Noselect");
            } else if (!visible.rights().has(Rights.READ)) {
                attribute("\\Noselect");
            }
            if (subscribed.contains(name)) {
                attribute("\\Subscribed");
            }
            attribute(visible == null ? "" : visible.specialUse());
            Responses out = session.out();
            out.text("* LIST (").text(attributes.toString());
            out.text(") \"/\" ").mailbox(MailboxNames.encode(name));
            if (hidden) {
                out.text(" (\"CHILDINFO\" (").text(selectedBy()).text("))");
            }
            out.endLine();
            if (visible != null) {
                about(visible);
            }
        }

        private void attribute(String name) {
            if (!name.isEmpty()) {
                attributes.append(attributes.isEmpty() ? "" : " ").append(name);
            }
        }

        private String children(String name, Visible visible) {
            if (visible != null && visible.own()) {
                return visible.mailbox().hasChildren() ? "\\HasChildren" : "\\HasNoChildren";
            }
            // Parents of one's own mailboxes are always there: a name that is nothing has none below.
            return foreignLevels.contains(name) ? "\\HasChildren" : visible == null ? "" : "\\HasNoChildren";
        }

        private String selectedBy() {
            boolean both = options.selects(Selection.SUBSCRIBED) && options.selects(Selection.SPECIAL_USE);
            String uses = options.selects(Selection.SPECIAL_USE) ? "\"SPECIAL-USE\"" : "";
            return (options.selects(Selection.SUBSCRIBED) ? "\"SUBSCRIBED\"" : "") + (both ? " " : "") + uses;
        }

        private void about(Visible visible) throws IOException {
            boolean readable = visible.rights().has(Rights.READ);
            if (readable && !options.status().isEmpty()) {
                StatusCommand.write(session, visible.mailbox(), visible.name(), options.status());
            }
            if (options.returned().contains(Return.MYRIGHTS)) {
                MyRightsCommand.write(session, visible);
            }
            if (readable && !options.metadata().isEmpty()) {
                List<Annotation> all =
                        MetadataEntries.all(session, visible.mailbox().id());
                List<Annotation> shown = options.metadata().stream()
                        .map(entry -> MetadataEntries.of(all, entry))
                        .toList();
                MetadataEntries.write(session.out(), visible.name(), shown);
            }
        }
    }

    private static List<String> levels(String name) {
        List<String> levels = new ArrayList<>();
        above(name, levels::add);
        return levels;
    }

    private static void above(String name, Consumer<String> level) {
        for (int at = name.indexOf(MailboxNames.SEPARATOR);
                at >= 0;
                at = name.indexOf(MailboxNames.SEPARATOR, at + 1)) {
            level.accept(name.substring(0, at));
        }
    }
}
