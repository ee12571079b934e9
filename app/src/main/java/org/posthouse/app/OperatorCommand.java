package org.posthouse.app;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.Console;
import java.io.IOException;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.Optional;
import org.posthouse.cluster.Command;
import org.posthouse.wire.JoinToken;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/// A command of the command line that consists of subcommands, most of which ask the running cluster to do something
/// and print its answer.
abstract class OperatorCommand implements Runnable {
    private static final ObjectMapper JSON =
            JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

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

    /// Whoever can be asked something; empty where input or output is no terminal.
    static Optional<Console> terminal() {
        // Without it where the JDK's module for it is missing.
        return Optional.ofNullable(System.console()).filter(Console::isTerminal);
    }

    /// Prints a table or a sentence.
    final int say(Object text) {
        PrintWriter out = commandLine().getOut();
        String printed = text.toString();
        out.print(printed.endsWith("\n") ? printed : printed + "\n");
        out.flush();
        return CommandLine.ExitCode.OK;
    }

    /// A token that somebody typed or pasted.
    ///
    /// @param kind what it must be good for: `node:` or `front-end:`
    ///
    /// @throws IOException if it is none, or for something else
    final JoinToken token(String given, String kind) throws IOException {
        JoinToken token;
        try {
            token = JoinToken.parse(given);
        } catch (IllegalArgumentException e) {
            throw new IOException(e.getMessage(), e);
        }
        if (!token.peer().startsWith(kind)) {
            throw new IOException("this token lets " + token.peer() + " join, which is something else");
        }
        return token;
    }

    /// Prints a value as JSON.
    final int sayJson(Object value) throws IOException {
        return say(JSON.writeValueAsString(value));
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
