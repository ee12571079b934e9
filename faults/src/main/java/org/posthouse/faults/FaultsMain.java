package org.posthouse.faults;

/// Starts a campaign; `./posthouse faults` runs it.
public final class FaultsMain {
    private FaultsMain() {}

    /// @param arguments as `./posthouse faults --help` tells
    public static void main(String... arguments) {
        System.exit(FaultsCommand.commandLine().execute(arguments));
    }
}
