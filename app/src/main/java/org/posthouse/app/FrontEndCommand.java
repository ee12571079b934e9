package org.posthouse.app;

import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.posthouse.frontend.FrontEndSettings.Port;
import org.posthouse.wire.Join;
import org.posthouse.wire.JoinToken;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// `posthouse front-end admit|join|run`: front ends on machines of their own. Those of a sample cluster are started by
/// `up`.
@Command(
        name = "front-end",
        mixinStandardHelpOptions = true,
        description = "Admit, join and run front ends, which mail clients and other mail servers connect to.")
final class FrontEndCommand extends OperatorCommand {

    @Command(
            name = "admit",
            mixinStandardHelpOptions = true,
            description = "Let a front end join: print a token for 'front-end join' on its machine, and wait until it"
                    + " was used.")
    int admit(@Mixin DirOption dir, @Mixin Admitting admitting, @Parameters(paramLabel = "NAME") String name)
            throws IOException {
        admitting.frontEnd(dir.machine(), name, this::say);
        return CommandLine.ExitCode.OK;
    }

    @Command(
            name = "join",
            mixinStandardHelpOptions = true,
            description = "Make this machine a front end of the cluster that gave the token. Nothing is started.")
    int join(
            @Mixin DirOption dir,
            @Parameters(paramLabel = "TOKEN", description = "As 'front-end admit' printed it.") String token,
            @Option(
                            names = "--host-name",
                            paramLabel = "NAME",
                            required = true,
                            description = "As clients know it, e.g. mail.example.org: in greetings, and in its"
                                    + " certificate unless you put another one in its place.")
                    String hostName,
            @Option(
                            names = "--address",
                            paramLabel = "HOST",
                            defaultValue = "0.0.0.0",
                            description = "On which to listen (${DEFAULT-VALUE}).")
                    String address,
            @Option(names = "--smtp-port", paramLabel = "PORT", defaultValue = "25", description = "0 for none (25).")
                    int smtp,
            @Option(
                            names = "--submission-port",
                            paramLabel = "PORT",
                            defaultValue = "587",
                            description = "0 for none (587).")
                    int submission,
            @Option(names = "--imap-port", paramLabel = "PORT", defaultValue = "143", description = "0 for none (143).")
                    int imap,
            @Option(
                            names = "--imaps-port",
                            paramLabel = "PORT",
                            defaultValue = "993",
                            description = "0 for none (993).")
                    int imaps)
            throws IOException {
        Machine machine = new Machine(dir.path());
        JoinToken parsed = token(token, "front-end:");
        if (machine.frontEndFile().isPresent()) {
            throw new IOException(machine.frontEndFolder() + " holds a front end already: run that one, or move the"
                    + " folder and front-end.json away");
        }
        SortedMap<String, Integer> ports = new TreeMap<>();
        ports.put(Port.SMTP.word(), smtp);
        ports.put(Port.SUBMISSION.word(), submission);
        ports.put(Port.IMAP.word(), imap);
        ports.put(Port.IMAPS.word(), imaps);
        Admitting.Welcome welcome = Admitting.read(
                Join.with(
                        parsed,
                        List.of(hostName),
                        new byte[0],
                        machine.frontEndFolder().resolve("tls")),
                Admitting.Welcome.class);
        String name = parsed.peer().substring("front-end:".length());
        machine.write(new Machine.FrontEndFile(
                welcome.cluster(), name, address, ports, hostName, welcome.domain(), welcome.nodes()));
        return say("This machine is front end " + name + " of " + welcome.clusterName()
                + ". Run it:\n  posthouse front-end run --dir " + machine.dir());
    }

    @Command(
            name = "run",
            mixinStandardHelpOptions = true,
            description = "Be the front end of this machine, until the process is told to end.")
    int run(
            @Mixin DirOption dir,
            @Parameters(paramLabel = "NAME", arity = "0..1", description = "Which, of a sample cluster.")
                    Optional<String> name)
            throws Exception {
        FrontEndProcess.run(
                switch (dir.open()) {
                    case Machine machine -> machine.frontEnd();
                    case ClusterFolder sample ->
                        sample.frontEnd(name.orElseThrow(() -> wrong("say which front end of the sample cluster")));
                });
        return CommandLine.ExitCode.OK;
    }
}
