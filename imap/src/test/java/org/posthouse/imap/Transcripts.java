package org.posthouse.imap;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicContainer;
import org.junit.jupiter.api.DynamicTest;
import org.posthouse.testkit.Transcript;

/// The cases of `src/test/resources/transcripts`, all or those whose title contains `-Dtranscripts=...`.
final class Transcripts {
    static final Path FOLDER = Path.of("src/test/resources/transcripts");

    private static final String WANTED = System.getProperty("transcripts", "");

    private Transcripts() {}

    static List<Transcript> wanted() throws IOException {
        return Transcript.readAll(FOLDER).stream()
                .filter(each -> each.title().contains(WANTED))
                .toList();
    }

    /// A test for each case, by files.
    static Stream<DynamicContainer> tests(Consumer<Transcript> player) throws IOException {
        return wanted().stream()
                .collect(Collectors.groupingBy(Transcript::file, TreeMap::new, Collectors.toList()))
                .entrySet()
                .stream()
                .map(file -> DynamicContainer.dynamicContainer(
                        file.getKey(),
                        file.getValue().stream()
                                .map(each -> DynamicTest.dynamicTest(each.title(), () -> player.accept(each)))));
    }

    /// Plays a file against a server of ours that is set up for it.
    static void play(Path file, TestServer server) throws IOException {
        for (Transcript each : Transcript.read(file)) {
            each.play(server.address(), given(each, "", TestServer.PASSWORD), Transcript.PATIENCE);
        }
    }

    /// What the cases are given: three users who have nothing yet, `$user`, `$other` and `$third`; everybody's
    /// `$password`; and `$plain`, which logs `$user` in by AUTHENTICATE PLAIN.
    ///
    /// @param prefix what every user's name begins with
    static Map<String, String> given(Transcript transcript, String prefix, String password) {
        String name = prefix + transcript.player();
        String user = name + "@example.org";
        String plain = "\0" + user + "\0" + password;
        return Map.of(
                "user",
                user,
                "other",
                name + "-other@example.org",
                "third",
                name + "-third@example.org",
                "password",
                password,
                "plain",
                Base64.getEncoder().encodeToString(plain.getBytes(StandardCharsets.UTF_8)));
    }
}
