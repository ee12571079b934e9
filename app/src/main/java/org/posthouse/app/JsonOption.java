package org.posthouse.app;

import picocli.CommandLine.Option;

/// `--json`, for commands that show something.
final class JsonOption {
    @Option(names = "--json", description = "Print JSON, for programs.")
    private boolean json;

    boolean wanted() {
        return json;
    }
}
