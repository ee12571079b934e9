package org.posthouse.agent;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
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

/// Snapshots between nodes, as streams of kind `snapshot` ([PeerFiles]): without a field `file` the manifest, with it
/// that file of the snapshot `index` from `offset` on.
final class SnapshotTransfer implements LinkService, SnapshotSource {
    static final String KIND = "snapshot";
    private static final int MANIFEST_BYTES_MAX = 16 << 20;

    private final Links links;
    private final Supplier<RatisHost> host;

    /// @param host asked for when a peer wants something
    SnapshotTransfer(Links links, Supplier<RatisHost> host) {
        this.links = links;
        this.host = host;
    }

    @Override
    public void stream(Link from, LinkStream stream) throws IOException {
        PeerFiles.give(stream, this::asked);
    }

    private InputStream asked(Opening opening) throws IOException {
        GroupName group = new GroupName(opening.field("group"));
        return opening.fields().containsKey("file")
                ? host.get()
                        .snapshotFile(
                                group,
                                Long.parseLong(opening.field("index")),
                                opening.field("file"),
                                Long.parseLong(opening.field("offset")))
                : new ByteArrayInputStream(host.get().snapshotManifest(group));
    }

    @Override
    public byte[] manifest(MemberId from, GroupName group) throws IOException {
        try (InputStream in = ask(from, group, new TreeMap<>())) {
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
        return ask(from, group, fields);
    }

    private InputStream ask(MemberId from, GroupName group, SortedMap<String, String> fields) throws IOException {
        fields.put("group", group.value());
        return PeerFiles.ask(links, from.node(), new Opening(KIND, fields), "a snapshot of " + group);
    }
}
