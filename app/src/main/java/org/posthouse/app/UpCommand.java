package org.posthouse.app;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/// `posthouse up`: starts a sample cluster, making it first if there is none, and says so when mail can be sent and
/// read.
@Command(
        name = "up",
        mixinStandardHelpOptions = true,
        description = "Start a sample cluster on this machine: every node and front end a process of its own. "
                + "Prints addresses and accounts once mail can be sent and read, and keeps running; Ctrl-C stops "
                + "everything.")
final class UpCommand implements Callable<Integer> {
    private static final Duration READY_WITHIN = Duration.ofSeconds(90);

    @Mixin
    private DirOption dir;

    @Option(names = "--nodes", description = "How many nodes (4).")
    private Optional<Integer> nodes;

    @Option(
            names = "--virtual-servers",
            description = "How many virtual servers (nodes - 1, at least 1). With more than that, survivors of a lost "
                    + "node host several.")
    private Optional<Integer> virtualServers;

    @Option(names = "--front-ends", description = "How many front ends (2). With 0, clients connect to the owners.")
    private Optional<Integer> frontEnds;

    @Option(names = "--users", description = "How many sample users (10).")
    private Optional<Integer> users;

    @Option(names = "--base-port", description = "First port (2000): front end 1 takes 25, 143, 587, 993 above it.")
    private Optional<Integer> basePort;

    @Option(
            names = "--witness",
            description =
                    "And a witness, w1: it votes and keeps a log, and hosts nothing, so that two nodes survive the"
                            + " loss of one.")
    private boolean witness;

    @Option(names = "--fresh", description = "Delete what is in the folder first: all mail of this sample cluster.")
    private boolean fresh;

    @Option(names = "--detach", description = "Return when the cluster is ready; 'down' stops it.")
    private boolean detach;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        long began = System.nanoTime();
        PrintWriter out = spec.commandLine().getOut();
        ClusterFolder folder = folder(out);
        if (!folder.living().isEmpty()) {
            throw new IOException(
                    "the cluster in " + folder.dir() + " is running already: 'status' shows it, 'down' " + "stops it");
        }
        List<ProcessHandle> started = new ArrayList<>();
        Thread stopper = new Thread(() -> stop(folder), "stop-cluster");
        Runtime.getRuntime().addShutdownHook(stopper);
        for (String name : folder.processes()) {
            started.add(SampleProcesses.start(folder, name));
        }
        out.println("Starting " + folder.sample().nodeNames().size() + " nodes and "
                + folder.sample().frontEnds() + " front ends ...");
        out.flush();
        new Readiness(folder).await(READY_WITHIN, started);
        out.println();
        out.print(Readiness.table(folder));
        out.printf("%nReady after %.1f s. ", (System.nanoTime() - began) / 1e9);
        if (detach) {
            Runtime.getRuntime().removeShutdownHook(stopper);
            out.println("Stop it with: posthouse down --dir " + folder.dir());
            return 0;
        }
        out.println("Ctrl-C stops everything; the mail stays in " + folder.dir() + ".");
        out.flush();
        new CountDownLatch(1).await();
        return 0;
    }

    /// The cluster to start: the one in the folder, or a new one.
    private ClusterFolder folder(PrintWriter out) throws IOException {
        Path path = dir.path();
        Optional<ClusterFolder> existing = ClusterFolder.find(path);
        if (fresh && Files.exists(path)) {
            // Nothing is deleted that is not a sample cluster: a mistyped --dir must not cost a folder.
            ClusterFolder old = existing.orElseThrow(() -> new IOException(
                    path + " holds no sample cluster, so --fresh does not delete it: empty it yourself"));
            Processes.stop(old.living());
            ClusterFolder.delete(path);
            existing = Optional.empty();
        }
        if (existing.isPresent()) {
            return unchanged(existing.get());
        }
        SampleCluster sample = planned();
        if (sample.stacked()) {
            out.println("More virtual servers than nodes - 1: nodes may host several (stack).");
        }
        return ClusterFolder.create(path, sample);
    }

    private SampleCluster planned() {
        int nodeCount = nodes.orElse(4);
        try {
            return new SampleCluster(
                    "sample",
                    UUID.randomUUID(),
                    System.currentTimeMillis(),
                    basePort.orElse(2000),
                    nodeCount,
                    virtualServers.orElse(Math.max(1, nodeCount - 1)),
                    frontEnds.orElse(2),
                    users.orElse(10),
                    List.of(),
                    witness ? 1 : 0);
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), e.getMessage(), e);
        }
    }

    /// An existing cluster keeps its layout: options that say otherwise are an error, not a silent nothing.
    private ClusterFolder unchanged(ClusterFolder folder) {
        SampleCluster is = folder.sample();
        int witnesses =
                (int) is.nodeNames().stream().filter(SampleCluster::witness).count();
        refuse("--nodes", nodes, is.nodeNames().size() - witnesses);
        if (witness) {
            refuse("--witness", Optional.of(1), witnesses);
        }
        refuse("--virtual-servers", virtualServers, is.virtualServers());
        refuse("--front-ends", frontEnds, is.frontEnds());
        refuse("--users", users, is.users());
        refuse("--base-port", basePort, is.basePort());
        return folder;
    }

    private void refuse(String option, Optional<Integer> asked, int is) {
        if (asked.isPresent() && asked.get() != is) {
            throw new ParameterException(
                    spec.commandLine(),
                    "the cluster in " + dir.path() + " was made with " + option + " " + is
                            + ": leave the option out, choose another --dir, or delete the cluster by --fresh");
        }
    }

    private static void stop(ClusterFolder folder) {
        try {
            Processes.stop(folder.living());
        } catch (IOException e) {
            System.err.println("posthouse: " + e.getMessage());
        }
    }
}
