package org.posthouse.imap;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.posthouse.testkit.Transcript;

/// `docs/imap-and-dovecot.md` says what the marks in the transcripts say. With `-Dtranscripts.write=true` it is
/// written anew.
class DifferencesTest {
    private static final Path PAGE = Path.of(System.getProperty("posthouse.root"), "docs/imap-and-dovecot.md");

    @Test
    void thePageSaysWhatTheMarksSay() throws IOException {
        String page = page(Transcript.readAll(Transcripts.FOLDER));
        if (Boolean.getBoolean("transcripts.write")) {
            Files.writeString(PAGE, page);
        }
        assertThat(Files.readString(PAGE))
                .as("write it with -Dtest=DifferencesTest -Dtranscripts.write=true")
                .isEqualTo(page);
    }

    private static String page(List<Transcript> all) {
        List<String> lines = new ArrayList<>(List.of(
                "# IMAP here and in Dovecot",
                "",
                "The transcripts in `imap/src/test/resources/transcripts` are played here and against Dovecot 2.3.19,",
                "as Debian ships it (HACKING.md). This page lists where Dovecot does something else, and why what is",
                "done here stands. `DifferencesTest` makes it from the marks `# dovecot:` in the transcripts, and",
                "`PeerTranscriptTest` holds each mark: a case that is marked must fail there, any other must pass. A",
                "file that is one long case counts as one, and its mark names the first difference in it.",
                ""));
        lines.add("| In | Cases | What Dovecot does |");
        lines.add("|---|---|---|");
        var differing = grouped(all, "dovecot");
        differing.forEach((reason, cases) -> lines.add("| `" + cases.getFirst().file() + ".txt` | " + names(cases)
                + " | " + reason.substring(reason.indexOf(' ') + 1) + " |"));
        lines.addAll(List.of("", "## Compared only where the server can do it, or nowhere", ""));
        lines.addAll(List.of("| Cases | Because |", "|---|---|"));
        Map<String, Integer> needs = new TreeMap<>();
        for (Transcript each : all) {
            if (each.mark("needs").isPresent()) {
                needs.merge(String.join(", ", new TreeSet<>(each.needs())), 1, Integer::sum);
            }
        }
        needs.forEach((need, count) -> lines.add("| " + count + " | only where the server offers " + need + " |"));
        for (Transcript each : all) {
            each.mark("ours").ifPresent(reason -> lines.add("| `" + each.file() + ".txt` | ours: " + reason + " |"));
        }
        return String.join("\n", lines) + "\n";
    }

    /// By file and reason, in the order of the files.
    private static Map<String, List<Transcript>> grouped(List<Transcript> all, String word) {
        return all.stream()
                .filter(each -> each.mark(word).isPresent())
                .collect(Collectors.groupingBy(
                        each -> each.file() + " " + each.mark(word).get(), TreeMap::new, Collectors.toList()));
    }

    private static String names(List<Transcript> cases) {
        return cases.getFirst().number() == 0
                ? "the whole"
                : cases.stream().map(each -> each.name().replace("|", "\\|")).collect(Collectors.joining("; "));
    }
}
