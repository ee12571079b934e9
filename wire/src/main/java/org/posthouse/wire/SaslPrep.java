package org.posthouse.wire;

import java.text.Normalizer;
import java.util.Optional;

/// Prepares user names and passwords for comparison (SASLprep, RFC 4013): what looks the same is the same, and what
/// cannot be typed again is refused. Code points that Unicode 3.2 did not know are judged by the Unicode of this
/// Java, the normal form is NFKC of the same.
public final class SaslPrep {
    private SaslPrep() {}

    /// The prepared text, or empty if it holds something prohibited (RFC 4013 sections 2.3 to 2.5).
    public static Optional<String> prepare(String text) {
        if (text.chars().allMatch(c -> c >= ' ' && c < 0x7f)) {
            return Optional.of(text);
        }
        StringBuilder mapped = new StringBuilder(text.length());
        text.codePoints().forEach(c -> {
            if (spaceOutsideAscii(c)) {
                mapped.append(' ');
            } else if (!mappedToNothing(c)) {
                mapped.appendCodePoint(c);
            }
        });
        String normal = Normalizer.normalize(mapped, Normalizer.Form.NFKC);
        boolean prohibited = normal.codePoints().anyMatch(SaslPrep::prohibited);
        return prohibited || mixesDirections(normal) ? Optional.empty() : Optional.of(normal);
    }

    /// RFC 3454 table C.1.2.
    private static boolean spaceOutsideAscii(int c) {
        return c == 0xa0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200b) || c == 0x202f || c == 0x205f || c == 0x3000;
    }

    /// RFC 3454 table B.1.
    private static boolean mappedToNothing(int c) {
        return c == 0xad
                || c == 0x34f
                || c == 0x1806
                || (c >= 0x180b && c <= 0x180d)
                || c == 0x200c
                || c == 0x200d
                || c == 0x2060
                || (c >= 0xfe00 && c <= 0xfe0f)
                || c == 0xfeff;
    }

    /// RFC 3454 tables C.1.2 to C.9, and what is no character at all.
    private static boolean prohibited(int c) {
        return spaceOutsideAscii(c) || control(c) || noText(c) || changesDisplay(c);
    }

    /// Tables C.2.1 and C.2.2.
    private static boolean control(int c) {
        return Character.isISOControl(c)
                || c == 0x6dd
                || c == 0x70f
                || c == 0x180e
                || (c >= 0x2028 && c <= 0x2029)
                || (c >= 0x2060 && c <= 0x2063)
                || (c >= 0xfff9 && c <= 0xfffc)
                || (c >= 0x1d173 && c <= 0x1d17a);
    }

    /// Tables C.3 to C.7, and A.1 as this Java knows it.
    private static boolean noText(int c) {
        int type = Character.getType(c);
        return type == Character.PRIVATE_USE
                || type == Character.SURROGATE
                || type == Character.UNASSIGNED
                || c == 0xfffd
                || (c >= 0x2ff0 && c <= 0x2ffb);
    }

    /// Tables C.8 and C.9.
    private static boolean changesDisplay(int c) {
        return (c >= 0x340 && c <= 0x341)
                || (c >= 0x200e && c <= 0x200f)
                || (c >= 0x202a && c <= 0x202e)
                || (c >= 0x206a && c <= 0x206f)
                || c == 0xe0001
                || (c >= 0xe0020 && c <= 0xe007f);
    }

    /// RFC 3454 section 6: text from right to left has none from left to right in it, and begins and ends as such.
    private static boolean mixesDirections(String text) {
        if (text.codePoints().noneMatch(SaslPrep::fromTheRight)) {
            return false;
        }
        boolean leftToRight = text.codePoints()
                .anyMatch(c -> Character.getDirectionality(c) == Character.DIRECTIONALITY_LEFT_TO_RIGHT);
        return leftToRight || !fromTheRight(text.codePointAt(0)) || !fromTheRight(text.codePointBefore(text.length()));
    }

    private static boolean fromTheRight(int c) {
        byte direction = Character.getDirectionality(c);
        return direction == Character.DIRECTIONALITY_RIGHT_TO_LEFT
                || direction == Character.DIRECTIONALITY_RIGHT_TO_LEFT_ARABIC;
    }
}
