package org.posthouse.agent;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.time.Duration;
import org.posthouse.wire.Link;
import org.posthouse.wire.LinkStream;
import org.posthouse.wire.Links;
import org.posthouse.wire.Opening;

/// Bytes that one node asks another for, on a stream of their own. The first byte of the answer is 0; what cannot be
/// given ends the stream with a reason instead.
final class PeerFiles {
    private static final Duration LINK_WAIT = Duration.ofSeconds(5);
    private static final Duration READ_TIMEOUT = Duration.ofSeconds(30);

    private PeerFiles() {}

    /// Finds what is asked for.
    @FunctionalInterface
    interface Source {
        InputStream open(Opening asked) throws IOException;
    }

    /// Gives what a peer has asked for.
    static void give(LinkStream stream, Source source) throws IOException {
        try (stream;
                InputStream file = source.open(stream.opening())) {
            OutputStream out = stream.output();
            out.write(0);
            file.transferTo(out);
            out.flush();
            stream.finish();
            // The peer closes when it has everything; closing first would cut off what is still under way.
            stream.readTimeout(READ_TIMEOUT);
            stream.input().transferTo(OutputStream.nullOutputStream());
        } catch (IOException | RuntimeException e) {
            stream.reset(String.valueOf(e.getMessage()));
        }
    }

    /// Asks a node; to be closed by the caller.
    ///
    /// @param what for the error
    static InputStream ask(Links links, String node, Opening asked, String what) throws IOException {
        Link link = links.await("node:" + node, LINK_WAIT);
        LinkStream stream = link.open(asked);
        try {
            stream.readTimeout(READ_TIMEOUT);
            if (stream.input().read() != 0) {
                throw new IOException(node + " did not begin to send " + what);
            }
        } catch (IOException | RuntimeException e) {
            stream.close();
            throw e;
        }
        return new Received(stream);
    }

    /// The bytes of a stream; closing it closes the stream.
    private static final class Received extends InputStream {
        private final LinkStream stream;

        Received(LinkStream stream) {
            this.stream = stream;
        }

        @Override
        public int read() throws IOException {
            return stream.input().read();
        }

        @Override
        public int read(byte[] into, int at, int length) throws IOException {
            return stream.input().read(into, at, length);
        }

        @Override
        public void close() {
            stream.close();
        }
    }
}
