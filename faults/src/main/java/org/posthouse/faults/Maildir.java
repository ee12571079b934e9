package org.posthouse.faults;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.posthouse.faults.ClientDesk.Seen;
import org.posthouse.testkit.MarkedMessage;

/// A folder in which a client keeps a mailbox, one file for each message, its flags in the file's name.
final class Maildir {
    private static final Map<Character, String> FLAGS =
            Map.of('D', "\\Draft", 'F', "\\Flagged", 'R', "\\Answered", 'S', "\\Seen", 'T', "\\Deleted");
    private static final String INFO = ":2,";

    private final Path folder;

    Maildir(Path folder) {
        this.folder = folder;
    }

    /// The files, by the ids of the messages in them.
    SortedMap<String, Path> files() throws IOException {
        SortedMap<String, Path> found = new TreeMap<>();
        for (String name : List.of("cur", "new")) {
            try (DirectoryStream<Path> files = Files.newDirectoryStream(folder.resolve(name))) {
                for (Path file : files) {
                    String id = MarkedMessage.read(bytes(file))
                            .map(MarkedMessage.Read::id)
                            .orElse("unmarked " + file.getFileName());
                    if (found.put(id, file) != null) {
                        found.put(id + ", a second time", file);
                    }
                }
            }
        }
        return found;
    }

    /// What the mailbox holds, by the messages' ids.
    SortedMap<String, Seen> read() throws IOException {
        SortedMap<String, Seen> found = new TreeMap<>();
        for (var entry : files().entrySet()) {
            String name = entry.getValue().getFileName().toString();
            int info = name.lastIndexOf(INFO);
            List<String> flags = new ArrayList<>();
            for (char flag : (info < 0 ? "" : name.substring(info + INFO.length())).toCharArray()) {
                flags.add(FLAGS.getOrDefault(flag, String.valueOf(flag)));
            }
            boolean intact = MarkedMessage.read(bytes(entry.getValue()))
                    .map(MarkedMessage.Read::intact)
                    .orElse(false);
            found.put(entry.getKey(), Seen.of(flags, intact));
        }
        return found;
    }

    /// Adds a flag, by its letter, as a reader of mail would.
    static void flag(Path file, char flag) throws IOException {
        String name = file.getFileName().toString();
        int info = name.lastIndexOf(INFO);
        String letters = info < 0 ? "" : name.substring(info + INFO.length());
        StringBuilder sorted = new StringBuilder();
        (letters + flag).chars().distinct().sorted().forEach(letter -> sorted.append((char) letter));
        Path cur = file.getParent().resolveSibling("cur");
        Files.move(file, cur.resolve((info < 0 ? name : name.substring(0, info)) + INFO + sorted));
    }

    /// Puts a new message in.
    void add(int number, byte[] message) throws IOException {
        String text = new String(message, StandardCharsets.ISO_8859_1).replace("\r\n", "\n");
        Files.writeString(
                folder.resolve("new").resolve("17672616" + (10 + number) + ".M" + number + "P1.desk"),
                text,
                StandardCharsets.ISO_8859_1);
    }

    /// Clients keep lines that end as this system's do.
    private static byte[] bytes(Path file) throws IOException {
        return crlf(Files.readString(file, StandardCharsets.ISO_8859_1));
    }

    /// The bytes of a message whose lines may have lost their carriage returns.
    static byte[] crlf(String text) {
        return text.replace("\r\n", "\n").replace("\n", "\r\n").getBytes(StandardCharsets.ISO_8859_1);
    }
}
