package org.posthouse.replication;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/// What the next epoch of a shared folder takes of a Raft group's folder: its log, then its snapshots. The log first,
/// so that no snapshot can have taken away entries that are still looked for.
///
/// @param name of the group's folder in that of the epoch
public record GroupContents(String name) implements SharedFolder.Contents {
    @Override
    public void forEach(Path epoch, SharedFolder.Taker taker) throws IOException {
        Path folder = epoch.resolve(name);
        taker.copy(name + "/" + GroupFolder.MEMBER);
        for (Path raft : list(folder)) {
            if (Files.isDirectory(raft.resolve("current"))) {
                log(raft.resolve("current"), epoch, taker);
            }
        }
        Path snapshots = folder.resolve("snapshots");
        for (Path snapshot : Files.isDirectory(snapshots) ? list(snapshots) : List.<Path>of()) {
            if (Character.isDigit(snapshot.getFileName().toString().charAt(0))) {
                for (Path file : walk(snapshot)) {
                    taker.link(epoch.relativize(file).toString());
                }
            }
        }
    }

    private static void log(Path current, Path epoch, SharedFolder.Taker taker) throws IOException {
        for (Path file : list(current)) {
            String relative = epoch.relativize(file).toString();
            String name = file.getFileName().toString();
            if (name.matches("log_\\d+-\\d+")) {
                taker.link(relative);
            } else if (name.startsWith("log_inprogress_")
                    || name.equals("raft-meta")
                    || name.equals("raft-meta.conf")) {
                taker.copy(relative);
            }
        }
    }

    /// Sorted.
    private static List<Path> list(Path folder) throws IOException {
        try (Stream<Path> found = Files.list(folder)) {
            return found.sorted().toList();
        }
    }

    private static List<Path> walk(Path folder) throws IOException {
        try (Stream<Path> found = Files.walk(folder)) {
            return found.filter(Files::isRegularFile).sorted().toList();
        }
    }
}
