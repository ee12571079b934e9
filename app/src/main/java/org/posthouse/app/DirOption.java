package org.posthouse.app;

import java.io.IOException;
import java.nio.file.Path;
import picocli.CommandLine.Option;

/// The folder of the cluster, or of the machine, that a command is about.
final class DirOption {
    @Option(
            names = "--dir",
            paramLabel = "DIR",
            defaultValue = "data",
            description = "Folder of the sample cluster, or of this machine (default: ./${DEFAULT-VALUE}).")
    private Path dir;

    /// As given, absolute.
    Path path() {
        return dir.toAbsolutePath().normalize();
    }

    /// What lies there.
    ///
    /// @throws IOException if nothing does
    Installation open() throws IOException {
        return Installation.open(path());
    }

    /// The machine of a real cluster that lies there.
    ///
    /// @throws IOException if none does
    Machine machine() throws IOException {
        return switch (open()) {
            case Machine machine -> machine;
            case ClusterFolder sample ->
                throw new IOException("that is for machines of your own; " + sample.dir() + " is a sample cluster");
        };
    }

    /// The sample cluster that lies there.
    ///
    /// @throws IOException if none does
    ClusterFolder sample() throws IOException {
        return switch (open()) {
            case ClusterFolder sample -> sample;
            case Machine machine ->
                throw new IOException("that is for sample clusters; " + machine.dir() + " is a machine of a real one");
        };
    }
}
