package org.posthouse.wire;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// A node `n1` that takes links and a front end `f1` that keeps one to it, in one process, on free ports.
final class LinkPair implements AutoCloseable {
    static final Duration SOON = Duration.ofSeconds(10);

    final Authority authority;
    final PeerIdentity node;
    final PeerIdentity frontEnd;
    final LinkServices offered = new LinkServices();
    final LinkServices offeredBack = new LinkServices();
    final LinkSettings settings;
    final Links links;
    LinkServer server;

    LinkPair(Path folder, LinkSettings settings) throws IOException {
        this.settings = settings;
        authority = Authority.create(folder.resolve("ca"), "test");
        node = issue(authority, "node:n1", folder.resolve("n1"));
        frontEnd = issue(authority, "front-end:f1", folder.resolve("f1"));
        server = LinkServer.start(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), node, offered, settings);
        links = new Links(frontEnd, offeredBack, settings);
    }

    static PeerIdentity issue(Authority authority, String peer, Path folder) throws IOException {
        authority.issuePeer(peer, List.of("127.0.0.1", "localhost"), folder);
        return PeerIdentity.load(folder);
    }

    /// Connects, and waits until the link stands.
    Link link() throws IOException {
        links.peers(Map.of("node:n1", server.address()));
        return links.await("node:n1", SOON);
    }

    /// Starts the server again on the port that it had.
    void restartServer() throws IOException {
        InetSocketAddress address = server.address();
        server.close();
        server = LinkServer.start(
                new InetSocketAddress(InetAddress.getLoopbackAddress(), address.getPort()), node, offered, settings);
    }

    static Opening opening(String kind, String... fields) {
        TreeMap<String, String> named = new TreeMap<>();
        for (int i = 0; i < fields.length; i += 2) {
            named.put(fields[i], fields[i + 1]);
        }
        return new Opening(kind, named);
    }

    @Override
    public void close() {
        links.close();
        server.close();
    }
}
