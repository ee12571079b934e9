package org.posthouse.app;

import picocli.CommandLine.Option;

/// Where a node of a real cluster is found by the others.
final class NodeAddress {
    @Option(
            names = "--address",
            paramLabel = "HOST",
            required = true,
            description = "Address or name of this machine, as the other machines reach it; its ports are bound there.")
    private String host;

    @Option(
            names = "--replication-port",
            paramLabel = "PORT",
            defaultValue = "2800",
            description = "For replication (${DEFAULT-VALUE}).")
    private int replicationPort;

    @Option(
            names = "--link-port",
            paramLabel = "PORT",
            defaultValue = "2801",
            description = "For other nodes, front ends and commands (${DEFAULT-VALUE}).")
    private int linkPort;

    String host() {
        return host;
    }

    int replicationPort() {
        return replicationPort;
    }

    int linkPort() {
        return linkPort;
    }
}
