package org.posthouse.frontend;

import java.net.InetSocketAddress;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.posthouse.cluster.NodeAddresses;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The nodes to which links are kept: those that the front end was started with, until a node tells which there are.
final class KnownNodes {
    /// What a node's name has before it as a peer's.
    static final String PEER = "node:";

    private static final Logger log = LoggerFactory.getLogger(KnownNodes.class);

    private final Consumer<Map<String, InetSocketAddress>> peers;
    private final ReentrantLock lock = new ReentrantLock();
    private Map<String, InetSocketAddress> known; // under lock, as below
    private long version = -1;

    /// @param peers has links made to these, by peer name, and to no others
    KnownNodes(Map<String, InetSocketAddress> first, Consumer<Map<String, InetSocketAddress>> peers) {
        this.known = first;
        this.peers = peers;
    }

    /// Begins with the first ones.
    void begin() {
        lock.lock();
        try {
            link();
        } finally {
            lock.unlock();
        }
    }

    /// Takes a list in, if it is newer than the one that is known; an empty one is none.
    void take(NodeAddresses told) {
        lock.lock();
        try {
            if (told.version() <= version || told.addresses().isEmpty()) {
                return;
            }
            version = told.version();
            Map<String, InetSocketAddress> now = new TreeMap<>();
            told.addresses().forEach((node, address) -> {
                int colon = address.lastIndexOf(':');
                now.put(
                        node,
                        new InetSocketAddress(
                                address.substring(0, colon), Integer.parseInt(address.substring(colon + 1))));
            });
            if (!now.equals(known)) {
                log.info("The cluster's nodes are now {}, they were {}.", told.addresses(), known.keySet());
                known = now;
                link();
            }
        } finally {
            lock.unlock();
        }
    }

    private void link() {
        Map<String, InetSocketAddress> links = new TreeMap<>();
        known.forEach((node, address) -> links.put(PEER + node, address));
        peers.accept(links);
    }

    /// Their names, in order.
    SortedSet<String> names() {
        lock.lock();
        try {
            return new TreeSet<>(known.keySet());
        } finally {
            lock.unlock();
        }
    }
}
