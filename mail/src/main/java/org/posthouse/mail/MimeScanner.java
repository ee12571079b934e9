package org.posthouse.mail;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// Finds the structure of a message in one pass over its bytes, fed in pieces of any size, so that a message of
/// any length is scanned in the memory of its headers. Never fails: whatever the bytes, a structure comes out
/// whose offsets lie in the message, children inside their parents.
///
/// How: bytes are looked at by lines (CR LF, or a lone LF as broken senders write). A line is an empty one that
/// ends a header, a boundary of any multipart that is still open (the innermost that fits; what is open inside
/// is closed by it), or nothing. Only the first [#LINE_KEPT] bytes of a line can matter for that.
public final class MimeScanner {
    private static final int DEPTH_MAX = 60; // deeper parts are leaves: a recursive client must not overflow
    private static final int PARTS_MAX = 10_000;
    private static final int LINE_KEPT = 256;
    private static final int BOUNDARY_BYTES_MAX = 200; // RFC 2046 allows 70
    private static final int HEADER_BYTES_MAX = 1 << 20; // of all headers together; beyond, fields are not seen

    private long offset; // of the next byte fed
    private long feeds; // line ends seen
    private long lineStart;
    private int previousLineEnd; // bytes of the line end before the current line
    private int lastOctet;
    private final byte[] line = new byte[LINE_KEPT];
    private int kept;

    private byte[] header = new byte[1024];
    private int headerLength;
    private int headerRoom = HEADER_BYTES_MAX;

    private final Node root = new Node(null, 0, 0);
    private Node current = root;
    private boolean inHeader = true;
    private int openMultiparts;
    private int parts = 1;

    /// An entity under construction.
    private static final class Node {
        final Node parent;
        final long headerStart;
        final int depth;
        final List<Node> children = new ArrayList<>();
        Headers headers = Headers.NONE;
        ContentValue type = ContentValue.TEXT_PLAIN;
        byte[] boundary; // of a multipart, while more parts may come
        long bodyStart = -1;
        long bodyEnd;
        long feedsBefore;
        long lines;

        Node(Node parent, long headerStart, int depth) {
            this.parent = parent;
            this.headerStart = headerStart;
            this.depth = depth;
        }
    }

    /// The structure of a message that is in memory.
    public static MimePart scan(byte[] message) {
        MimeScanner scanner = new MimeScanner();
        scanner.feed(message, 0, message.length);
        return scanner.finish();
    }

    /// Takes the next bytes.
    public void feed(byte[] bytes, int from, int length) {
        int at = from;
        int end = from + length;
        while (at < end) {
            int feed = at;
            while (feed < end && bytes[feed] != '\n') {
                feed++;
            }
            boolean whole = feed < end;
            int next = whole ? feed + 1 : feed;
            keep(bytes, at, next);
            int before = feed > at ? bytes[feed - 1] : lastOctet;
            lastOctet = bytes[next - 1];
            offset += next - at;
            if (whole) {
                endOfLine(before == '\r' && offset - lineStart >= 2 ? 2 : 1);
            }
            at = next;
        }
    }

    /// No more bytes: the structure.
    public MimePart finish() {
        if (offset > lineStart) {
            endOfLine(0);
        }
        while (inHeader) { // more than once where a header of message/rfc822 ends the bytes

            beginBody(offset);
        }
        for (Node node = current; node != null; node = node.parent) {
            close(node, offset, feeds);
        }
        return part(root);
    }

    private void keep(byte[] bytes, int from, int to) {
        if (inHeader) {
            int taken = Math.min(to - from, headerRoom);
            if (headerLength + taken > header.length) {
                header = Arrays.copyOf(header, Math.max(header.length * 2, headerLength + taken));
            }
            System.arraycopy(bytes, from, header, headerLength, taken);
            headerLength += taken;
            headerRoom -= taken;
        }
        if (kept < LINE_KEPT && (kept > 0 || inHeader || (openMultiparts > 0 && bytes[from] == '-'))) {
            int taken = Math.min(to - from, LINE_KEPT - kept);
            System.arraycopy(bytes, from, line, kept, taken);
            kept += taken;
        } else if (kept == 0) {
            kept = LINE_KEPT; // cannot matter: the rest of this line is not looked at
            line[0] = 'x';
        }
    }

    private void endOfLine(int lineEnd) {
        long length = offset - lineStart - lineEnd;
        boolean boundary = openMultiparts > 0 && kept >= 3 && line[0] == '-' && line[1] == '-' && tookBoundary(length);
        if (!boundary && inHeader && length == 0 && lineEnd > 0) {
            feeds++;
            beginBody(offset);
        } else if (lineEnd > 0) {
            feeds++;
        }
        previousLineEnd = lineEnd;
        lineStart = offset;
        kept = 0;
    }

    /// Whether the current line is a boundary; if so, closes what it closes and opens what it opens.
    private boolean tookBoundary(long length) {
        if (length > LINE_KEPT) {
            return false;
        }
        for (Node node = current; node != null; node = node.parent) {
            if (node.boundary != null) {
                int behind = behindBoundary(node.boundary, (int) length);
                if (behind >= 0) {
                    boolean last = behind + 2 <= length && line[behind] == '-' && line[behind + 1] == '-';
                    if (last || blank(behind, (int) length)) {
                        closeInside(node);
                        if (last || parts >= PARTS_MAX) {
                            node.boundary = null;
                            openMultiparts--;
                        } else {
                            open(node, offset);
                        }
                        return true;
                    }
                }
            }
        }
        return false;
    }

    private int behindBoundary(byte[] boundary, int length) {
        int end = 2 + boundary.length;
        return length >= end && Arrays.equals(line, 2, end, boundary, 0, boundary.length) ? end : -1;
    }

    private boolean blank(int from, int to) {
        for (int i = from; i < to; i++) {
            if (!Octets.blank(line[i])) {
                return false;
            }
        }
        return true;
    }

    /// The line end before a boundary belongs to the boundary (RFC 2046 section 5.1.1).
    private void closeInside(Node multipart) {
        if (inHeader) {
            headerLength = (int) Math.max(0, headerLength - (offset - lineStart)); // the boundary is no field
            beginBodyOfUnfinished();
        }
        // Where the innermost has no body, that line end is its header's, and stays inside all that hold it.
        boolean own = previousLineEnd > 0 && (current == multipart || lineStart - previousLineEnd >= current.bodyStart);
        for (Node node = current; node != multipart; node = node.parent) {
            close(node, own ? lineStart - previousLineEnd : lineStart, own ? feeds - 1 : feeds);
        }
        current = multipart;
        inHeader = false;
    }

    private void beginBodyOfUnfinished() {
        current.headers = takeHeader();
        current.type = typeOf(current);
        current.bodyStart = lineStart;
        current.feedsBefore = feeds;
        inHeader = false;
    }

    private void close(Node node, long end, long feedsAtEnd) {
        if (node.boundary != null) {
            node.boundary = null;
            openMultiparts--;
        }
        node.bodyEnd = Math.max(end, node.bodyStart);
        node.lines = Math.max(0, feedsAtEnd - node.feedsBefore);
    }

    private void open(Node parent, long at) {
        Node node = new Node(parent, at, parent.depth + 1);
        parent.children.add(node);
        parts++;
        current = node;
        inHeader = true;
        headerLength = 0;
    }

    private void beginBody(long at) {
        Node node = current;
        node.headers = takeHeader();
        node.type = typeOf(node);
        node.bodyStart = at;
        node.feedsBefore = feeds;
        inHeader = false;
        if (node.depth >= DEPTH_MAX || parts >= PARTS_MAX) {
            return;
        }
        if (isMultipart(node)) {
            node.boundary = node.type.parameter("boundary").getBytes(StandardCharsets.ISO_8859_1);
            openMultiparts++;
        } else if (isMessage(node)) {
            open(node, at);
        }
    }

    private Headers takeHeader() {
        Headers headers = headerLength == 0 ? Headers.NONE : Headers.of(Arrays.copyOf(header, headerLength));
        headerLength = 0;
        return headers;
    }

    private static ContentValue typeOf(Node node) {
        String field = node.headers.first("Content-Type");
        ContentValue byDefault = node.parent != null && node.parent.type.is("multipart/digest")
                ? new ContentValue("message/rfc822", List.of())
                : ContentValue.TEXT_PLAIN;
        ContentValue type = ContentValue.mediaType(field).orElse(byDefault);
        boolean noParts = type.type().equalsIgnoreCase("multipart") && !usableBoundary(type);
        return noParts ? ContentValue.TEXT_PLAIN : type;
    }

    private static boolean usableBoundary(ContentValue type) {
        String boundary = type.parameter("boundary");
        return boundary != null && !boundary.isEmpty() && boundary.length() <= BOUNDARY_BYTES_MAX;
    }

    private static boolean isMultipart(Node node) {
        return node.type.type().equalsIgnoreCase("multipart");
    }

    private static boolean isMessage(Node node) {
        return node.type.is("message/rfc822") || node.type.is("message/global");
    }

    private static MimePart part(Node node) {
        List<MimePart> children = new ArrayList<>(node.children.size());
        for (Node child : node.children) {
            children.add(part(child));
        }
        ContentValue type = node.type;
        if (isMultipart(node) && children.isEmpty()) {
            // IMAP's grammar knows no multipart without parts (RFC 3501 section 9, body-type-mpart).
            children.add(new MimePart(
                    Headers.NONE, ContentValue.TEXT_PLAIN, node.bodyEnd, node.bodyEnd, node.bodyEnd, 0, List.of()));
        } else if (isMessage(node) && children.isEmpty()) {
            type = new ContentValue("application/octet-stream", List.of());
        }
        return new MimePart(
                node.headers, type, node.headerStart, node.bodyStart, node.bodyEnd, node.lines, List.copyOf(children));
    }
}
