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
        BODYSTRUCTURE,
        EMAILID,
        THREADID,
        SAVEDATE,
        PREVIEW,
        PREVIEW_LAZY
    }

    /// Some bytes of the message.
    ///
    /// @param kept fields wanted, as [Summary#wanted] says it
    record Bytes(Section section, long kept) implements Item {
        Bytes(Section section) {
            this(section, Summary.wanted(section));
        }
    }

    /// A part without its transfer encoding, or its size (RFC 3516).
    record Binary(Section section, boolean size) implements Item {}

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
            boolean sees =
                    switch (item) {
                        case Bytes bytes -> !bytes.section().peek();
                        case Binary binary -> !binary.section().peek();
                        case Attribute _ -> false;
                    };
            if (sees) {
                return true;
            }
        }
        return false;
    }

    /// Whether summaries help.
    boolean summarized() {
        for (Item item : items) {
            boolean helps =
                    switch (item) {
                        case Bytes bytes -> bytes.kept() != Summary.NOT_KEPT;
                        case Binary _ -> false;
                        case Attribute attribute ->
                            switch (attribute) {
                                case ENVELOPE, BODY, BODYSTRUCTURE, THREADID, PREVIEW, PREVIEW_LAZY -> true;
                                case UID, FLAGS, MODSEQ, INTERNALDATE, SIZE, EMAILID, SAVEDATE -> false;
                            };
                    };
            if (helps) {
                return true;
            }
        }
        return false;
    }

    /// Whether bytes are wanted that are nowhere but in the body.
    boolean opensAll() {
        for (Item item : items) {
            if (item instanceof Binary || (item instanceof Bytes bytes && bytes.kept() == Summary.NOT_KEPT)) {
                return true;
            }
        }
        return false;
    }

    /// Whether summaries are wanted for previews only, and only where they are at hand.
    boolean lazyOnly() {
        for (Item item : items) {
            boolean makes = item instanceof Bytes bytes
                    ? bytes.kept() != Summary.NOT_KEPT
                    : item == Attribute.ENVELOPE || item == Attribute.THREADID;
            if (makes) {
                return false;
            }
        }
        return !needsStructure();
    }

    /// Whether more than the header is needed of them.
    boolean needsStructure() {
        return has(Attribute.BODY) || has(Attribute.BODYSTRUCTURE) || has(Attribute.PREVIEW);
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
            case "EMAILID" -> add(items, Attribute.EMAILID);
            case "THREADID" -> add(items, Attribute.THREADID);
            case "SAVEDATE" -> add(items, Attribute.SAVEDATE);
            case "PREVIEW" -> add(items, in.takeText(" (LAZY)") ? Attribute.PREVIEW_LAZY : Attribute.PREVIEW);
            case "BINARY" -> items.add(new Binary(Section.readBinary(in, name, false), false));
            case "BINARY.PEEK" -> items.add(new Binary(Section.readBinary(in, "BINARY", true), false));
            case "BINARY.SIZE" -> items.add(new Binary(Section.readBinary(in, name, true), true));
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
