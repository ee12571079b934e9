package org.posthouse.faults;

import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/// The campaigns, one a subcommand.
@Command(
        name = "faults",
        mixinStandardHelpOptions = true,
        description = "Breaks sample clusters of real processes, each in a temporary folder and on free ports of its"
                + " own, and checks what the project promises. Exit codes: 0 everything held, 1 something did not,"
                + " 2 nothing could be tried.",
        subcommands = {
            KillRounds.class,
            ColdStart.class,
            Wipe.class,
            Grow.class,
            Losses.class,
            TwoAndWitness.class,
            ServiceFailures.class,
            Majority.class,
            PowerLoss.class,
            LargeMessage.class,
            BadInput.class,
            FullDisk.class,
            Idle.class,
            Starve.class,
            SharedOwner.class,
            Demo.class,
            Failover.class,
            Pacemaker.class,
            Clients.class
        })
public final class FaultsCommand implements Runnable {
    @Spec
    private CommandSpec spec;

    @Override
    public void run() {
        spec.commandLine().usage(spec.commandLine().getOut());
    }

    /// The command line as `./posthouse faults` understands it.
    public static CommandLine commandLine() {
        return new CommandLine(new FaultsCommand()).setExecutionExceptionHandler((failure, line, _) -> {
            line.getErr().println("faults: " + failure);
            return 1;
        });
    }
}
