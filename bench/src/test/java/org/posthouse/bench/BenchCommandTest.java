package org.posthouse.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.posthouse.testkit.Dovecot;
import picocli.CommandLine;

class BenchCommandTest {
    private final StringWriter printed = new StringWriter();

    private int bench(String... arguments) {
        return new CommandLine(new BenchCommand())
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setOut(new PrintWriter(printed))
                .setErr(new PrintWriter(printed))
                .execute(arguments);
    }

    @Test
    void addressesAreChecked() {
        assertThat(bench("--smtp", "localhost")).isEqualTo(2);
        assertThat(printed.toString()).contains("'localhost' is not HOST:PORT");
    }

    @Test
    void measuresAServerAndPrintsUnderWhatConditions() {
        Optional<String> missing = Dovecot.missing();
        assumeTrue(missing.isEmpty(), () -> "skipped: " + missing.get());
        int code = bench(
                "--clusters",
                "none",
                "--with-dovecot",
                "--rounds",
                "1",
                "--seconds",
                "1",
                "--connections",
                "2",
                "--fetched",
                "50",
                "--users",
                "2");
        System.out.println(printed);
        assertThat(code).isZero();
        assertThat(printed.toString())
                .contains("appends/s of 10 kB with fdatasync", "Dovecot")
                .containsPattern("(?m)^  delivery +2 +[\\d,]+ +msg/s")
                .containsPattern("(?m)^  append +2 +[\\d,]+ +msg/s")
                .containsPattern("(?m)^  fetch flags +1 +[\\d,]+ +msg/s")
                .containsPattern("(?m)^  fetch body\\[] +1 +[\\d,.]+ +MB/s");
    }
}
