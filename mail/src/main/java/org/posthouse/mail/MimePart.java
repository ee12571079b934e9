package org.posthouse.mail;

import java.util.ArrayList;
import java.util.List;

/// One entity of a message (RFC 2045): where its header and its body lie, and what is inside. Offsets count from
/// the message's first byte; the header is `[headerStart, bodyStart)` with its empty line, the body
/// `[bodyStart, bodyEnd)` without the line end that belongs to the boundary behind it.
///
/// @param type its media type, the default filled in
/// @param lines line ends in the body
/// @param children parts of a multipart, never none; of a message/rfc822, the one message in it; else empty
public record MimePart(
        Headers headers,
        ContentValue type,
        long headerStart,
        long bodyStart,
        long bodyEnd,
        long lines,
        List<MimePart> children) {

    /// Whether the children are its parts.
    public boolean multipart() {
        return !children.isEmpty() && type.type().equalsIgnoreCase("multipart");
    }

    /// Whether the child is a message of its own.
    public boolean message() {
        return !children.isEmpty() && !multipart();
    }

    /// Bytes of the body.
    public long bodyLength() {
        return bodyEnd - bodyStart;
    }

    /// The part that a section number names, seen from this message (RFC 3501 section 6.4.5): of a message that
    /// is no multipart, 1 is its body.
    ///
    /// @param path numbers from 1; empty means the message itself
    /// @return null if there is no such part
    public MimePart find(int[] path) {
        MimePart part = this;
        boolean inMessage = true; // whether `part` stands for a whole message, whose parts are numbered
        for (int number : path) {
            if (!inMessage && part.message()) {
                part = part.children.getFirst();
                inMessage = true;
            }
            if (part.multipart()) {
                if (number > part.children.size()) {
                    return null;
                }
                part = part.children.get(number - 1);
            } else if (!inMessage || number != 1) {
                return null;
            }
            inMessage = false;
        }
        return part;
    }

    /// This part and all below, depth first.
    public List<MimePart> all() {
        List<MimePart> all = new ArrayList<>();
        collect(all);
        return all;
    }

    private void collect(List<MimePart> into) {
        into.add(this);
        for (MimePart child : children) {
            child.collect(into);
        }
    }
}
