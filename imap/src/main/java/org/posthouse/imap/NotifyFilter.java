package org.posthouse.imap;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import org.posthouse.imap.ImapException.Bad;
import org.posthouse.imap.ImapException.No;

/// What a client wants to be notified of (RFC 5465).
///
/// @param selection about the selected mailbox
/// @param groups about the others
record NotifyFilter(Selection selection, List<Group> groups) {
    private static final int GROUPS_MAX = 100;
    private static final Selection NOTHING = new Selection(false, Set.of(), null);

    /// NOTIFY NONE.
    static final NotifyFilter NONE = new NotifyFilter(NOTHING, List.of());

    /// What can happen (section 5).
    enum Event {
        MESSAGE_NEW("MessageNew", true),
        MESSAGE_EXPUNGE("MessageExpunge", true),
        FLAG_CHANGE("FlagChange", true),
        MAILBOX_NAME("MailboxName", false),
        SUBSCRIPTION_CHANGE("SubscriptionChange", false),
        MAILBOX_METADATA_CHANGE("MailboxMetadataChange", false),
        SERVER_METADATA_CHANGE("ServerMetadataChange", false);

        private final String spelling;
        private final boolean ofMessage;

        Event(String spelling, boolean ofMessage) {
            this.spelling = spelling;
            this.ofMessage = ofMessage;
        }

        private static Event named(String upperCase) {
            for (Event event : values()) {
                if (event.spelling.toUpperCase(Locale.ROOT).equals(upperCase)) {
                    return event;
                }
            }
            String known = Arrays.stream(values()).map(each -> each.spelling).collect(Collectors.joining(" "));
            throw new No("BADEVENT (" + known + ")", "No such event here");
        }
    }

    /// @param delayed whether expunges wait for a command that allows them (section 6.1.2)
    /// @param events only message events
    /// @param fetch what to show of new messages, or null
    record Selection(boolean delayed, Set<Event> events, FetchPlan fetch) {}

    /// @param mailboxes which (section 6)
    record Group(MailboxFilter mailboxes, Set<Event> events) {}

    /// Reads the event groups of NOTIFY SET.
    static NotifyFilter read(Decoder in) throws IOException {
        Selection selection = null;
        List<Group> groups = new ArrayList<>();
        do {
            in.expect('(');
            String which = in.keyword();
            if (which.equals("SELECTED") || which.equals("SELECTED-DELAYED")) {
                if (selection != null) {
                    throw new Bad("SELECTED may stand once");
                }
                selection = selection(in, which.equals("SELECTED-DELAYED"));
            } else {
                groups.add(group(in, which));
            }
            in.expect(')');
            if (groups.size() > GROUPS_MAX) {
                throw new No("NOTIFICATIONOVERFLOW", "More than " + GROUPS_MAX + " groups");
            }
        } while (in.take(' '));
        return new NotifyFilter(selection == null ? NOTHING : selection, List.copyOf(groups));
    }

    /// What is told of a mailbox that is not selected.
    ///
    /// @param name with the prefix of its namespace
    Set<Event> eventsOf(String name, boolean own, boolean subscribed) {
        Set<Event> events = EnumSet.noneOf(Event.class);
        for (Group group : groups) {
            if (!events.containsAll(group.events) && group.mailboxes.covers(name, own, subscribed)) {
                events.addAll(group.events);
            }
        }
        return events;
    }

    /// Whether any group asks for this, of whatever mailboxes.
    boolean asksFor(Event event) {
        return groups.stream().anyMatch(group -> group.events.contains(event));
    }

    /// Whether mailboxes of others may be covered.
    boolean coversOthers() {
        return groups.stream().anyMatch(group -> group.mailboxes.mayCoverOthers());
    }

    private static Selection selection(Decoder in, boolean delayed) throws IOException {
        FetchPlan[] fetch = {null};
        Set<Event> events = events(in, fetch);
        if (events.stream().anyMatch(event -> !event.ofMessage)) {
            throw new Bad("Only message events can be asked for with SELECTED");
        }
        return new Selection(delayed, events, fetch[0]);
    }

    private static Group group(Decoder in, String which) throws IOException {
        MailboxFilter mailboxes = MailboxFilter.read(in, which, "NOTIFICATIONOVERFLOW");
        FetchPlan[] fetch = {null};
        Set<Event> events = events(in, fetch);
        if (fetch[0] != null) {
            throw new Bad("Only new messages of the selected mailbox can be fetched");
        }
        return new Group(mailboxes, events);
    }

    /// `(event event ...)` or `NONE`.
    private static Set<Event> events(Decoder in, FetchPlan[] fetch) throws IOException {
        in.expectSp();
        Set<Event> events = EnumSet.noneOf(Event.class);
        if (in.peek() != '(') {
            if (!in.keyword().equals("NONE")) {
                throw new Bad("Expected a list of events or NONE");
            }
            return events;
        }
        in.expect('(');
        boolean more;
        do {
            Event event = Event.named(in.keyword());
            events.add(event);
            more = in.take(' ');
            if (more && event == Event.MESSAGE_NEW && in.peek() == '(') {
                fetch[0] = FetchPlan.read(in, false);
                more = in.take(' ');
            }
        } while (more);
        in.expect(')');
        boolean both = events.contains(Event.MESSAGE_NEW) && events.contains(Event.MESSAGE_EXPUNGE);
        if (!both && events.stream().anyMatch(event -> event.ofMessage)) { // section 5
            throw new Bad("MessageNew and MessageExpunge go together, and FlagChange with both");
        }
        return events;
    }
}
