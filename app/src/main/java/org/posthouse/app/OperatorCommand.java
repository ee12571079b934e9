package org.posthouse.app;

import java.io.IOException;
import java.io.PrintWriter;
import java.time.Duration;
import org.posthouse.cluster.Command;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/// A command of the command line that consists of subcommands, most of which ask the running cluster to do something
/// and print its answer.
abstract class OperatorCommand implements Runnable {
    @Spec
    private CommandSpec spec;

    /// Without a subcommand: says which there are.
    @Override
    public final void run() {
        String known = String.join(
                ", ",
                spec.subcommands().entrySet().stream()
                        .filter(one ->
                                !one.getValue().getCommandSpec().usageMessage().hidden())
                        .map(one -> one.getKey())
                        .toList());
        throw wrong("say which: " + known);
    }

    /// What the user gave makes no sense; the message says why.
    final ParameterException wrong(String message) {
        return new ParameterException(commandLine(), message);
    }

    /// Has the cluster carry a command out, and prints its answer.
    final int submit(DirOption dir, Command command) throws IOException {
        try (ClusterControl control = ClusterControl.open(dir.open())) {
            return say(control.submit(command).message() + ".");
        }
    }

    /// The same, and waits until the status is as wanted.
    ///
    /// @param what for the error, if it is not in time
    final int submit(DirOption dir, Command command, Duration atMost, String what, ClusterControl.Condition wanted)
            throws IOException {
        try (ClusterControl control = ClusterControl.open(dir.open())) {
            String said = control.submit(command).message();
            control.await(atMost, what, wanted);
            return say(said + ".");
        }
    }

    /// Prints a table or a sentence.
    final int say(Object text) {
        PrintWriter out = commandLine().getOut();
        String printed = text.toString();
        out.print(printed.endsWith("\n") ? printed : printed + "\n");
        out.flush();
        return CommandLine.ExitCode.OK;
    }

    private CommandLine commandLine() {
        return spec.commandLine();
    }

    /// `PROPERTY=VALUE` in its parts.
    record Setting(String property, String value) {}

    final Setting setting(String given) {
        int equals = given.indexOf('=');
        if (equals < 1) {
            throw wrong("'" + given + "' is not PROPERTY=VALUE");
        }
        return new Setting(given.substring(0, equals), given.substring(equals + 1));
    }
}
