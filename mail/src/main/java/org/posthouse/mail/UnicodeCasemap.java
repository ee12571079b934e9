package org.posthouse.mail;

import java.text.Normalizer;
import java.util.concurrent.atomic.AtomicReferenceArray;

/// The collation `i;unicode-casemap` (RFC 5051), by which SEARCH, SORT and THREAD compare text (RFC 5255 section 4):
/// every character becomes its title case, and what that decomposes to.
public final class UnicodeCasemap {
    /// The most chars that one code point's key may have.
    public static final int CHARS_MAX = 18; // U+FDFA, a whole phrase in one character

    private static final int PAGE_CHARS = 256;
    private static final int HANGUL_FIRST = 0xac00; // decompose by a rule, which RFC 5051 does not ask for
    private static final int HANGUL_LAST = 0xd7a3;
    private static final AtomicReferenceArray<char[][]> PAGES = new AtomicReferenceArray<>(PAGE_CHARS);

    private UnicodeCasemap() {}

    /// The key of a text.
    public static String key(String text) {
        int plain = 0;
        while (plain < text.length() && isOwnKey(text.charAt(plain))) {
            plain++;
        }
        if (plain == text.length()) {
            return text;
        }
        StringBuilder key = new StringBuilder(text.length() + 8).append(text, 0, plain);
        char[] one = new char[CHARS_MAX];
        for (int at = plain; at < text.length(); ) {
            int codePoint = text.codePointAt(at);
            at += Character.charCount(codePoint);
            key.append(one, 0, key(codePoint, one, 0));
        }
        return key.toString();
    }

    /// The order of keys, which is that of their octets in UTF-8: what takes two chars comes behind what takes one.
    public static int compare(String oneKey, String otherKey) {
        int shorter = Math.min(oneKey.length(), otherKey.length());
        for (int i = 0; i < shorter; i++) {
            char one = oneKey.charAt(i);
            char other = otherKey.charAt(i);
            if (one != other) {
                boolean first = Character.isSurrogate(one);
                return first == Character.isSurrogate(other) ? one - other : first ? 1 : -1;
            }
        }
        return oneKey.length() - otherKey.length();
    }

    /// Writes the key of one code point.
    ///
    /// @return behind its last char
    public static int key(int codePoint, char[] into, int at) {
        if (codePoint < 0x80) {
            into[at] = codePoint >= 'a' && codePoint <= 'z' ? (char) (codePoint - 32) : (char) codePoint;
            return at + 1;
        }
        char[] key = codePoint < 0x1_0000
                ? page(codePoint / PAGE_CHARS)[codePoint % PAGE_CHARS]
                : keyOf(codePoint).toCharArray();
        for (int i = 0; i < key.length; i++) { // one or two, most often
            into[at + i] = key[i];
        }
        return at + key.length;
    }

    private static boolean isOwnKey(char c) {
        return c < 0x80 && (c < 'a' || c > 'z');
    }

    private static char[][] page(int number) {
        char[][] page = PAGES.get(number);
        if (page == null) {
            page = new char[PAGE_CHARS][];
            for (int i = 0; i < PAGE_CHARS; i++) {
                page[i] = keyOf(number * PAGE_CHARS + i).toCharArray();
            }
            PAGES.set(number, page); // whoever else did the same came to the same
        }
        return page;
    }

    private static String keyOf(int codePoint) {
        int title = Character.toTitleCase(codePoint);
        String text = Character.toString(title);
        boolean whole = (title >= HANGUL_FIRST && title <= HANGUL_LAST)
                || (title >= Character.MIN_SURROGATE && title <= Character.MAX_SURROGATE);
        return whole ? text : Normalizer.normalize(text, Normalizer.Form.NFKD);
    }
}
