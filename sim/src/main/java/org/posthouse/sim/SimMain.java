package org.posthouse.sim;

import picocli.CommandLine;

/// Starts a simulation; `./posthouse sim` runs it.
public final class SimMain {
    private SimMain() {}

    /// @param arguments as `./posthouse sim --help` tells
    public static void main(String... arguments) {
        System.exit(new CommandLine(new SimCommand()).execute(arguments));
    }
}
