package org.posthouse.testkit;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/// A case of a protocol test: lines sent and lines expected, over any number of connections, against any server.
///
/// ```
/// # A comment. What stands before the first case is played at the start of every case of the file.
/// A < * OK ...
/// = mail
/// Subject: a message, up to a line with a single dot
/// .
///
/// == the name of a case
/// # needs: IDLE ENABLE         capabilities without which it is not played
/// # dovecot: why this server differs; the case then has to fail there
/// A > a1 SELECT INBOX          connection A, opened at its first line, sends a line
/// A < * 3 EXISTS               and receives exactly this one
/// A < * OK [UIDNEXT $next] ... `...` stands for anything; $next is learnt here and must be the same later
/// A & * LIST () "/" a          lines marked so are received together, in any order
/// A & * LIST () "/" b
/// A ~ a1 OK ...                lines are skipped until one fits; none is behind the answer with the tag last sent
/// A ! * ... EXPUNGE            no line that the next `~` skips is like this
/// A closed                     the server closed the connection
/// A > a2 APPEND INBOX {$mail.size+}
/// A > $mail
/// ```
///
/// Each case has connections of its own, and is played for users of its own if the variables that are given say so.
/// A file without `==` is one case. `\xHH` is a byte, `\xHH*N` are as many of it. Lines end in CR LF. Flags and the
/// attributes of mailboxes, the words in `FLAGS (...)`, `PERMANENTFLAGS (...)`, `LIST (...)`, may come in any order,
/// and where a line with quoted strings is expected, literals will do.
///
/// Marks (`# word: text`) stand directly below the `==` or, for all cases, in the comment that opens the file:
/// `needs`; `ours`, which says that it is about choices of our own and is played nowhere else; and the name of a
/// server that differs, with the reason.
///
/// @param file the file's name without `.txt`
/// @param line where the case begins, counted from 1
/// @param number which of the file's cases it is, counted from 1; 0 if the file is one case
/// @param steps the lines to play, those before the first case included
/// @param marks what is said about the case, by word
public record Transcript(
        String file, int line, int number, String name, List<Line> steps, SequencedMap<String, String> marks) {
    private static final Pattern MARK = Pattern.compile("# ([a-z]+): *(.*)");
    private static final String CASE = "== ";

    /// How long a line is waited for where it has to come.
    public static final Duration PATIENCE = Duration.ofSeconds(10);

    /// A line of the file, with its number.
    record Line(int number, String text) {}

    /// The cases of all files of a folder, in the order of their names.
    public static List<Transcript> readAll(Path folder) throws IOException {
        List<Path> files;
        try (Stream<Path> all = Files.list(folder)) {
            files = all.filter(file -> file.toString().endsWith(".txt"))
                    .sorted()
                    .toList();
        }
        List<Transcript> cases = new ArrayList<>();
        for (Path file : files) {
            cases.addAll(read(file));
        }
        return cases;
    }

    /// The cases of a file.
    public static List<Transcript> read(Path path) throws IOException {
        String file = path.getFileName().toString().replace(".txt", "");
        List<String> lines = Files.readAllLines(path, StandardCharsets.UTF_8);
        List<Line> stage = new ArrayList<>();
        SequencedMap<String, String> common = new LinkedHashMap<>();
        List<Transcript> cases = new ArrayList<>();
        List<Line> steps = stage;
        Map<String, String> marks = common;
        boolean head = true;
        boolean message = false;
        for (int at = 0; at < lines.size(); at++) {
            String text = lines.get(at);
            Matcher mark = MARK.matcher(text);
            if (!message && text.startsWith(CASE)) {
                SequencedMap<String, String> own = new LinkedHashMap<>(common);
                Transcript next = new Transcript(
                        file, at + 1, cases.size() + 1, text.substring(CASE.length()), new ArrayList<>(stage), own);
                cases.add(next);
                steps = next.steps;
                marks = own;
                head = true;
            } else if (!message && text.startsWith("#")) {
                if (head && mark.matches()) {
                    marks.merge(mark.group(1), mark.group(2), (one, more) -> one + " " + more);
                }
            } else if (message || !text.isBlank()) {
                head = false;
                message = message ? !text.equals(".") : text.startsWith("= ");
                steps.add(new Line(at + 1, text));
            }
        }
        return cases.isEmpty() ? List.of(new Transcript(file, 1, 0, file, stage, common)) : cases;
    }

    /// Where it stands and what it is called.
    public String title() {
        return file + ".txt:" + line + " " + name;
    }

    /// A name of its own for whoever plays the case, such as `transcript-search-17`.
    public String player() {
        return "transcript-" + file + (number == 0 ? "" : "-" + number);
    }

    /// What is said about it with this word.
    public Optional<String> mark(String word) {
        return Optional.ofNullable(marks.get(word));
    }

    /// The capabilities that the server must have.
    public List<String> needs() {
        return mark("needs").map(words -> List.of(words.split(" "))).orElse(List.of());
    }

    /// Plays it.
    ///
    /// @param given variables and their values
    /// @param patience how long a line is waited for
    /// @throws AssertionError with what was said so far if the server says something else
    /// @throws IllegalArgumentException if a line of the file is no step
    public void play(InetSocketAddress server, Map<String, String> given, Duration patience) throws IOException {
        try (TranscriptPlay play = new TranscriptPlay(server, given, patience)) {
            play.all(file + ".txt", steps);
        }
    }
}
