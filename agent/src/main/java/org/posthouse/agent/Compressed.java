package org.posthouse.agent;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;

/// Images travel compressed: a call carries 4 MB, and an image with many users is several times that.
final class Compressed {
    private static final int BYTES_MAX = 256 << 20;

    private Compressed() {}

    static byte[] pack(byte[] plain) throws IOException {
        ByteArrayOutputStream packed = new ByteArrayOutputStream();
        try (GZIPOutputStream out = new GZIPOutputStream(packed)) {
            out.write(plain);
        }
        return packed.toByteArray();
    }

    static byte[] unpack(byte[] packed) throws IOException {
        try (GZIPInputStream in = new GZIPInputStream(new ByteArrayInputStream(packed))) {
            byte[] plain = in.readNBytes(BYTES_MAX + 1);
            if (plain.length > BYTES_MAX) {
                throw new IOException("an image of more than " + BYTES_MAX + " bytes");
            }
            return plain;
        }
    }
}
