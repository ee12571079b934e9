package org.posthouse.imap;

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
    private final Responses out;

    MessageWriter(Responses out) {
        this.out = out;
    }

    /// PREVIEW (RFC 8970).
    void preview(OpenMessage message) throws IOException {
        out.string(PreviewText.octets(PreviewText.of(message)));
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
        bytes(SectionBytes.of(section, message), message);
    }

    /// A section's bytes as a string; NIL for null.
    void bytes(SectionBytes bytes, OpenMessage message) throws IOException {
        if (bytes == null) {
            out.text("NIL");
        } else if (bytes.length() == 0) {
            out.text("\"\"");
        } else if (bytes.bytes() != null) {
            out.literal(bytes.bytes(), (int) bytes.from(), (int) bytes.length());
        } else {
            out.literal(message.body()::read, bytes.from(), bytes.length());
        }
    }
}
