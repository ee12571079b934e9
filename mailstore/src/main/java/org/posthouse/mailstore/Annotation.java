package org.posthouse.mailstore;

/// Metadata of a mailbox or of the server (RFC 5464).
///
/// @param entry its name in lower case, beginning with `/private/` or `/shared/`
/// @param value octets, each a character; null, in an action, removes the entry
public record Annotation(String entry, String value) {
    /// What begins the names of entries that only the user who made them sees.
    public static final String PRIVATE = "/private/";
    /// What begins the names of entries that everybody sees.
    public static final String SHARED = "/shared/";
    /// The entry that is a mailbox' special use (RFC 6154 section 4).
    public static final String SPECIAL_USE = "/private/specialuse";

    /// Whether only the user who made it sees it.
    public boolean isPrivate() {
        return entry.startsWith(PRIVATE);
    }
}
