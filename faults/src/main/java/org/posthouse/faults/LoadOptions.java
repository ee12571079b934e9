package org.posthouse.faults;

import picocli.CommandLine.Option;

/// The load that goes on while things break.
final class LoadOptions {
    @Option(names = "--connections", defaultValue = "8", description = "SMTP connections. Default: ${DEFAULT-VALUE}.")
    private int connections;

    @Option(
            names = "--rate",
            defaultValue = "100",
            description = "Messages a second, all connections together. Default: ${DEFAULT-VALUE}.")
    private double perSecond;

    @Option(names = "--size", defaultValue = "10000", description = "Bytes of a message. Default: ${DEFAULT-VALUE}.")
    private int sizeBytes;

    Load.Pace pace() {
        return new Load.Pace(connections, perSecond, sizeBytes);
    }
}
