package org.posthouse.app;

import java.io.PrintWriter;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/// `posthouse down`: stops a sample cluster; its state stays.
@Command(
        name = "down",
        mixinStandardHelpOptions = true,
        description = "Stop a sample cluster. Its state stays; 'up' brings it back.")
final class DownCommand implements Callable<Integer> {
    @Mixin
    private DirOption dir;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        PrintWriter out = spec.commandLine().getOut();
        ClusterFolder folder = dir.sample();
        List<ProcessHandle> living = folder.living();
        Processes.stop(living);
        out.println(living.isEmpty() ? "It was not running." : "Stopped " + living.size() + " processes.");
        return 0;
    }
}
