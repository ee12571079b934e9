package org.posthouse.agent;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.UUID;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.posthouse.cluster.ClusterImage;
import org.posthouse.cluster.Duty;
import org.posthouse.cluster.SharedStorage;
import org.posthouse.cluster.VirtualServer;
import org.posthouse.mailstore.StoreContents;
import org.posthouse.replication.GroupContents;
import org.posthouse.replication.SharedFolder;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The mail of a virtual server in shared mode while this node has it: the folder of its epoch, with the log in
/// `raft/` and the storage group in `store/`.
///
/// @param folder taken over
record SharedMail(SharedFolder folder) implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(SharedMail.class);
    private static final String RAFT = "raft";
    private static final String STORE = "store";

    /// Takes it over; waits for a holder before to let go, 20 s at most.
    ///
    /// @param permitted whether it is still this node's to take
    /// @param lost told if another takes it, or the folder cannot be reached any more
    /// @throws IOException if the folder cannot be had, and why
    static SharedMail takeOver(Duty.TakeOver duty, String node, BooleanSupplier permitted, Consumer<String> lost)
            throws IOException {
        Path folder = Path.of(duty.storage().folder());
        check(duty.group(), duty.storage(), folder);
        StoreContents store = new StoreContents(STORE);
        GroupContents raft = new GroupContents(RAFT);
        return new SharedMail(SharedFolder.takeOver(new SharedFolder.Settings(
                folder,
                "virtual server " + duty.group(),
                node,
                duty.first(),
                // The log last: it must reach as far as the index does.
                (epoch, taker) -> {
                    store.forEach(epoch, taker);
                    raft.forEach(epoch, taker);
                },
                new BootClock(),
                permitted,
                lost,
                SharedFolder.Times.DEFAULT)));
    }

    /// Whether an image says that a node is to have it.
    static boolean isFor(String node, String group, ClusterImage image) {
        VirtualServer server = image.virtualServers().get(group);
        return server != null && server.wanted() && server.permission().owner().equals(node);
    }

    private static void check(String group, SharedStorage storage, Path folder) throws IOException {
        if (!Files.isDirectory(folder)) {
            throw new IOException("there is no folder " + folder + ": is its file system mounted?");
        }
        String type = Files.getFileStore(folder).type();
        String support = storage.explain(type);
        if (storage.support(type) == SharedStorage.Support.REFUSED) {
            throw new IOException(support);
        }
        LOG.info("{}: its mail is in {}, on {}; {}", group, folder, type, support);
    }

    Path raft() {
        return folder.epoch().resolve(RAFT);
    }

    Path store() {
        return folder.epoch().resolve(STORE);
    }

    UUID id() {
        return folder.id();
    }

    /// Rises with each takeover.
    long number() {
        return folder.number();
    }

    @Override
    public void close() {
        folder.close();
    }
}
