package org.posthouse.faults;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.posthouse.bench.Table;
import org.posthouse.testkit.SampleCluster;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// Mail clients that people use, against a front end.
@Command(
        name = "clients",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = "Mail clients that others wrote work on accounts of a sample cluster, each through a front end,"
                + " with STARTTLS and the cluster's authority as the one it trusts, in a home folder of its own. What"
                + " came of it is checked on the server and in the client's own files. One that is not installed is"
                + " skipped.")
final class Clients extends Campaign {
    @Option(
            names = "--clients",
            split = ",",
            paramLabel = "NAME",
            description =
                    "Which: imaplib, imapfilter, mutt, fetchmail, mbsync, offlineimap, thunderbird. Default: all.")
    private List<String> names = List.of();

    @Option(
            names = "--messages",
            defaultValue = "5000",
            description = "How many mbsync keeps in step; others take some of them. Default: ${DEFAULT-VALUE}.")
    private int messages;

    @Option(
            names = "--pictures",
            paramLabel = "FOLDER",
            description = "Where pictures of clients that show something are kept. Default: with the cluster.")
    private Path pictures;

    @Override
    String title() {
        return "mail clients that people use, up to " + messages + " messages";
    }

    /// Replicated, and small: what is tried is the protocol.
    @Override
    SampleCluster.Layout layout() {
        return new SampleCluster.Layout(3, 1, 1, MailClient.all().size(), Map.of());
    }

    @Override
    Duration limit() {
        return Duration.ofMinutes(60);
    }

    @Override
    Optional<String> missing() {
        List<String> known = MailClient.all().stream().map(MailClient::name).toList();
        Optional<String> unknown =
                names.stream().filter(name -> !known.contains(name)).findFirst();
        return unknown.map(name -> "there is no client " + name + " here, but " + String.join(", ", known))
                .or(super::missing)
                .or(() -> chosen().stream().allMatch(client -> client.missing().isPresent())
                        ? chosen().getFirst().missing()
                        : Optional.empty());
    }

    private List<MailClient> chosen() {
        return MailClient.all().stream()
                .filter(client -> names.isEmpty() || names.contains(client.name()))
                .toList();
    }

    @Override
    void run() throws IOException {
        SampleCluster cluster = start(layout());
        Path authority = cluster.folder().resolve("ca").resolve("ca.pem");
        InetSocketAddress door = cluster.imap(1);
        Table table = new Table("client", "verdict", "s");
        int number = 0;
        for (MailClient client : chosen()) {
            number++;
            Optional<String> missing = client.missing();
            if (missing.isPresent()) {
                report().say("%s: skipped: %s", client.name(), missing.get());
                table.row(client.name(), "skipped: " + missing.get(), "");
                continue;
            }
            Path home =
                    Files.createDirectories(cluster.folder().resolve("clients").resolve(client.name()));
            Path shown = pictures == null ? home : Files.createDirectories(pictures);
            ClientDesk desk = new ClientDesk(
                    home,
                    door,
                    "user" + number + "@example.org",
                    authority,
                    messages,
                    shown.toAbsolutePath(),
                    report());
            report().say("%s", client.name());
            int before = report().failures().size();
            long begun = System.nanoTime();
            try {
                client.use(desk);
            } catch (IOException e) {
                report().failed(client.name() + ": " + e.getMessage());
            }
            table.row(
                    client.name(),
                    report().failures().size() == before ? "as it should be" : "FAILED",
                    String.format("%.1f", (System.nanoTime() - begun) / 1e9));
        }
        report().table("Clients", table);
    }
}
