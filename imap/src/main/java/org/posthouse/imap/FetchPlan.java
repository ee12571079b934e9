package org.posthouse.imap;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.posthouse.imap.ImapException.Bad;

/// What one FETCH asks for (RFC 3501 section 6.4.5).
///
/// @param items in the client's order, none twice
record FetchPlan(List<Item> items) {
    private static final int ITEMS_MAX = 200;

    /// One thing asked for.
    sealed interface Item {}

    /// What the index, or the structure, knows.
    enum Attribute implements Item {
        UID,
        FLAGS,
        INTERNALDATE,
        SIZE,
        MODSEQ,
        ENVELOPE,
        BODY,
        BODYSTRUCTURE
    }

    /// Some bytes of the message.
    record Bytes(Section section) implements Item {}

    /// Reads the items of a FETCH.
    static FetchPlan read(Decoder in, boolean byUid) throws IOException {
        List<Item> items = new ArrayList<>();
        if (byUid) {
            items.add(Attribute.UID);
        }
        if (in.take('(')) {
            do {
                item(in, items, false);
            } while (in.take(' '));
            in.expect(')');
        } else {
            item(in, items, true);
        }
        return new FetchPlan(List.copyOf(items));
    }

    /// Whether `\Seen` is to be set.
    boolean setsSeen() {
        for (Item item : items) {
            if (item instanceof Bytes bytes && !bytes.section().peek()) {
                return true;
            }
        }
        return false;
    }

    boolean has(Attribute attribute) {
        return items.contains(attribute);
    }

    /// With one item more, unless it is there.
    FetchPlan with(Attribute attribute) {
        List<Item> more = new ArrayList<>(items);
        add(more, attribute);
        return new FetchPlan(List.copyOf(more));
    }

    /// Whether UIDs, flags and mod-sequences are all that is asked for, so that the view has everything.
    boolean viewOnly() {
        for (Item item : items) {
            if (item != Attribute.UID && item != Attribute.FLAGS && item != Attribute.MODSEQ) {
                return false;
            }
        }
        return true;
    }

    private static void item(Decoder in, List<Item> items, boolean macroAllowed) throws IOException {
        String name = in.itemName();
        if (items.size() >= ITEMS_MAX) {
            throw new Bad("More than " + ITEMS_MAX + " items");
        }
        switch (name) {
            case "ALL", "FAST", "FULL" -> {
                if (!macroAllowed) {
                    throw new Bad(name + " stands alone");
                }
                add(items, Attribute.FLAGS, Attribute.INTERNALDATE, Attribute.SIZE);
                if (!name.equals("FAST")) {
                    add(items, Attribute.ENVELOPE);
                }
                if (name.equals("FULL")) {
                    add(items, Attribute.BODY);
                }
            }
            case "UID" -> add(items, Attribute.UID);
            case "FLAGS" -> add(items, Attribute.FLAGS);
            case "INTERNALDATE" -> add(items, Attribute.INTERNALDATE);
            case "MODSEQ" -> add(items, Attribute.MODSEQ);
            case "RFC822.SIZE" -> add(items, Attribute.SIZE);
            case "ENVELOPE" -> add(items, Attribute.ENVELOPE);
            case "BODYSTRUCTURE" -> add(items, Attribute.BODYSTRUCTURE);
            case "RFC822" -> items.add(new Bytes(Section.rfc822(name, Section.Kind.ALL, false)));
            case "RFC822.HEADER" -> items.add(new Bytes(Section.rfc822(name, Section.Kind.HEADER, true)));
            case "RFC822.TEXT" -> items.add(new Bytes(Section.rfc822(name, Section.Kind.TEXT, false)));
            case "BODY.PEEK" -> items.add(new Bytes(Section.read(in, true)));
            case "BODY" -> {
                if (in.peek() == '[') {
                    items.add(new Bytes(Section.read(in, false)));
                } else {
                    add(items, Attribute.BODY);
                }
            }
            default -> throw new Bad("No such FETCH item");
        }
    }

    private static void add(List<Item> items, Attribute... attributes) {
        for (Attribute attribute : attributes) {
            if (!items.contains(attribute)) {
                items.add(attribute);
            }
        }
    }
}
