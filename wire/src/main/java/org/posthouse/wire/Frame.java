package org.posthouse.wire;

import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.SortedMap;
import java.util.TreeMap;

/// What a link is made of: one octet of type, four of stream id, four of length (network byte order), and so many
/// of payload, at most 64 kB.
///
/// @param stream 0 for what concerns the whole link
record Frame(Type type, int stream, byte[] payload) {
    static final int HEADER_BYTES = 9;
    static final int PAYLOAD_BYTES_MAX = 64 << 10;

    /// Greets: other programs and other releases are told apart before anything is believed.
    private static final int MAGIC = 0x50484c31;

    private static final byte[] NOTHING = new byte[0];

    /// What a frame is, each with its octet on the wire.
    enum Type {
        /// First from both ends: magic and the receive window of each stream.
        HELLO(0),
        /// Nothing but a sign of life.
        PING(1),
        /// Ends the link; the payload says why.
        BYE(2),
        /// An [Opening] and a message that nobody answers.
        NOTICE(3),
        /// Opens a stream; the payload is an [Opening].
        OPEN(4),
        /// Opens a stream that is a call: request, end, answer, end.
        CALL(5),
        /// Bytes of a stream.
        DATA(6),
        /// The sender of this sends no more on the stream, and reads on.
        FINISH(7),
        /// The sender of this neither sends nor reads any more.
        CLOSE(8),
        /// Ends a stream at once in both directions; the payload says why.
        RESET(9),
        /// So many more bytes (four octets) may be sent on the stream.
        CREDIT(10);

        private final byte code;

        Type(int code) {
            this.code = (byte) code;
        }

        static Type of(int code) throws IOException {
            for (Type type : ALL) {
                if (type.code == code) {
                    return type;
                }
            }
            throw new IOException("a frame of unknown type " + code);
        }

        private static final Type[] ALL = values();
    }

    static Frame of(Type type, int stream) {
        return new Frame(type, stream, NOTHING);
    }

    static Frame reason(Type type, int stream, String reason) {
        String text = reason == null ? "" : reason;
        byte[] bytes = text.substring(0, Math.min(text.length(), 4_000)).getBytes(StandardCharsets.UTF_8);
        return new Frame(type, stream, bytes);
    }

    static Frame credit(int stream, int bytes) {
        return new Frame(
                Type.CREDIT,
                stream,
                ByteBuffer.allocate(Integer.BYTES).putInt(bytes).array());
    }

    static Frame hello(int windowBytes) {
        return new Frame(
                Type.HELLO,
                0,
                ByteBuffer.allocate(2 * Integer.BYTES)
                        .putInt(MAGIC)
                        .putInt(windowBytes)
                        .array());
    }

    /// The peer's receive window.
    int helloWindow() throws IOException {
        if (type != Type.HELLO || payload.length < 2 * Integer.BYTES) {
            throw new IOException("the peer does not greet as a link does");
        }
        ByteBuffer fields = ByteBuffer.wrap(payload);
        if (fields.getInt() != MAGIC) {
            throw new IOException("the peer speaks another version of the link's language");
        }
        int window = fields.getInt();
        if (window < 1) {
            throw new IOException("the peer announces a window of " + window + " bytes");
        }
        return window;
    }

    int creditBytes() throws IOException {
        if (payload.length != Integer.BYTES) {
            throw new IOException("credit of " + payload.length + " octets");
        }
        return ByteBuffer.wrap(payload).getInt();
    }

    String reason() {
        return new String(payload, StandardCharsets.UTF_8);
    }

    int length() {
        return HEADER_BYTES + payload.length;
    }

    void put(ByteBuffer into) {
        into.put(type.code).putInt(stream).putInt(payload.length).put(payload);
    }

    /// Waits for the next frame.
    ///
    /// @throws IOException at the end of the connection, and if what comes is no frame
    static Frame read(DataInputStream in) throws IOException {
        Type type = Type.of(in.readUnsignedByte());
        int stream = in.readInt();
        int length = in.readInt();
        if (length < 0 || length > PAYLOAD_BYTES_MAX) {
            throw new IOException("a frame of " + Integer.toUnsignedString(length) + " bytes");
        }
        byte[] payload = length == 0 ? NOTHING : new byte[length];
        in.readFully(payload);
        return new Frame(type, stream, payload);
    }

    /// A frame that begins with an opening.
    ///
    /// @throws IllegalArgumentException if opening and message are longer than a frame may be
    static Frame opening(Type type, int stream, Opening opening, byte[] message) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(256 + message.length);
        try (DataOutputStream out = new DataOutputStream(bytes)) {
            writeText(out, opening.kind());
            out.writeShort(opening.fields().size());
            for (var field : opening.fields().entrySet()) {
                writeText(out, field.getKey());
                writeText(out, field.getValue());
            }
            out.write(message);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        if (bytes.size() > PAYLOAD_BYTES_MAX) {
            throw new IllegalArgumentException(
                    "the opening of kind '" + opening.kind() + "' has " + bytes.size() + " bytes: too long");
        }
        return new Frame(type, stream, bytes.toByteArray());
    }

    /// An opening, and what follows it in the same frame.
    record Opened(Opening opening, byte[] message) {}

    Opened opened() throws IOException {
        ByteBuffer in = ByteBuffer.wrap(payload);
        try {
            String kind = readText(in);
            int count = in.getShort() & 0xffff;
            SortedMap<String, String> fields = new TreeMap<>();
            for (int i = 0; i < count; i++) {
                fields.put(readText(in), readText(in));
            }
            byte[] message = new byte[in.remaining()];
            in.get(message);
            return new Opened(new Opening(kind, Collections.unmodifiableSortedMap(fields)), message);
        } catch (RuntimeException e) {
            throw new IOException("an opening that cannot be read", e);
        }
    }

    private static void writeText(DataOutputStream out, String text) throws IOException {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        if (bytes.length > 0xffff) {
            throw new IllegalArgumentException("a field of an opening has " + bytes.length + " bytes: too long");
        }
        out.writeShort(bytes.length);
        out.write(bytes);
    }

    private static String readText(ByteBuffer in) {
        byte[] bytes = new byte[in.getShort() & 0xffff];
        in.get(bytes);
        return new String(bytes, StandardCharsets.UTF_8);
    }
}
