package org.posthouse.app;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// How the nodes and front ends of a sample cluster are started: which JVM options, which arguments. Six of them
/// share one machine, so each is told to be small; a machine of its own would give a node more.
final class SampleProcesses {
    private static final List<String> SMALL = List.of(
            "-XX:+UseCompactObjectHeaders",
            "-Xss512k",
            "-XX:+ExitOnOutOfMemoryError",
            "--enable-native-access=ALL-UNNAMED",
            "--sun-misc-unsafe-memory-access=allow",
            "-Djdk.tls.ephemeralDHKeySize=2048",
            "-Dposthouse.log.to=FILE",
            "-Dposthouse.log.level=INFO");

    /// Entries of the log live for seconds, so they grow old before they die. A collector that stops the process to
    /// clear them away takes longer on a busy machine than the others wait for a leader: half a second to one.
    private static final List<String> CONCURRENT =
            List.of("-XX:+UseG1GC", "-XX:G1HeapRegionSize=1m", "-XX:ParallelGCThreads=2", "-XX:ConcGCThreads=1");

    private SampleProcesses() {}

    /// Starts a node or front end; makes a lost node's folder anew.
    static ProcessHandle start(ClusterFolder folder, String name) throws IOException {
        boolean node = folder.sample().nodeNames().contains(name);
        if (node) {
            RecoveryJournal.requireNone(folder.node(name));
            folder.makeNode(name);
        }
        Path log = folder.process(name).resolve("log");
        List<String> options = new ArrayList<>(SMALL);
        options.addAll(
                node
                        ? List.of("-Xms32m", "-Xmx256m", "-XX:MaxDirectMemorySize=192m")
                        : List.of("-Xms16m", "-Xmx128m", "-XX:MaxDirectMemorySize=64m"));
        options.addAll(node ? CONCURRENT : List.of("-XX:+UseSerialGC"));
        if (folder.sample().nodes() > 1) {
            // Many on one machine: the optimising compiler would keep its cores busy for minutes after each start.
            options.add("-XX:TieredStopAtLevel=1");
        }
        options.add("-Dposthouse.log=" + log.resolve(name + ".log"));
        Path root = Path.of(System.getProperty("posthouse.root", "."));
        Path cache = root.resolve("app/target/posthouse.aot");
        if (Files.exists(cache)) {
            options.add("-XX:AOTCache=" + cache);
        }
        String extra = System.getenv("POSTHOUSE_NODE_JAVA_OPTS");
        if (extra != null && !extra.isBlank()) {
            options.addAll(List.of(extra.strip().split("\\s+")));
        }
        return Processes.start(
                folder.process(name),
                options,
                List.of(
                        node ? "node" : "front-end",
                        "run",
                        name,
                        "--dir",
                        folder.dir().toString()));
    }
}
