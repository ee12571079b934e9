package org.posthouse.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.posthouse.testkit.Dovecot;
import org.posthouse.testkit.SmtpClient.Protocol;

class ImapLoadsTest {
    @Test
    void lettersAreAlikeButForTheirIds() {
        Letters one = new Letters(5_000);
        Letters other = new Letters(5_000);
        String first = one.next();
        assertThat(first.length()).isBetween(4_900, 5_500);
        assertThat(other.next().lines().filter(line -> !line.contains("=_") && !line.startsWith("Message-ID")))
                .containsExactlyElementsOf(first.lines()
                        .filter(line -> !line.contains("=_") && !line.startsWith("Message-ID"))
                        .toList());
        assertThat(one.next()).isNotEqualTo(first).contains("\r\nReferences: <0.");
    }

    @Test
    void everyLineRunsOnAnyServer() throws IOException {
        Optional<String> missing = Dovecot.missing();
        assumeTrue(missing.isEmpty(), () -> "skipped: " + missing.get());
        StringWriter printed = new StringWriter();
        List<Workload> lines =
                new ArrayList<>(new ImapLoads(1_000, new Letters(2_000), Duration.ZERO, _ -> {}, _ -> {}).all());
        lines.removeIf(line -> line.name().contains("5 MB"));
        lines.addAll(new ImapScale(20, new Letters(500), Duration.ZERO).all());
        try (Dovecot dovecot = Dovecot.start(Path.of("/tmp"))) {
            Target target = new Target(
                    "dovecot",
                    Protocol.LMTP,
                    List.of(),
                    List.of(dovecot.imap()),
                    Target.users("user%d@example.org", 2),
                    Dovecot.PASSWORD);
            new Match(List.of(target), Duration.ofMillis(200), 1, new PrintWriter(printed)).run(lines);
            assertThat(dovecot.processes()).hasSizeGreaterThan(1);
        }
        for (Workload line : lines) {
            assertThat(printed.toString()).containsPattern("(?m)^  " + line.name() + " +" + line.connections() + " ");
        }
    }
}
