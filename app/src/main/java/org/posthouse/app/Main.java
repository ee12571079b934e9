package org.posthouse.app;

import picocli.AutoComplete.GenerateCompletion;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.HelpCommand;
import picocli.CommandLine.IExecutionExceptionHandler;

/// The command line: `posthouse COMMAND`. Exit status 0 for done, 1 for failed (the reason on standard error),
/// 2 for wrong arguments.
@Command(
        name = "posthouse",
        description = "A highly available mail cluster: mail servers that move to another machine when theirs dies.",
        mixinStandardHelpOptions = true,
        version = "posthouse 0.1.0",
        synopsisSubcommandLabel = "COMMAND",
        footerHeading = "%nMore commands, with --help of their own:%n",
        footer = {
            "  demo    the story: mail flows, a machine dies, nothing is lost",
            "  bench   measure a cluster, side by side with another server",
            "  faults  long fault campaigns"
        },
        subcommands = {
            ClusterCommand.class,
            UpCommand.class,
            DownCommand.class,
            StatusCommand.class,
            EventsCommand.class,
            MoveCommand.class,
            GroupCommand.class,
            ResourceCommand.class,
            ResourceTypeCommand.class,
            UserCommand.class,
            NodeCommand.class,
            ServerCommand.class,
            FrontEndCommand.class,
            RehearseCommand.class,
            GenerateCompletion.class,
            HelpCommand.class
        })
public final class Main implements Runnable {

    /// Runs one command and ends the process with its status.
    public static void main(String[] arguments) {
        // Without a command there is nothing to do but to say which there are.
        System.exit(commandLine().execute(arguments.length == 0 ? new String[] {"--help"} : arguments));
    }

    /// The commands, for tests too.
    static CommandLine commandLine() {
        IExecutionExceptionHandler oneLine = (failure, command, _) -> {
            command.getErr().println(command.getColorScheme().errorText("posthouse: " + reason(failure)));
            if (System.getenv("POSTHOUSE_STACKTRACE") != null) {
                command.getErr().println(stackTrace(failure));
            }
            return command.getCommandSpec().exitCodeOnExecutionException();
        };
        return new CommandLine(new Main()).setExecutionExceptionHandler(oneLine).setUsageHelpAutoWidth(true);
    }

    @Override
    public void run() {
        commandLine().usage(System.out);
    }

    private static String reason(Throwable failure) {
        return failure.getMessage() == null ? failure.toString() : failure.getMessage();
    }

    private static String stackTrace(Throwable failure) {
        StringBuilder text = new StringBuilder();
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            text.append(cause).append(System.lineSeparator());
            for (StackTraceElement frame : cause.getStackTrace()) {
                text.append("    at ").append(frame).append(System.lineSeparator());
            }
        }
        return text.toString();
    }
}
