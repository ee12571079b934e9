package org.posthouse.faults;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// A mail client that others wrote, driven by a script on an account of its own.
interface MailClient {
    /// What `--clients` calls it.
    String name();

    /// The programs that it takes, each with the Debian package that brings it.
    Map<String, String> programs();

    /// Has the client do its work, and checks on the server and in the client's own files what came of it.
    ///
    /// @throws IOException if it could not go on
    void use(ClientDesk desk) throws IOException;

    /// All there are, the quick ones first.
    static List<MailClient> all() {
        return List.of(
                new PythonImaplib(),
                new ImapFilter(),
                new Mutt(),
                new Fetchmail(),
                new Mbsync(),
                new OfflineImap(),
                new Thunderbird());
    }

    /// Why this client cannot be used here; empty if it can.
    default Optional<String> missing() {
        return programs().entrySet().stream()
                .filter(program -> !onPath(program.getKey()))
                .map(program -> "no " + program.getKey() + " (Debian: " + program.getValue() + ")")
                .findFirst();
    }

    private static boolean onPath(String program) {
        return Arrays.stream(System.getenv("PATH").split(":"))
                .anyMatch(folder -> Files.isExecutable(Path.of(folder, program)));
    }
}
