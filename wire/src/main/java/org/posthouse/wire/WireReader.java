package org.posthouse.wire;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;

/// Buffered reading of what line protocols are made of: lines, single bytes, counted bytes. Not thread-safe.
public final class WireReader {
    private static final int BUFFER_BYTES = 16 << 10;

    private final InputStream in;
    private final byte[] buffer = new byte[BUFFER_BYTES];
    private int next;
    private int end;

    /// Reads from a stream that this reader alone reads from now on.
    public WireReader(InputStream in) {
        this.in = in;
    }

    /// The next byte, 0 to 255, or -1 at the end of the stream.
    public int read() throws IOException {
        return next < end || fill() ? buffer[next++] & 0xff : -1;
    }

    /// The next byte without taking it, or -1 at the end of the stream.
    public int peek() throws IOException {
        return next < end || fill() ? buffer[next] & 0xff : -1;
    }

    /// How many bytes can be read without waiting, as far as this reader knows: 0 means that the client has sent
    /// nothing more, so that answers should be flushed.
    public int buffered() {
        return end - next;
    }

    /// Drops what is buffered: what a client sent in clear behind STARTTLS must not be read as if encrypted
    /// (RFC 3207 section 4.2).
    ///
    /// @return how many bytes were dropped
    public int discardBuffered() {
        int dropped = end - next;
        next = end;
        return dropped;
    }

    /// A line up to CR LF, which it leaves out. A lone CR or LF is data.
    ///
    /// @param lineBytesMax longest line allowed, without CR LF
    /// @throws LineTooLongException if it is longer; the rest of the line is then still to be read
    /// @throws EOFException if the stream ends first
    public byte[] readLine(int lineBytesMax) throws IOException {
        byte[] line = new byte[Math.min(128, lineBytesMax + 1)];
        int length = 0;
        while (true) {
            int octet = read();
            if (octet < 0) {
                throw new EOFException("the client closed the connection inside a line");
            }
            if (octet == '\n' && length > 0 && line[length - 1] == '\r') {
                return Arrays.copyOf(line, length - 1);
            }
            if (length > lineBytesMax) {
                throw new LineTooLongException(lineBytesMax);
            }
            if (length == line.length) {
                line = Arrays.copyOf(line, Math.min(line.length * 2, lineBytesMax + 1));
            }
            line[length++] = (byte) octet;
        }
    }

    /// Skips up to and with the next CR LF, for going on after [LineTooLongException].
    ///
    /// @param bytesMax gives up after so many
    /// @return whether the line's end was found
    public boolean skipLine(long bytesMax) throws IOException {
        int before = 0;
        for (long skipped = 0; skipped < bytesMax; skipped++) {
            int octet = read();
            if (octet < 0) {
                return false;
            }
            if (octet == '\n' && before == '\r') {
                return true;
            }
            before = octet;
        }
        return false;
    }

    /// Reads some bytes: at least one, or -1 at the end of the stream.
    public int read(byte[] into, int offset, int length) throws IOException {
        if (next == end) {
            if (length >= BUFFER_BYTES) {
                return in.read(into, offset, length);
            }
            if (!fill()) {
                return -1;
            }
        }
        int taken = Math.min(length, end - next);
        System.arraycopy(buffer, next, into, offset, taken);
        next += taken;
        return taken;
    }

    /// Gives back the last bytes of the block that the last call of [#read(byte[], int, int)] returned, for a
    /// reader that learned from the block that it had ended earlier. Only for blocks read with a length below
    /// 16 kB, and before anything else is read.
    public void unread(int bytes) {
        if (bytes > next) {
            throw new IllegalStateException(bytes + " bytes were not in the last block");
        }
        next -= bytes;
    }

    /// Exactly so many bytes.
    ///
    /// @throws EOFException if the stream ends first
    public byte[] readFully(int length) throws IOException {
        byte[] bytes = new byte[length];
        int read = 0;
        while (read < length) {
            int taken = read(bytes, read, length - read);
            if (taken < 0) {
                throw new EOFException("the client closed the connection inside " + length + " announced bytes");
            }
            read += taken;
        }
        return bytes;
    }

    private boolean fill() throws IOException {
        int taken = in.read(buffer, 0, buffer.length);
        next = 0;
        end = Math.max(taken, 0);
        return taken > 0;
    }
}
