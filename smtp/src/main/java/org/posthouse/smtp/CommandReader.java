package org.posthouse.smtp;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.posthouse.wire.WireReader;

/// Reads command lines as RFC 5321 section 2.3.8 wants them: CR LF ends a line and nothing else does.
final class CommandReader {
    /// RFC 5321 section 4.5.3.1.4 asks for 512 and extensions add to it; 2048 is what others allow.
    static final int LINE_BYTES_MAX = 2048;

    private static final int SKIP_BYTES_MAX = 1 << 20;

    private final WireReader in;

    CommandReader(WireReader in) {
        this.in = in;
    }

    /// A line that cannot be a command.
    static final class BadLineException extends Exception {
        private static final long serialVersionUID = 1;

        private final boolean fatal;

        BadLineException(String message, boolean fatal) {
            super(message);
            this.fatal = fatal;
        }

        /// Whether it is no longer clear where the next command begins.
        boolean fatal() {
            return fatal;
        }
    }

    /// The next line without CR LF, or null if the client closed the connection.
    String read(int lineBytesMax) throws IOException, BadLineException {
        byte[] line = new byte[128];
        int length = 0;
        boolean nul = false;
        while (true) {
            int octet = in.read();
            if (octet < 0) {
                return null; // in the middle of a line: the command was never given
            }
            if (octet == '\n') {
                if (length == 0 || line[length - 1] != '\r') {
                    throw new BadLineException("bare LF: lines end in CR LF", true);
                }
                return text(line, length - 1, nul);
            }
            if (length > 0 && line[length - 1] == '\r') {
                throw new BadLineException("bare CR: lines end in CR LF", true);
            }
            if (length > lineBytesMax) {
                boolean found = endsWith(octet) || in.skipLine(SKIP_BYTES_MAX);
                throw new BadLineException("line longer than " + lineBytesMax + " bytes", !found);
            }
            nul |= octet == 0;
            if (length == line.length) {
                line = Arrays.copyOf(line, length * 2);
            }
            line[length++] = (byte) octet;
        }
    }

    /// Whether the line ends with this CR and the LF behind it, which is then taken.
    private boolean endsWith(int octet) throws IOException {
        return octet == '\r' && in.peek() == '\n' && in.read() >= 0;
    }

    private static String text(byte[] line, int length, boolean nul) throws BadLineException {
        if (nul) {
            throw new BadLineException("NUL byte in a command", false);
        }
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(line, 0, length))
                    .toString();
        } catch (CharacterCodingException _) {
            throw new BadLineException("command is neither ASCII nor UTF-8", false);
        }
    }
}
