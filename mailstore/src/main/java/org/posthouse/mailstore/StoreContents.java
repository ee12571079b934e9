package org.posthouse.mailstore;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.List;
import java.util.stream.Stream;
import org.posthouse.replication.SharedFolder;

/// What the next epoch of a shared folder takes of a storage group's folder: the index, then the bodies that it points
/// at. RocksDB never changes a table once written, and its manifest only grows; a body segment is closed when it is
/// read-only. What a holder that woke up in between has made of it either fits or is noticed when it is
/// opened, and then built anew from snapshot and log.
///
/// @param name of the storage group's folder in that of the epoch
public record StoreContents(String name) implements SharedFolder.Contents {
    @Override
    public void forEach(Path epoch, SharedFolder.Taker taker) throws IOException {
        Path index = epoch.resolve(name).resolve("index");
        if (Files.isDirectory(index)) {
            index(index, taker);
        }
        Path segments = epoch.resolve(name).resolve("segments");
        List<String> bodies = Files.isDirectory(segments) ? names(segments, ".seg") : List.of();
        for (String segment : bodies) {
            String relative = name + "/segments/" + segment;
            if (writable(segments.resolve(segment))) {
                taker.copy(relative);
            } else {
                taker.link(relative);
            }
        }
    }

    /// By its mode: root may write to anything.
    private static boolean writable(Path file) throws IOException {
        return Files.getPosixFilePermissions(file).contains(PosixFilePermission.OWNER_WRITE);
    }

    /// The manifest before the tables that it names.
    private void index(Path index, SharedFolder.Taker taker) throws IOException {
        for (String start : List.of("CURRENT", "IDENTITY", "MANIFEST-", "OPTIONS-")) {
            for (String file : names(index, "")) {
                if (file.startsWith(start)) {
                    taker.copy(name + "/index/" + file);
                }
            }
        }
        for (String file : names(index, "")) {
            if (file.endsWith(".sst")) {
                taker.link(name + "/index/" + file);
            }
        }
    }

    /// Sorted.
    private static List<String> names(Path folder, String end) throws IOException {
        try (Stream<Path> found = Files.list(folder)) {
            return found.map(file -> file.getFileName().toString())
                    .filter(file -> file.endsWith(end))
                    .sorted()
                    .toList();
        }
    }
}
