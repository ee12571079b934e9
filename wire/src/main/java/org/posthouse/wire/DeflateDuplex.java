package org.posthouse.wire;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Optional;
import java.util.zip.DataFormatException;
import java.util.zip.Deflater;
import java.util.zip.Inflater;

/// A conversation whose both directions are compressed with raw DEFLATE (RFC 1951), as RFC 4978 wants it. What is
/// written goes out compressed when it is flushed. What comes is inflated piece by piece as it is read, so a small
/// message that inflates to a large one costs no more memory than any other.
///
/// zlib keeps about 270 kB for a deflater and 45 kB for an inflater, outside the heap, until [#close].
public final class DeflateDuplex implements Duplex {
    private static final int PIECE_BYTES = 8 << 10;
    /// So much is compressed between two flushes, each of which goes out by itself. imaplib2 (offlineimap) inflates
    /// what it has read to 32 kB at most, and looks for the rest only when more comes: it would wait for ever.
    static final int SLICE_BYTES = 16 << 10;

    // Text shrinks to a third with this one already; the levels above cost twice the time for a few percent.
    private static final int LEVEL = 3;

    private final Duplex below;
    private final Inflating input;
    private final Deflating output;

    /// @param below used by nobody else from now on
    /// @param early compressed input that was read from it already
    public DeflateDuplex(Duplex below, byte[] early) {
        this.below = below;
        below.noFarewell();
        this.input = new Inflating(below.input(), early);
        this.output = new Deflating(below.output());
    }

    @Override
    public InputStream input() {
        return input;
    }

    @Override
    public OutputStream output() {
        return output;
    }

    @Override
    public InetSocketAddress remote() {
        return below.remote();
    }

    @Override
    public boolean secure() {
        return below.secure();
    }

    /// {@inheritDoc} Not under compression.
    @Override
    public boolean offersTls() {
        return false;
    }

    @Override
    public Duplex startTls() {
        throw new IllegalStateException("TLS goes below compression, not above");
    }

    @Override
    public Optional<ChannelBinding> channelBinding() {
        return below.channelBinding();
    }

    @Override
    public void readTimeout(Duration timeout) throws IOException {
        below.readTimeout(timeout);
    }

    @Override
    public void close() {
        below.close(); // first: it ends a write that holds the deflater
        input.end();
        output.end();
    }

    private static final class Inflating extends InputStream {
        private final InputStream in;
        private final Inflater inflater = new Inflater(true);
        private byte[] compressed;
        private boolean ended; // guarded by the inflater

        Inflating(InputStream in, byte[] early) {
            this.in = in;
            inflater.setInput(early);
        }

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] into, int offset, int length) throws IOException {
            while (true) {
                synchronized (inflater) {
                    int taken = ended ? -1 : inflate(into, offset, length);
                    if (taken != 0 || length == 0) {
                        return taken;
                    }
                }
                if (compressed == null) {
                    compressed = new byte[PIECE_BYTES];
                }
                int arrived = in.read(compressed, 0, compressed.length);
                if (arrived < 0) {
                    return -1;
                }
                synchronized (inflater) {
                    if (!ended) {
                        inflater.setInput(compressed, 0, arrived);
                    }
                }
            }
        }

        private int inflate(byte[] into, int offset, int length) throws IOException {
            try {
                int taken = inflater.inflate(into, offset, length);
                if (taken == 0 && inflater.needsDictionary()) {
                    throw new IOException("the client's compressed stream needs a dictionary");
                }
                return taken == 0 && inflater.finished() ? -1 : taken;
            } catch (DataFormatException e) {
                throw new IOException("the client's stream is not DEFLATE: " + e.getMessage(), e);
            }
        }

        void end() {
            synchronized (inflater) {
                ended = true;
                inflater.end();
            }
        }
    }

    private static final class Deflating extends OutputStream {
        private final OutputStream out;
        private final Deflater deflater = new Deflater(LEVEL, true);
        private final byte[] piece = new byte[PIECE_BYTES];
        private int unflushed; // bytes; guarded by the deflater, as all below
        private boolean ended;

        Deflating(OutputStream out) {
            this.out = out;
        }

        @Override
        public void write(int octet) throws IOException {
            write(new byte[] {(byte) octet}, 0, 1);
        }

        @Override
        public void write(byte[] bytes, int offset, int length) throws IOException {
            synchronized (deflater) {
                checkOpen();
                for (int done = 0; done < length; ) {
                    int count = Math.min(length - done, SLICE_BYTES - unflushed);
                    deflater.setInput(bytes, offset + done, count);
                    while (!deflater.needsInput()) {
                        send(deflater.deflate(piece, 0, piece.length, Deflater.NO_FLUSH));
                    }
                    done += count;
                    unflushed += count;
                    if (unflushed == SLICE_BYTES) {
                        endSlice();
                    }
                }
            }
        }

        @Override
        public void flush() throws IOException {
            synchronized (deflater) {
                checkOpen();
                if (unflushed > 0) {
                    endSlice();
                }
            }
            out.flush();
        }

        private void endSlice() throws IOException {
            int taken;
            do {
                taken = deflater.deflate(piece, 0, piece.length, Deflater.SYNC_FLUSH);
                send(taken);
            } while (taken == piece.length);
            unflushed = 0;
        }

        private void send(int count) throws IOException {
            if (count > 0) {
                out.write(piece, 0, count);
            }
        }

        private void checkOpen() throws IOException {
            if (ended) {
                throw new IOException("the compressed conversation was closed");
            }
        }

        void end() {
            synchronized (deflater) {
                ended = true;
                deflater.end();
            }
        }
    }
}
