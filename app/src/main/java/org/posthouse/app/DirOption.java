package org.posthouse.app;

import java.io.IOException;
import java.nio.file.Path;
import picocli.CommandLine.Option;

/// The folder of the sample cluster that a command is about.
final class DirOption {
    @Option(
            names = "--dir",
            paramLabel = "DIR",
            defaultValue = "data",
            description = "Folder of the cluster (default: ./${DEFAULT-VALUE}).")
    private Path dir;

    /// As given, absolute.
    Path path() {
        return dir.toAbsolutePath().normalize();
    }

    /// The cluster that lies there.
    ///
    /// @throws IOException if none does
    ClusterFolder open() throws IOException {
        return ClusterFolder.open(path());
    }
}
