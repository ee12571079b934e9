package org.posthouse.imap;

import java.util.EnumSet;
import java.util.Set;

/// What a client has switched on for the rest of its connection (RFC 5161), by ENABLE or by a command that says as
/// much (RFC 7162 section 3.1). Nothing is ever switched off.
final class Enabled {
    /// What can be switched on.
    enum Extension {
        CONDSTORE("CONDSTORE"),
        QRESYNC("QRESYNC"),
        IMAP4REV2("IMAP4rev2"),
        UIDONLY("UIDONLY"),
        UTF8_ACCEPT("UTF8=ACCEPT");

        private final String capability;

        Extension(String capability) {
            this.capability = capability;
        }

        /// As CAPABILITY spells it.
        String capability() {
            return capability;
        }

        /// The extension of this name in any case, or null.
        static Extension named(String name) {
            for (Extension extension : values()) {
                if (extension.capability.equalsIgnoreCase(name)) {
                    return extension;
                }
            }
            return null;
        }
    }

    private final Set<Extension> extensions = EnumSet.noneOf(Extension.class);

    /// @return whether it is news
    boolean add(Extension extension) {
        return extensions.add(extension);
    }

    boolean has(Extension extension) {
        return extensions.contains(extension);
    }

    /// Whether what is told of flags has mod-sequences (RFC 7162 section 3.1).
    boolean condstore() {
        return has(Extension.CONDSTORE);
    }

    /// Whether the client may resynchronise, and must lose nothing if the connection breaks (RFC 7162 section 3.2).
    boolean qresync() {
        return has(Extension.QRESYNC);
    }

    /// IMAP4rev2 (RFC 9051).
    boolean rev2() {
        return has(Extension.IMAP4REV2);
    }

    /// No sequence number in any direction (RFC 9586).
    boolean uidOnly() {
        return has(Extension.UIDONLY);
    }

    /// Whether VANISHED stands for EXPUNGE.
    boolean vanished() {
        return qresync() || uidOnly();
    }

    /// Whether mailbox names are in UTF-8 and may be quoted so (RFC 9051 section 5.1, RFC 9755 section 3).
    boolean utf8() {
        return rev2() || has(Extension.UTF8_ACCEPT);
    }
}
