package org.posthouse.wire;

import java.io.EOFException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ProtocolException;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;
import java.util.zip.CRC32C;

/// The header with which a load balancer says whose connection it passes on: the PROXY protocol, versions 1 and 2
/// ("The PROXY protocol", W. Tarreau, 2020; sections are of that text). Nothing behind the header is read.
final class ProxyHeader {
    /// What a sender is given at least (section 2): a lost packet is sent again within 3 s.
    static final Duration WITHIN = Duration.ofSeconds(5);

    private static final byte[] SIGNATURE = {0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a};
    private static final int LINE_BYTES_MAX = 107; // section 2.1
    private static final int ADDRESSES_BYTES_MAX = 4 << 10;
    private static final int LOCAL = 0x20;
    private static final int PROXY = 0x21;
    private static final int OVER_IPV4 = 0x1;
    private static final int OVER_IPV6 = 0x2;
    private static final int CHECKSUM = 0x03; // PP2_TYPE_CRC32C, section 2.2.3

    private final Duplex from;
    private final long until;

    private ProxyHeader(Duplex from, Duration within) {
        this.from = from;
        this.until = System.nanoTime() + within.toNanos();
    }

    /// Reads the header.
    ///
    /// @return the client; empty where the connection is the balancer's own (a health check), or it cannot tell
    /// @throws ProtocolException if there is no header, or a damaged one
    /// @throws IOException if it does not come in time
    static Optional<InetSocketAddress> read(Duplex from, Duration within) throws IOException {
        ProxyHeader header = new ProxyHeader(from, within);
        byte[] start = new byte[SIGNATURE.length];
        header.fill(start, 0, 1);
        Optional<InetSocketAddress> client;
        if (start[0] == 'P') {
            client = header.line();
        } else {
            header.fill(start, 1, start.length - 1);
            if (!Arrays.equals(start, SIGNATURE)) {
                throw new ProtocolException("it does not begin with a PROXY header");
            }
            client = header.binary();
        }
        from.readTimeout(Duration.ZERO); // The service sets its own.
        return client;
    }

    // ---- version 1, section 2.1

    private Optional<InetSocketAddress> line() throws IOException {
        byte[] line = new byte[LINE_BYTES_MAX];
        line[0] = 'P';
        int length = 1;
        while (line[length - 1] != '\n') {
            if (length == line.length) {
                throw new ProtocolException("the line of its PROXY header has no end");
            }
            fill(line, length++, 1);
        }
        String text = new String(line, 0, length, StandardCharsets.US_ASCII);
        String[] words = text.stripTrailing().split(" ", -1);
        if (!words[0].equals("PROXY") || words.length < 2 || !text.endsWith("\r\n")) {
            throw new ProtocolException("it does not begin with a PROXY header");
        }
        if (words[1].equals("UNKNOWN")) {
            return Optional.empty();
        }
        boolean known = words[1].equals("TCP4") || words[1].equals("TCP6");
        if (!known || words.length != 6) {
            throw new ProtocolException("its PROXY header says: " + text.strip());
        }
        return Optional.of(new InetSocketAddress(address(words[2], words[1]), port(words[4])));
    }

    private static InetAddress address(String literal, String family) throws ProtocolException {
        try {
            InetAddress address = Balancers.address(literal);
            if (literal.indexOf(':') >= 0 == family.equals("TCP6")) {
                return address;
            }
        } catch (IllegalArgumentException _) {
            // Said below.
        }
        throw new ProtocolException("its PROXY header names no address of " + family + ": " + literal);
    }

    private static int port(String text) throws ProtocolException {
        if (!text.matches("0|[1-9][0-9]{0,4}") || Integer.parseInt(text) > 0xffff) {
            throw new ProtocolException("its PROXY header names no port: " + text);
        }
        return Integer.parseInt(text);
    }

    // ---- version 2, section 2.2

    private Optional<InetSocketAddress> binary() throws IOException {
        byte[] head = new byte[4];
        fill(head, 0, head.length);
        int command = head[0] & 0xff;
        int family = (head[1] & 0xff) >> 4;
        int length = (head[2] & 0xff) << 8 | (head[3] & 0xff);
        if (command != LOCAL && command != PROXY) {
            throw new ProtocolException("its PROXY header has the unknown version and command " + command);
        }
        if (length > ADDRESSES_BYTES_MAX) {
            throw new ProtocolException(
                    "its PROXY header has " + length + " bytes, " + ADDRESSES_BYTES_MAX + " at most");
        }
        byte[] rest = new byte[length];
        fill(rest, 0, length);
        int addressBytes =
                switch (family) {
                    case OVER_IPV4 -> 4;
                    case OVER_IPV6 -> 16;
                    default -> 0;
                };
        int behindAddresses = addressBytes == 0 ? length : 2 * addressBytes + 4;
        if (length < behindAddresses) {
            throw new ProtocolException("the addresses in its PROXY header are cut short");
        }
        checkSum(head, rest, behindAddresses);
        if (command == LOCAL || addressBytes == 0) {
            return Optional.empty();
        }
        return Optional.of(client(ByteBuffer.wrap(rest), addressBytes));
    }

    private static InetSocketAddress client(ByteBuffer addresses, int addressBytes) throws UnknownHostException {
        byte[] source = new byte[addressBytes];
        addresses.get(source);
        return new InetSocketAddress(InetAddress.getByAddress(source), addresses.getShort(2 * addressBytes) & 0xffff);
    }

    /// Goes through what stands behind the addresses; a checksum there must be right (section 2.2.3).
    private static void checkSum(byte[] head, byte[] rest, int from) throws ProtocolException {
        for (int at = from; at + 3 <= rest.length; ) {
            int length = (rest[at + 1] & 0xff) << 8 | (rest[at + 2] & 0xff);
            int value = at + 3;
            if (value + length > rest.length) {
                throw new ProtocolException("its PROXY header ends within a value");
            }
            if (rest[at] == CHECKSUM && length == Integer.BYTES) {
                int said = ByteBuffer.wrap(rest).getInt(value);
                Arrays.fill(rest, value, value + length, (byte) 0);
                CRC32C sum = new CRC32C();
                sum.update(SIGNATURE);
                sum.update(head);
                sum.update(rest);
                if ((int) sum.getValue() != said) {
                    throw new ProtocolException("the checksum of its PROXY header is wrong");
                }
            }
            at = value + length;
        }
    }

    private void fill(byte[] into, int at, int length) throws IOException {
        for (int done = 0; done < length; ) {
            long left = until - System.nanoTime();
            from.readTimeout(Duration.ofNanos(Math.max(1, left)));
            int taken = from.input().read(into, at + done, length - done);
            if (taken < 0) {
                throw new EOFException("it ended within its PROXY header");
            }
            done += taken;
        }
    }
}
