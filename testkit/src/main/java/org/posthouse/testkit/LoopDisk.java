package org.posthouse.testkit;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/// A disk of a machine's own that can be made to hang: an ext4 image on a loop device, and `fsfreeze`. While it hangs,
/// reads of what is cached go on, and whatever writes waits in the kernel, out of reach of any signal. Needs root.
final class LoopDisk implements AutoCloseable {
    private static final Duration LIMIT = Duration.ofSeconds(20);
    private static final long BYTES = 2L << 30;

    private final Path image;
    private final Path folder;
    private boolean hangs;

    private LoopDisk(Path image, Path folder) {
        this.image = image;
        this.folder = folder;
    }

    /// Why none can be made here; empty if one can.
    ///
    /// @param in folder for what is tried
    static Optional<String> missing(Path in) throws IOException {
        Path image = in.resolve("probe-" + ProcessHandle.current().pid() + ".image");
        Path folder = Files.createTempDirectory(in, "probe");
        try (LoopDisk disk = mounted(image, folder)) {
            disk.hang();
            disk.goOn();
            return Optional.empty();
        } catch (IOException e) {
            return Optional.of("no disk that can be made to hang (that takes root, loop devices, ext4 and fsfreeze): "
                    + e.getMessage());
        } finally {
            Files.deleteIfExists(image);
            Files.deleteIfExists(folder);
        }
    }

    /// Makes one and mounts it on this empty folder.
    static LoopDisk mounted(Path image, Path folder) throws IOException {
        run("truncate", "-s", Long.toString(BYTES), image.toString());
        run("mkfs.ext4", "-q", "-m", "0", image.toString());
        // Reading must write nothing: commands read there while the disk hangs.
        run("mount", "-o", "loop,noatime", image.toString(), folder.toString());
        Files.delete(folder.resolve("lost+found"));
        return new LoopDisk(image, folder);
    }

    /// From now on every write hangs.
    void hang() throws IOException {
        run("fsfreeze", "-f", folder.toString());
        hangs = true;
    }

    /// Writes go on, if it hung.
    void goOn() throws IOException {
        if (hangs) {
            run("fsfreeze", "-u", folder.toString());
            hangs = false;
        }
    }

    /// Unmounts and deletes it; it must not hang.
    @Override
    public void close() throws IOException {
        run("umount", folder.toString());
        Files.delete(image);
    }

    private static void run(String... line) throws IOException {
        Process process =
                new ProcessBuilder(List.of(line)).redirectErrorStream(true).start();
        if (!Processes.ended(process, LIMIT)) {
            throw new IOException(String.join(" ", line) + " did not end within " + LIMIT.toSeconds() + " s");
        }
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (process.exitValue() != 0) {
            throw new IOException(String.join(" ", line) + ": " + output.strip());
        }
    }
}
