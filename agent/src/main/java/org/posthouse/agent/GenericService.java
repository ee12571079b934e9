package org.posthouse.agent;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import org.posthouse.cluster.ResourceType;
import org.posthouse.cluster.ResourceTypeFacts;
import org.posthouse.cluster.ResourceTypeFacts.Property;

/// The type `generic-service`: an outside program that runs where its virtual server does. It is started in the
/// foreground as a child of a small guard (`guard.sh`), which ends it with everything that it started when this
/// node wants that, is gone, or is frozen for longer than it holds the node lease.
///
/// Needs bash. Where `setpriv` (util-linux) is missing, a program whose *guard* is killed lives on until this
/// node next starts: then it is found by its process id and start time (`/proc`), and killed.
public final class GenericService implements ResourceType<ServiceContext> {
    static final String START = "start-command";
    static final String STOP = "stop-command";
    static final String STOP_TIMEOUT = "stop-timeout";
    static final String HEALTH = "health-command";
    static final String HEALTH_DEADLINE = "health-deadline";
    static final String FOLDER = "working-directory";
    static final String ENVIRONMENT = "environment";

    private static final String GUARD = "guard.sh";
    private static final String NAME = "[A-Za-z_][A-Za-z0-9_]*";
    private static final ResourceTypeFacts FACTS = new ResourceTypeFacts(
            "generic-service",
            "An outside program, kept running where its virtual server is, on one node at a time.",
            false,
            true,
            List.of(
                    Property.required(START, "the command that runs it in the foreground (for bash -c)", ".+"),
                    Property.optional(STOP, "the command that has it end; SIGTERM if there is none", "", ".*"),
                    Property.optional(
                            STOP_TIMEOUT, "seconds, 1 to 999, after which it is killed", "10", "[1-9]\\d{0,2}"),
                    Property.optional(HEALTH, "a command that exits 0 as long as it is well", "", ".*"),
                    Property.optional(HEALTH_DEADLINE, "seconds, 1 to 9, within which that exits", "5", "[1-9]"),
                    Property.optional(FOLDER, "an absolute path to run it in", "/", "/.*"),
                    Property.optional(
                            ENVIRONMENT,
                            "variables for it, as in A=one;B=two",
                            "",
                            "(" + NAME + "=[^;]*(;" + NAME + "=[^;]*)*)?")));

    private final Path logs;
    private final Path runs;

    /// @param logs folder for what programs print
    /// @param runs folder in which is noted which of them run; the guard lies there too
    public GenericService(Path logs, Path runs) {
        this.logs = logs;
        this.runs = runs;
    }

    @Override
    public ResourceTypeFacts facts() {
        return FACTS;
    }

    @Override
    public Resource open(ServiceContext context) throws IOException {
        Files.createDirectories(logs);
        Files.createDirectories(runs);
        Path guard = guard();
        String name = context.virtualServer() + "-" + context.resource();
        Program program = new Program(
                context, guard, runs.resolve(name + ".program"), new BoundedLog(logs.resolve(name + ".log")));
        program.killLeftOver();
        return program;
    }

    /// Writes the guard down as this release has it. A guard that runs has read its own file already, or reads on
    /// in the one that it opened.
    private synchronized Path guard() throws IOException {
        Path file = runs.resolve(GUARD);
        Path next = runs.resolve(GUARD + ".new");
        try (InputStream script = GenericService.class.getResourceAsStream(GUARD)) {
            Files.copy(script, next, StandardCopyOption.REPLACE_EXISTING);
        }
        return Files.move(next, file, StandardCopyOption.ATOMIC_MOVE);
    }
}
