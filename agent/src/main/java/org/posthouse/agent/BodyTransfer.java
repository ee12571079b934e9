package org.posthouse.agent;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Function;
import org.posthouse.mailstore.MailStore;
import org.posthouse.mailstore.StorageGroup;
import org.posthouse.wire.Link;
import org.posthouse.wire.LinkService;
import org.posthouse.wire.LinkStream;
import org.posthouse.wire.Links;
import org.posthouse.wire.Opening;

/// Bodies of messages between replicas, for the repair of damaged ones: streams of kind `body` ([PeerFiles]), with the
/// fields `group` and `body`.
final class BodyTransfer implements LinkService, BodyRepairs.Source {
    static final String KIND = "body";

    private final Links links;
    private final Function<String, Optional<StorageGroup>> groups;

    /// @param groups the replica of a virtual server in this process, by its name
    BodyTransfer(Links links, Function<String, Optional<StorageGroup>> groups) {
        this.links = links;
        this.groups = groups;
    }

    @Override
    public void stream(Link from, LinkStream stream) throws IOException {
        PeerFiles.give(stream, this::asked);
    }

    private InputStream asked(Opening opening) throws IOException {
        String name = opening.field("group");
        StorageGroup group = groups.apply(name).orElseThrow(() -> new IOException("no replica of " + name + " here"));
        MailStore.Body body = group.body(Long.parseLong(opening.field("body")));
        return new FilterInputStream(body.stream(0, body.length())) {
            @Override
            public void close() {
                body.close();
            }
        };
    }

    @Override
    public void fetch(String node, String virtualServer, long bodyId, Path into) throws IOException {
        TreeMap<String, String> fields = new TreeMap<>();
        fields.put("group", virtualServer);
        fields.put("body", Long.toString(bodyId));
        try (InputStream in = PeerFiles.ask(links, node, new Opening(KIND, fields), "body " + bodyId)) {
            Files.copy(in, into, StandardCopyOption.REPLACE_EXISTING);
        }
    }
}
