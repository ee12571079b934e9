package org.posthouse.mail;

import java.util.Locale;

/// Undoes a Content-Transfer-Encoding (RFC 2045 section 6) piece by piece. Never fails: what is not of the
/// encoding is passed by or passed on.
public abstract sealed class TransferDecoder {

    /// How many bytes more than it is given [#decode] may produce, from what it held back before.
    public static final int HELD_BYTES_MAX = 4;

    /// The decoder for an encoding; unknown ones and none are passed through.
    public static TransferDecoder of(String encoding) {
        String name = encoding == null ? "" : encoding.strip().toLowerCase(Locale.ROOT);
        return switch (name) {
            case "base64" -> new Base64();
            case "quoted-printable" -> new QuotedPrintable();
            default -> new Plain();
        };
    }

    /// Whether the encoding is one of RFC 2045, so that what is decoded is what was encoded.
    public static boolean known(String encoding) {
        return switch (encoding.strip().toLowerCase(Locale.ROOT)) {
            case "", "7bit", "8bit", "binary", "base64", "quoted-printable" -> true;
            default -> false;
        };
    }

    /// Decodes the next bytes.
    ///
    /// @param out has room for `length` + [#HELD_BYTES_MAX] bytes
    /// @return how many bytes were written to `out`
    public abstract int decode(byte[] in, int from, int length, byte[] out);

    private static final class Plain extends TransferDecoder {
        @Override
        public int decode(byte[] in, int from, int length, byte[] out) {
            System.arraycopy(in, from, out, 0, length);
            return length;
        }
    }

    private static final class Base64 extends TransferDecoder {
        private int bits;
        private int held;

        @Override
        public int decode(byte[] in, int from, int length, byte[] out) {
            int written = 0;
            for (int i = from; i < from + length; i++) {
                int value = sextet(in[i]);
                if (value >= 0) {
                    bits = bits << 6 | value;
                    held += 6;
                    if (held >= 8) {
                        held -= 8;
                        out[written++] = (byte) (bits >> held);
                    }
                } else if (in[i] == '=') {
                    held = 0; // padding: what is left over is no byte
                }
            }
            return written;
        }

        private static int sextet(byte c) {
            if (c >= 'A' && c <= 'Z') {
                return c - 'A';
            }
            if (c >= 'a' && c <= 'z') {
                return c - 'a' + 26;
            }
            if (c >= '0' && c <= '9') {
                return c - '0' + 52;
            }
            return c == '+' ? 62 : c == '/' ? 63 : -1;
        }
    }

    private static final class QuotedPrintable extends TransferDecoder {
        private final byte[] escape = new byte[3]; // '=' and what followed it so far
        private int held;

        @Override
        public int decode(byte[] in, int from, int length, byte[] out) {
            int written = 0;
            for (int i = from; i < from + length; i++) {
                byte c = in[i];
                if (held == 0) {
                    if (c == '=') {
                        escape[held++] = c;
                    } else {
                        out[written++] = c;
                    }
                    continue;
                }
                escape[held++] = c;
                if (c == '\n' && (held == 2 || escape[1] == '\r')) {
                    held = 0; // soft line break
                } else if (held == 3) {
                    int high = Character.digit(escape[1], 16);
                    int low = Character.digit(escape[2], 16);
                    if (high >= 0 && low >= 0) {
                        out[written++] = (byte) (high << 4 | low);
                    } else {
                        System.arraycopy(escape, 0, out, written, 3);
                        written += 3;
                    }
                    held = 0;
                }
            }
            return written;
        }
    }
}
