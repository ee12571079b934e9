package org.posthouse.agent;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A file for what an outside program prints: at most 4 MB, and as much again of what was before it in `FILE.1`.
final class BoundedLog {
    private static final Logger LOG = LoggerFactory.getLogger(BoundedLog.class);
    private static final long BYTES_MAX = 4 << 20;

    private final Path file;

    BoundedLog(Path file) {
        this.file = file;
    }

    Path file() {
        return file;
    }

    /// Writes what comes until it ends; for a thread of its own. Where it cannot be written it is read all the
    /// same: a full disk must not make the program wait.
    void take(InputStream printed) {
        byte[] buffer = new byte[8 << 10];
        try (printed) {
            for (int read = printed.read(buffer); read >= 0; read = printed.read(buffer)) {
                write(buffer, read);
            }
        } catch (IOException e) {
            LOG.debug("{}: the program's output ended", file, e);
        }
    }

    private void write(byte[] bytes, int count) {
        try {
            if (Files.exists(file) && Files.size(file) + count > BYTES_MAX) {
                Files.move(file, file.resolveSibling(file.getFileName() + ".1"), StandardCopyOption.REPLACE_EXISTING);
            }
            try (OutputStream out = Files.newOutputStream(file, StandardOpenOption.CREATE, StandardOpenOption.APPEND)) {
                out.write(bytes, 0, count);
            }
        } catch (IOException e) {
            LOG.warn("{}: what the program printed is lost: {}", file, e.toString());
        }
    }
}
