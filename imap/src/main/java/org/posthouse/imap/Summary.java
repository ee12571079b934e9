package org.posthouse.imap;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.posthouse.mail.Headers;
import org.posthouse.mailstore.MailStore;

/// What is kept of a message so that a client's usual FETCH opens no body: ENVELOPE, BODY and BODYSTRUCTURE as they go
/// out, the header fields that clients ask for as they stand in the message, and the preview. A function of the body
/// alone; [MailStore#keepSummaries] keeps it, 4 kB at most: what does not fit any more is left out and read from the
/// body each time.
///
/// As bytes: a version, whether the body was looked at behind its header, then five parts ([#ENVELOPE] and so on),
/// each behind its length plus one, or 0 if it is left out. The fields are: number in [#FIELDS], length, bytes.
final class Summary {
    private static final int VERSION = 1;
    private static final int ENVELOPE = 0;
    private static final int HEADER = 1;
    private static final int STRUCTURE = 2;
    private static final int BODY = 3;
    private static final int PREVIEW = 4;
    private static final int PARTS = 5;
    /// No mask can say it: a field is wanted that is not kept.
    static final long NOT_KEPT = -1;

    /// Fields that are kept, at most 63; a changed list is a new [#VERSION].
    private static final List<String> FIELDS = List.of(
            "date",
            "from",
            "to",
            "cc",
            "bcc",
            "subject",
            "message-id",
            "references",
            "in-reply-to",
            "reply-to",
            "sender",
            "content-type",
            "content-transfer-encoding",
            "content-disposition",
            "content-description",
            "content-language",
            "mime-version",
            "priority",
            "x-priority",
            "importance",
            "newsgroups",
            "lines",
            "list-id",
            "list-post",
            "list-subscribe",
            "list-unsubscribe",
            "list-unsubscribe-post",
            "list-help",
            "list-archive",
            "x-label",
            "x-original-to",
            "delivered-to",
            "disposition-notification-to",
            "return-receipt-to",
            "mail-followup-to",
            "mail-reply-to",
            "user-agent",
            "x-mailer",
            "x-spam-flag",
            "x-spam-status",
            "x-spam-score",
            "precedence",
            "auto-submitted",
            "x-mozilla-status",
            "x-k9mail-identity",
            "x-uniform-type-identifier",
            "x-universally-unique-identifier",
            "x-draft-info",
            "resent-date",
            "resent-from",
            "resent-to",
            "organization",
            "x-uid",
            "envelope-to",
            "return-path");

    private static final Map<String, Integer> NUMBERS = numbers();

    private final byte[] bytes;
    private final int[] starts = new int[PARTS];
    private final int[] lengths = new int[PARTS]; // -1: left out

    private Summary(byte[] bytes) {
        this.bytes = bytes;
        int at = 2;
        for (int part = 0; part < PARTS; part++) {
            int length = number(at);
            at += size(length);
            starts[part] = at;
            lengths[part] = length - 1;
            at += Math.max(0, length - 1);
        }
    }

    private static Map<String, Integer> numbers() {
        Map<String, Integer> numbers = new HashMap<>();
        for (String name : FIELDS) {
            numbers.put(name, numbers.size());
        }
        return numbers;
    }

    /// Of what the store kept; null if that is nothing, or was made by another release.
    static Summary of(byte[] kept) {
        return kept == null || kept.length == 0 || kept[0] != VERSION ? null : new Summary(kept);
    }

    // ---- what it has

    /// Whether the body was looked at behind its header, so that what is missing now will always be.
    boolean whole() {
        return bytes[1] != 0;
    }

    boolean hasEnvelope() {
        return lengths[ENVELOPE] >= 0;
    }

    /// @param extended whether this is BODYSTRUCTURE rather than BODY
    boolean hasStructure(boolean extended) {
        return lengths[extended ? STRUCTURE : BODY] >= 0;
    }

    boolean hasFields() {
        return lengths[HEADER] >= 0;
    }

    boolean hasPreview() {
        return lengths[PREVIEW] >= 0;
    }

    void envelope(Responses out) {
        part(ENVELOPE, out);
    }

    void structure(boolean extended, Responses out) {
        part(extended ? STRUCTURE : BODY, out);
    }

    void preview(Responses out) {
        part(PREVIEW, out);
    }

    private void part(int part, Responses out) {
        out.bytes(bytes, starts[part], lengths[part]);
    }

    // ---- fields

    /// Which fields a section wants.
    ///
    /// @return [#NOT_KEPT] if that can be answered from the message only
    static long wanted(Section section) {
        if (section.path().length > 0 || section.kind() != Section.Kind.FIELDS || section.from() >= 0) {
            return NOT_KEPT;
        }
        long wanted = 0;
        for (String name : section.fields()) {
            Integer number = NUMBERS.get(name.toLowerCase(Locale.ROOT));
            if (number == null) {
                return NOT_KEPT;
            }
            wanted |= 1L << number;
        }
        return wanted;
    }

    /// Whether a field of this name would be here, were it in the message.
    boolean keeps(String field) {
        return hasFields() && NUMBERS.containsKey(field.toLowerCase(Locale.ROOT));
    }

    /// The kept fields, as a header of their own.
    Headers headers() {
        ByteArrayOutputStream block = new ByteArrayOutputStream(lengths[HEADER]);
        int end = starts[HEADER] + lengths[HEADER];
        for (int at = starts[HEADER]; at < end; ) {
            int length = number(at + 1);
            at += 1 + size(length);
            block.write(bytes, at, length);
            at += length;
        }
        return Headers.of(block.toByteArray());
    }

    /// The fields of one name, which is kept, as a header of their own.
    Headers headers(String field) {
        int wanted = NUMBERS.get(field.toLowerCase(Locale.ROOT));
        int end = starts[HEADER] + lengths[HEADER];
        byte[] block = {};
        for (int at = starts[HEADER]; at < end; ) {
            int length = number(at + 1);
            boolean chosen = bytes[at] == wanted;
            at += 1 + size(length);
            if (chosen) {
                int before = block.length;
                block = Arrays.copyOf(block, before + length);
                System.arraycopy(bytes, at, block, before, length);
            }
            at += length;
        }
        return Headers.of(block);
    }

    /// Writes wanted fields as a literal, with the empty line.
    void fields(long wanted, Responses out) {
        int end = starts[HEADER] + lengths[HEADER];
        int total = 2;
        for (int at = starts[HEADER]; at < end; ) {
            int length = number(at + 1);
            total += (wanted >>> bytes[at] & 1) == 0 ? 0 : length;
            at += 1 + size(length) + length;
        }
        out.beginLiteral(total);
        for (int at = starts[HEADER]; at < end; ) {
            int length = number(at + 1);
            boolean chosen = (wanted >>> bytes[at] & 1) != 0;
            at += 1 + size(length);
            if (chosen) {
                out.bytes(bytes, at, length);
            }
            at += length;
        }
        out.text("\r\n");
    }

    private int number(int at) {
        int low = bytes[at];
        return low >= 0 ? low : (low & 0x7f) | bytes[at + 1] << 7; // two bytes are enough for 4 kB
    }

    private static int size(int number) {
        return number < 0x80 ? 1 : 2;
    }

    // ---- making it

    /// Looks at a message.
    ///
    /// @param whole whether behind the header too
    static byte[] make(OpenMessage message, boolean whole) throws IOException {
        if (whole) {
            message.structure(); // before the header, which then needs no reading of its own
        }
        byte[][] parts = new byte[PARTS][];
        parts[ENVELOPE] = written(writer -> writer.envelope(message.headers()));
        parts[HEADER] = fields(message.headers());
        if (whole) {
            parts[STRUCTURE] = written(writer -> writer.structure(message.structure(), true));
            parts[BODY] = written(writer -> writer.structure(message.structure(), false));
            parts[PREVIEW] = written(writer -> writer.preview(message));
        }
        int room = MailStore.SUMMARY_BYTES_MAX - 2 - 2 * PARTS;
        ByteArrayOutputStream summary = new ByteArrayOutputStream(1024);
        summary.write(VERSION);
        summary.write(whole ? 1 : 0);
        for (byte[] part : parts) {
            if (part == null || part.length > room) {
                summary.write(0);
            } else {
                number(part.length + 1, summary);
                summary.writeBytes(part);
                room -= part.length;
            }
        }
        return summary.toByteArray();
    }

    private interface Writing {
        void to(MessageWriter writer) throws IOException;
    }

    private static byte[] written(Writing writing) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(512);
        Responses out = new Responses(bytes, new Enabled());
        writing.to(new MessageWriter(out));
        out.flush();
        return bytes.toByteArray();
    }

    private static byte[] fields(Headers headers) {
        ByteArrayOutputStream kept = new ByteArrayOutputStream(512);
        for (int field = 0; field < headers.size() && kept.size() < MailStore.SUMMARY_BYTES_MAX; field++) {
            Integer number = NUMBERS.get(headers.name(field).toLowerCase(Locale.ROOT));
            int length = headers.end(field) - headers.start(field);
            boolean ends = length > 0 && headers.block()[headers.end(field) - 1] == '\n';
            if (number != null && length < MailStore.SUMMARY_BYTES_MAX) {
                kept.write(number);
                number(length + (ends ? 0 : 2), kept);
                kept.write(headers.block(), headers.start(field), length);
                if (!ends) {
                    kept.write('\r'); // the message ends inside its header
                    kept.write('\n');
                }
            } else if (number != null) {
                return null; // nothing of it can be told
            }
        }
        return kept.size() < MailStore.SUMMARY_BYTES_MAX ? kept.toByteArray() : null;
    }

    private static void number(int number, ByteArrayOutputStream into) {
        if (number < 0x80) {
            into.write(number);
        } else {
            into.write((number & 0x7f) | 0x80);
            into.write(number >>> 7);
        }
    }
}
