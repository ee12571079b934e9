package org.posthouse.agent;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.time.Duration;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.posthouse.replication.GroupName;
import org.posthouse.replication.MemberId;
import org.posthouse.replication.RatisHost;
import org.posthouse.replication.SnapshotSource;
import org.posthouse.wire.Link;
import org.posthouse.wire.LinkService;
import org.posthouse.wire.LinkStream;
import org.posthouse.wire.Links;
import org.posthouse.wire.Opening;

/// Snapshots between nodes, as streams of kind `snapshot`: without a field `file` the manifest, with it that file of
/// the snapshot `index` from `offset` on. The first byte of the answer is 0; what cannot be given ends the stream
/// with a reason instead.
final class SnapshotTransfer implements LinkService, SnapshotSource {
    static final String KIND = "snapshot";
    private static final Duration LINK_WAIT = Duration.ofSeconds(5);
    private static final Duration READ_TIMEOUT = Duration.ofSeconds(30);
    private static final int MANIFEST_BYTES_MAX = 16 << 20;

    private final Links links;
    private final Supplier<RatisHost> host;

    /// @param host asked for when a peer wants something
    SnapshotTransfer(Links links, Supplier<RatisHost> host) {
        this.links = links;
        this.host = host;
    }

    // ---- giving

    @Override
    public void stream(Link from, LinkStream stream) throws IOException {
        try (stream) {
            Opening opening = stream.opening();
            GroupName group = new GroupName(opening.field("group"));
            OutputStream out = stream.output();
            if (!opening.fields().containsKey("file")) {
                byte[] manifest = host.get().snapshotManifest(group);
                out.write(0);
                out.write(manifest);
            } else {
                try (InputStream file = host.get()
                        .snapshotFile(
                                group,
                                Long.parseLong(opening.field("index")),
                                opening.field("file"),
                                Long.parseLong(opening.field("offset")))) {
                    out.write(0);
                    file.transferTo(out);
                }
            }
            out.flush();
            stream.finish();
            // The peer closes when it has everything; closing first would cut off what is still under way.
            stream.readTimeout(READ_TIMEOUT);
            stream.input().transferTo(OutputStream.nullOutputStream());
        } catch (IOException | RuntimeException e) {
            stream.reset(String.valueOf(e.getMessage()));
        }
    }

    // ---- taking

    @Override
    public byte[] manifest(MemberId from, GroupName group) throws IOException {
        try (InputStream in = open(from, group, new TreeMap<>())) {
            byte[] manifest = in.readNBytes(MANIFEST_BYTES_MAX + 1);
            if (manifest.length > MANIFEST_BYTES_MAX) {
                throw new IOException("the manifest of " + group + " on " + from + " is too long");
            }
            return manifest;
        }
    }

    @Override
    public InputStream file(MemberId from, GroupName group, long snapshotIndex, String name, long offset)
            throws IOException {
        TreeMap<String, String> fields = new TreeMap<>();
        fields.put("index", Long.toString(snapshotIndex));
        fields.put("file", name);
        fields.put("offset", Long.toString(offset));
        return open(from, group, fields);
    }

    private InputStream open(MemberId from, GroupName group, SortedMap<String, String> fields) throws IOException {
        fields.put("group", group.value());
        Link link = links.await("node:" + from.node(), LINK_WAIT);
        LinkStream stream = link.open(new Opening(KIND, fields));
        try {
            stream.readTimeout(READ_TIMEOUT);
            int first = stream.input().read();
            if (first != 0) {
                throw new IOException(from + " did not begin to send a snapshot of " + group);
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
