package org.posthouse.mail;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/// The value of a Content-Type or Content-Disposition field (RFC 2045 section 5.1, RFC 2183): what comes first,
/// and parameters in their order, as octet strings. Parameters split or encoded by RFC 2231 stay as they are, as
/// IMAP shows them.
///
/// @param value as written: `text/plain`, `attachment`
public record ContentValue(String value, List<Parameter> parameters) {

    /// One `name=value`.
    public record Parameter(String name, String value) {}

    /// What a part is that does not say (RFC 2045 section 5.2).
    public static final ContentValue TEXT_PLAIN =
            new ContentValue("text/plain", List.of(new Parameter("charset", "us-ascii")));

    private static final int PARAMETERS_MAX = 100;

    /// Reads a media type.
    ///
    /// @return empty if it is not of the form `type/subtype`
    public static Optional<ContentValue> mediaType(String field) {
        if (field == null) {
            return Optional.empty();
        }
        HeaderScanner scanner = new HeaderScanner(field);
        String type = scanner.token("/;");
        scanner.skipComments();
        if (type.isEmpty() || !scanner.take('/')) {
            return Optional.empty();
        }
        String subtype = scanner.token("/;");
        if (subtype.isEmpty()) {
            return Optional.empty();
        }
        return Optional.of(new ContentValue(type + "/" + subtype, parameters(scanner)));
    }

    /// Reads a disposition.
    ///
    /// @return empty if there is none
    public static Optional<ContentValue> disposition(String field) {
        if (field == null) {
            return Optional.empty();
        }
        HeaderScanner scanner = new HeaderScanner(field);
        String value = scanner.token(";");
        return value.isEmpty() ? Optional.empty() : Optional.of(new ContentValue(value, parameters(scanner)));
    }

    /// Of a media type: what stands before the slash.
    public String type() {
        int slash = value.indexOf('/');
        return slash < 0 ? value : value.substring(0, slash);
    }

    /// Of a media type: what stands behind the slash.
    public String subtype() {
        return value.substring(value.indexOf('/') + 1);
    }

    /// Whether the value is this one, in any case.
    public boolean is(String other) {
        return value.equalsIgnoreCase(other);
    }

    /// The first parameter of this name, or null.
    public String parameter(String name) {
        for (Parameter parameter : parameters) {
            if (parameter.name().toLowerCase(Locale.ROOT).equals(name)) {
                return parameter.value();
            }
        }
        return null;
    }

    private static List<Parameter> parameters(HeaderScanner scanner) {
        List<Parameter> parameters = new ArrayList<>();
        while (scanner.skipTo(';') && parameters.size() < PARAMETERS_MAX) {
            String name = scanner.token("=;");
            scanner.skipComments();
            if (!name.isEmpty() && scanner.take('=')) {
                parameters.add(new Parameter(name, scanner.quotedOrToken(";")));
            }
        }
        return List.copyOf(parameters);
    }
}
