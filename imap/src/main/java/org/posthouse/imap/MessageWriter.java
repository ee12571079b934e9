package org.posthouse.imap;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.posthouse.mail.Address;
import org.posthouse.mail.ContentValue;
import org.posthouse.mail.Headers;
import org.posthouse.mail.MimePart;

/// Writes what FETCH says of a message's content: ENVELOPE, BODY, BODYSTRUCTURE and sections (RFC 3501 section
/// 7.4.2).
final class MessageWriter {
    private static final byte[] LINE_END = {'\r', '\n'};

    private final Responses out;

    MessageWriter(Responses out) {
        this.out = out;
    }

    // ---- envelope ----

    void envelope(Headers headers) {
        List<Address> from = addresses(headers, "From");
        List<Address> sender = addresses(headers, "Sender");
        List<Address> replyTo = addresses(headers, "Reply-To");
        out.octet('(').nstring(headers.first("Date"));
        out.octet(' ').nstring(headers.first("Subject"));
        addresses(from);
        addresses(sender.isEmpty() ? from : sender);
        addresses(replyTo.isEmpty() ? from : replyTo);
        addresses(addresses(headers, "To"));
        addresses(addresses(headers, "Cc"));
        addresses(addresses(headers, "Bcc"));
        out.octet(' ').nstring(headers.first("In-Reply-To"));
        out.octet(' ').nstring(headers.first("Message-ID")).octet(')');
    }

    /// Of all fields of the name, though there should be one.
    private static List<Address> addresses(Headers headers, String name) {
        List<Address> addresses = new ArrayList<>();
        for (int field = 0; field < headers.size(); field++) {
            if (headers.named(field, name)) {
                addresses.addAll(Address.list(headers.value(field)));
            }
        }
        return addresses;
    }

    private void addresses(List<Address> addresses) {
        if (addresses.isEmpty()) {
            out.text(" NIL");
            return;
        }
        out.text(" (");
        for (Address address : addresses) {
            out.octet('(').nstring(address.name());
            out.octet(' ').nstring(address.route());
            out.octet(' ').nstring(address.mailbox());
            out.octet(' ').nstring(address.host()).octet(')');
        }
        out.octet(')');
    }

    // ---- structure ----

    /// @param extended whether this is BODYSTRUCTURE rather than BODY
    void structure(MimePart part, boolean extended) {
        out.octet('(');
        if (part.multipart()) {
            for (MimePart child : part.children()) {
                structure(child, extended);
            }
            out.octet(' ').string(part.type().subtype());
            if (extended) {
                parameters(part.type().parameters());
                dispositionLanguageLocation(part.headers());
            }
        } else {
            leaf(part, extended);
        }
        out.octet(')');
    }

    private void leaf(MimePart part, boolean extended) {
        Headers headers = part.headers();
        ContentValue type = part.type();
        out.string(type.type()).octet(' ').string(type.subtype());
        parameters(type.parameters());
        out.octet(' ').nstring(headers.first("Content-ID"));
        out.octet(' ').nstring(headers.first("Content-Description"));
        String encoding = headers.first("Content-Transfer-Encoding");
        out.octet(' ').string(encoding == null || encoding.isEmpty() ? "7bit" : encoding);
        out.octet(' ').number(part.bodyLength());
        if (part.message()) {
            out.octet(' ');
            envelope(part.children().getFirst().headers());
            out.octet(' ');
            structure(part.children().getFirst(), extended);
        }
        if (part.message() || type.type().equalsIgnoreCase("text")) {
            out.octet(' ').number(part.lines());
        }
        if (extended) {
            out.octet(' ').nstring(headers.first("Content-MD5"));
            dispositionLanguageLocation(headers);
        }
    }

    private void parameters(List<ContentValue.Parameter> parameters) {
        if (parameters.isEmpty()) {
            out.text(" NIL");
            return;
        }
        out.text(" (");
        for (int i = 0; i < parameters.size(); i++) {
            out.text(i == 0 ? "" : " ").string(parameters.get(i).name());
            out.octet(' ').string(parameters.get(i).value());
        }
        out.octet(')');
    }

    private void dispositionLanguageLocation(Headers headers) {
        ContentValue disposition =
                ContentValue.disposition(headers.first("Content-Disposition")).orElse(null);
        if (disposition == null) {
            out.text(" NIL");
        } else {
            out.text(" (").string(disposition.value());
            parameters(disposition.parameters());
            out.octet(')');
        }
        languages(headers.first("Content-Language"));
        out.octet(' ').nstring(headers.first("Content-Location"));
    }

    private void languages(String field) {
        List<String> languages = new ArrayList<>();
        if (field != null) {
            for (String language : field.split(",", -1)) {
                if (!language.isBlank()) {
                    languages.add(language.strip());
                }
            }
        }
        if (languages.isEmpty()) {
            out.text(" NIL");
            return;
        }
        out.text(" (");
        for (int i = 0; i < languages.size(); i++) {
            out.text(i == 0 ? "" : " ").string(languages.get(i));
        }
        out.octet(')');
    }

    // ---- sections ----

    /// The section's name and bytes; NIL where the message has no such part.
    void section(Section section, OpenMessage message) throws IOException {
        out.text(section.label()).octet(' ');
        if (section.path().length == 0) {
            whole(section, message);
            return;
        }
        MimePart part = message.structure().find(section.path());
        if (part == null) {
            out.text("NIL");
            return;
        }
        switch (section.kind()) {
            case ALL -> stretch(section, message, part.bodyStart(), part.bodyEnd());
            case MIME -> stretch(section, message, part.headerStart(), part.bodyStart());
            case HEADER, TEXT, FIELDS, FIELDS_NOT -> {
                if (part.message()) { // these are of the message inside the part
                    ofMessage(section, message, part.children().getFirst());
                } else {
                    out.text("NIL");
                }
            }
        }
    }

    private void whole(Section section, OpenMessage message) throws IOException {
        switch (section.kind()) {
            case ALL -> stretch(section, message, 0, message.body().length());
            case HEADER -> stretch(section, message, 0, message.headerEnd());
            case TEXT ->
                stretch(section, message, message.headerEnd(), message.body().length());
            case FIELDS, FIELDS_NOT -> fields(section, message.headers());
            case MIME -> out.text("NIL");
        }
    }

    private void ofMessage(Section section, OpenMessage message, MimePart inner) throws IOException {
        switch (section.kind()) {
            case HEADER -> stretch(section, message, inner.headerStart(), inner.bodyStart());
            case TEXT -> stretch(section, message, inner.bodyStart(), inner.bodyEnd());
            case FIELDS, FIELDS_NOT -> fields(section, inner.headers());
            case ALL, MIME -> out.text("NIL");
        }
    }

    private void stretch(Section section, OpenMessage message, long start, long end) throws IOException {
        long from = start;
        long to = end;
        if (section.from() >= 0) {
            from = Math.min(start + section.from(), end);
            to = Math.min(from + section.count(), end);
        }
        if (from == to) {
            out.text("\"\"");
        } else {
            out.literal(message.body()::read, from, to - from);
        }
    }

    private void fields(Section section, Headers headers) throws IOException {
        ByteArrayOutputStream chosen = new ByteArrayOutputStream(256);
        boolean wanted = section.kind() == Section.Kind.FIELDS;
        for (int field = 0; field < headers.size(); field++) {
            if (listed(section.fields(), headers, field) == wanted) {
                int start = headers.start(field);
                int end = headers.end(field);
                chosen.write(headers.block(), start, end - start);
                if (headers.block()[end - 1] != '\n') {
                    chosen.write(LINE_END); // the message ends inside its header
                }
            }
        }
        chosen.write(LINE_END);
        byte[] bytes = chosen.toByteArray();
        int from = 0;
        int count = bytes.length;
        if (section.from() >= 0) {
            from = (int) Math.min(section.from(), bytes.length);
            count = (int) Math.min(section.count(), bytes.length - from);
        }
        out.literal(bytes, from, count);
    }

    private static boolean listed(List<String> names, Headers headers, int field) {
        for (String name : names) {
            if (headers.named(field, name)) {
                return true;
            }
        }
        return false;
    }
}
