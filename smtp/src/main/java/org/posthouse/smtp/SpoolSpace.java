package org.posthouse.smtp;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicLong;

/// Room for messages on their way through a front end: memory for small ones, as long as there is some, and files.
/// The files are of no use to anybody after the process, and have no name from the moment they are open, so that the
/// system frees them with it; one that an earlier process left between the two is deleted at start.
public final class SpoolSpace {
    private static final String PREFIX = "spool-";

    private final Path folder;
    private final Limits limits;
    private final AtomicLong memory = new AtomicLong();
    private final AtomicLong disk = new AtomicLong();

    /// @param messageMemoryMax bytes of one message kept in memory; a longer one goes to a file
    /// @param memoryMax bytes of all messages in memory; when they are used up small ones go to files too
    /// @param diskMax bytes of all files; when they are used up messages are refused with 452 4.3.1
    public record Limits(int messageMemoryMax, long memoryMax, long diskMax) {
        /// 1 MB for a message, 128 MB in all, 4 GB on disk.
        public static final Limits DEFAULT = new Limits(1 << 20, 128L << 20, 4L << 30);
    }

    /// Makes the folder if need be and empties it of old spool files.
    public SpoolSpace(Path folder, Limits limits) throws IOException {
        this.folder = folder;
        this.limits = limits;
        Files.createDirectories(folder);
        try (DirectoryStream<Path> left = Files.newDirectoryStream(folder, PREFIX + "*")) {
            for (Path file : left) {
                Files.delete(file);
            }
        }
    }

    /// For one message.
    ///
    /// @param name unique, part of a file's name
    Spool spool(String name) {
        return new Spool(this, folder.resolve(PREFIX + name));
    }

    int messageMemoryMax() {
        return limits.messageMemoryMax();
    }

    boolean takeMemory(long bytes) {
        return take(memory, bytes, limits.memoryMax());
    }

    void giveMemory(long bytes) {
        memory.addAndGet(-bytes);
    }

    boolean takeDisk(long bytes) {
        return take(disk, bytes, limits.diskMax());
    }

    void giveDisk(long bytes) {
        disk.addAndGet(-bytes);
    }

    /// Bytes in files.
    long onDisk() {
        return disk.get();
    }

    /// Bytes in use, in memory and on disk; zero when no message is under way.
    long used() {
        return memory.get() + disk.get();
    }

    private static boolean take(AtomicLong used, long bytes, long most) {
        if (used.addAndGet(bytes) <= most) {
            return true;
        }
        used.addAndGet(-bytes);
        return false;
    }
}
