package org.posthouse.mailstore;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.posthouse.mailstore.StoreException.Kind;

/// Watches the room left on the disk, so that new mail is refused while there is still room to expunge.
final class FreeSpace {
    private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(500);

    private final Path folder;
    private final long reserveBytes;
    private volatile long lookedNanos = System.nanoTime() - LOOK_NANOS;
    private volatile long free = Long.MAX_VALUE;

    FreeSpace(Path folder, long reserveBytes) {
        this.folder = folder;
        this.reserveBytes = reserveBytes;
    }

    private long free() {
        long now = System.nanoTime();
        if (now - lookedNanos >= LOOK_NANOS) {
            lookedNanos = now;
            try {
                free = Files.getFileStore(folder).getUsableSpace();
            } catch (IOException e) {
                // Not knowing is no reason to refuse mail; a write that fails will say so.
                StorageGroup.LOG.warn("The free space of {} cannot be read.", folder, e);
                free = Long.MAX_VALUE;
            }
        }
        return free;
    }

    /// @throws StoreException `FULL` if too little is left for new mail
    void require() {
        if (free() < reserveBytes) {
            throw new StoreException(Kind.FULL, "the disk is full");
        }
    }

    Optional<String> health() {
        long left = free();
        return left >= reserveBytes
                ? Optional.empty()
                : Optional.of("disk full: " + (left >> 20) + " MB free in " + folder + ", new mail is refused below "
                        + (reserveBytes >> 20) + " MB; expunge mail or add space");
    }
}
