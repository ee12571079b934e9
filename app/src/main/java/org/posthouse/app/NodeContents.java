package org.posthouse.app;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.posthouse.mailstore.StoreContents;
import org.posthouse.replication.GroupContents;
import org.posthouse.replication.SharedFolder;

/// What the next epoch takes of a node's folder: who the node is, its virtual servers' indexes and bodies, and then its
/// Raft groups: a log that goes further than an index is applied to it.
record NodeContents() implements SharedFolder.Contents {
    private static final List<String> SMALL = List.of(NodeSetup.FORMING, "agent/node.json");

    @Override
    public void forEach(Path epoch, SharedFolder.Taker taker) throws IOException {
        for (String name : SMALL) {
            if (Files.exists(epoch.resolve(name))) {
                taker.copy(name);
            }
        }
        Path store = epoch.resolve("store");
        if (Files.isDirectory(store)) {
            for (String server : names(store)) {
                new StoreContents("store/" + server).forEach(epoch, taker);
            }
        }
        Path raft = epoch.resolve("raft");
        if (Files.isDirectory(raft)) {
            for (String group : groups(raft)) {
                new GroupContents("raft/" + group).forEach(epoch, taker);
            }
        }
    }

    /// Folders of groups: no quarantined ones, nor the one that is there for a second after a start.
    private static List<String> groups(Path raft) throws IOException {
        return names(raft).stream()
                .filter(name -> !name.contains(".") && !name.equals("warm-up"))
                .filter(name -> Files.exists(raft.resolve(name).resolve("member")))
                .toList();
    }

    /// Sorted.
    private static List<String> names(Path folder) throws IOException {
        try (Stream<Path> found = Files.list(folder)) {
            return found.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }
}
