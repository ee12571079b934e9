package org.posthouse.bench;

import picocli.CommandLine;

/// Starts the benchmark command; `./posthouse bench` runs it.
public final class BenchMain {
    private BenchMain() {}

    /// @param arguments as `./posthouse bench --help` tells
    public static void main(String... arguments) {
        CommandLine command = new CommandLine(new BenchCommand())
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setExecutionExceptionHandler((failure, line, _) -> {
                    line.getErr().println("bench: " + failure.getMessage());
                    return 1;
                });
        System.exit(command.execute(arguments));
    }
}
