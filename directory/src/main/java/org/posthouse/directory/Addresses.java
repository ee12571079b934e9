package org.posthouse.directory;

import java.text.Normalizer;
import java.util.Locale;
import java.util.Optional;

/// The canonical form of addresses: the key under which the directory knows them.
public final class Addresses {
    /// RFC 5321 section 4.5.3.1.1.
    static final int LOCAL_BYTES_MAX = 64;

    private static final int ADDRESS_CHARS_MAX = 254;

    private Addresses() {}

    /// `local@domain` in lower case and NFC, or empty if the text is not an address of that shape. Quoted local
    /// parts are not canonical addresses of users here.
    public static Optional<String> canonical(String text) {
        String address = Normalizer.normalize(text.strip(), Normalizer.Form.NFC).toLowerCase(Locale.ROOT);
        int at = address.lastIndexOf('@');
        if (at < 1 || at == address.length() - 1 || address.length() > ADDRESS_CHARS_MAX || at > LOCAL_BYTES_MAX) {
            return Optional.empty();
        }
        boolean wellFormed = address.chars().allMatch(c -> c > ' ' && c != 0x7f && "\"<>()[]\\,;:".indexOf(c) < 0);
        return wellFormed && address.indexOf('@') == at ? Optional.of(address) : Optional.empty();
    }

    /// The domain of a canonical address.
    public static String domain(String canonical) {
        return canonical.substring(canonical.lastIndexOf('@') + 1);
    }

    /// The address without its detail (`user+detail@domain`, RFC 5233), or the same if it has none.
    public static String withoutDetail(String canonical) {
        int at = canonical.lastIndexOf('@');
        int plus = canonical.indexOf('+');
        return plus > 0 && plus < at ? canonical.substring(0, plus) + canonical.substring(at) : canonical;
    }
}
