package org.posthouse.wire;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.Arrays;
import java.util.Random;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;
import org.junit.jupiter.api.Test;

/// What goes out compressed, as a client sees it that inflates what it reads at a time and no more.
class DeflateDuplexTest {
    private static final int CLIENT_BYTES_MAX = 32 << 10;

    private final Inflater inflater = new Inflater(true);
    private final ByteArrayOutputStream heard = new ByteArrayOutputStream();
    private int largest;

    /// Each write comes to the client by itself, as a record of TLS.
    private final OutputStream client = new OutputStream() {
        @Override
        public void write(int octet) {
            throw new IllegalStateException("octet by octet");
        }

        @Override
        public void write(byte[] bytes, int offset, int length) throws IOException {
            inflater.setInput(bytes, offset, length);
            byte[] inflated = new byte[1 << 20];
            try {
                int count = inflater.inflate(inflated);
                heard.write(inflated, 0, count);
                largest = Math.max(largest, count);
            } catch (DataFormatException e) {
                throw new IOException(e);
            }
        }
    };

    private DeflateDuplex duplex() {
        return new DeflateDuplex(new FakeDuplex(InputStream.nullInputStream(), client), new byte[0]);
    }

    @Test
    void noReadInflatesToMoreThanClientsTake() throws IOException {
        StringBuilder said = new StringBuilder();
        DeflateDuplex duplex = duplex();
        for (int sequence = 1; sequence <= 20_000; sequence++) {
            String line = "* " + sequence + " FETCH (UID " + sequence + " FLAGS (\\Seen))\r\n";
            said.append(line);
            duplex.output().write(line.getBytes(US_ASCII));
        }
        duplex.output().flush();
        assertThat(heard.toString(US_ASCII)).isEqualTo(said.toString());
        assertThat(largest).isBetween(1, CLIENT_BYTES_MAX);
        duplex.close();
    }

    @Test
    void whatIsFlushedIsThere() throws IOException {
        Random random = new Random(7);
        DeflateDuplex duplex = duplex();
        ByteArrayOutputStream said = new ByteArrayOutputStream();
        for (int length : new int[] {1, 100, 8191, 8192, 8193, 16383, 16384, 16385, 40_000, 100_000, 1}) {
            byte[] bytes = new byte[length];
            random.nextBytes(bytes);
            duplex.output().write(bytes);
            duplex.output().flush();
            said.write(bytes);
            assertThat(heard.toByteArray()).as("of " + length).isEqualTo(said.toByteArray());
        }
        byte[] zeros = new byte[5_000_000];
        Arrays.fill(zeros, (byte) ' ');
        duplex.output().write(zeros);
        duplex.output().flush();
        assertThat(heard.size()).isEqualTo(said.size() + zeros.length);
        assertThat(largest).isBetween(1, CLIENT_BYTES_MAX);
        duplex.close();
    }
}
