package org.posthouse.faults;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.posthouse.testkit.ImapClient;
import org.posthouse.testkit.MarkedMessage;
import org.posthouse.testkit.Processes;
import org.posthouse.testkit.RunningCluster;

/// Where one client works: a home folder of its own, an account, and the eyes of the campaign, which sees the account
/// by a connection of its own.
///
/// @param home the client's home folder
/// @param door a front end's IMAP, with STARTTLS
/// @param user who has the password of every user
/// @param authority file with the certificate that vouches for the front end's
/// @param messages how many the mailbox is to have
/// @param pictures folder for pictures of clients that show something
record ClientDesk(
        Path home, InetSocketAddress door, String user, Path authority, int messages, Path pictures, Report report) {
    private static final Duration ANSWER_LIMIT = Duration.ofMinutes(2);
    private static final int AT_ONCE = 100;
    private static final int MESSAGE_BYTES = 700;
    private static final Pattern FLAGS = Pattern.compile("FLAGS \\(([^)]*)\\)");

    /// A message as a mailbox has it.
    ///
    /// @param flags in lower case, sorted, without `\recent`
    /// @param intact whether its body is what was sent
    record Seen(String flags, boolean intact) {
        static Seen of(List<String> flags, boolean intact) {
            TreeSet<String> sorted = new TreeSet<>();
            flags.forEach(flag -> sorted.add(flag.toLowerCase(Locale.ROOT)));
            sorted.removeAll(List.of("", "\\recent"));
            return new Seen(String.join(" ", sorted), intact);
        }
    }

    String password() {
        return RunningCluster.PASSWORD;
    }

    String port() {
        return Integer.toString(door.getPort());
    }

    /// What a message is called, in its subject and in its mark.
    static String id(int number) {
        return "message-" + number;
    }

    /// The message of this number.
    byte[] message(int number) {
        return MarkedMessage.of(id(number), user, MESSAGE_BYTES);
    }

    /// Another connection to the account.
    ImapClient connect() throws IOException {
        return ImapClient.login(door, user, password(), ANSWER_LIMIT);
    }

    /// Appends the messages of these numbers, many in one command (RFC 3502).
    ///
    /// @param until the first that is not appended
    void fill(String mailbox, int from, int until) throws IOException {
        try (ImapClient client = connect()) {
            for (int at = from; at < until; at += AT_ONCE) {
                ByteArrayOutputStream command = new ByteArrayOutputStream();
                command.writeBytes(("fill APPEND " + mailbox).getBytes(StandardCharsets.US_ASCII));
                for (int number = at; number < Math.min(until, at + AT_ONCE); number++) {
                    byte[] message = message(number);
                    command.writeBytes((" {" + message.length + "+}\r\n").getBytes(StandardCharsets.US_ASCII));
                    command.writeBytes(message);
                }
                command.writeBytes(new byte[] {'\r', '\n'});
                client.raw(command.toByteArray());
                String answer = client.rawLine();
                if (!answer.startsWith("fill OK")) {
                    throw new IOException("APPEND of messages from " + at + ": " + answer);
                }
            }
            client.logout();
        }
    }

    /// What a mailbox holds, by the messages' ids.
    SortedMap<String, Seen> read(String mailbox) throws IOException {
        SortedMap<String, Seen> found = new TreeMap<>();
        try (ImapClient client = connect()) {
            if (client.select(mailbox).exists() > 0) {
                client.fetch(false, "1:*", "(FLAGS BODY.PEEK[])", answer -> {
                    Matcher flags = FLAGS.matcher(answer.text());
                    var read = MarkedMessage.read(answer.literals().getFirst());
                    String id = read.map(MarkedMessage.Read::id).orElse("unmarked " + answer.number());
                    Seen seen = Seen.of(
                            flags.find() ? List.of(flags.group(1).split(" ")) : List.of(),
                            read.map(MarkedMessage.Read::intact).orElse(false));
                    if (found.put(id, seen) != null) {
                        found.put(id + ", a second time", seen);
                    }
                });
            }
            client.logout();
        }
        return found;
    }

    /// Ids of the messages whose flags are these, as [Seen] has them.
    static List<String> flagged(Map<String, Seen> mailbox, String flags) {
        return mailbox.entrySet().stream()
                .filter(entry -> entry.getValue().flags().equals(flags))
                .map(Map.Entry::getKey)
                .toList();
    }

    /// Expects two lists to be the same; says where they differ.
    void expectSame(Object found, Object wanted, String what) {
        report.expect(found.equals(wanted), "%s%s", what, found.equals(wanted) ? "" : ": " + found + ", not " + wanted);
    }

    /// Expects two mailboxes to hold the same messages, whole and with the same flags; names some that differ.
    void expectAgreement(SortedMap<String, Seen> here, SortedMap<String, Seen> there, String what) {
        List<String> differences = new ArrayList<>();
        TreeSet<String> ids = new TreeSet<>(here.keySet());
        ids.addAll(there.keySet());
        for (String id : ids) {
            Seen one = here.get(id);
            if (one == null || !one.intact() || !one.equals(there.get(id))) {
                differences.add(id + ": " + one + ", on the server " + there.get(id));
            }
        }
        report.expect(
                differences.isEmpty(),
                "%s: %s",
                what,
                differences.isEmpty()
                        ? here.size() + " messages, their bodies and flags"
                        : differences.size() + " differ, such as "
                                + differences.subList(0, Math.min(5, differences.size())));
    }

    /// Writes a file below the client's home, for nobody else to read.
    Path write(String name, String text) throws IOException {
        Path file = Files.writeString(home.resolve(name), text);
        return Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwx------"));
    }

    /// A script that is part of this program, as a file below the client's home.
    Path script(String name) throws IOException {
        try (var stream = ClientDesk.class.getResourceAsStream("/clients/" + name)) {
            if (stream == null) {
                throw new IOException("this program lacks its script " + name);
            }
            return write(name, new String(stream.readAllBytes(), StandardCharsets.UTF_8));
        }
    }

    /// Starts a program in the client's home; what it says goes to a file there.
    Process start(Path output, String... command) throws IOException {
        ProcessBuilder builder = new ProcessBuilder(command)
                .directory(home.toFile())
                .redirectInput(Path.of("/dev/null").toFile())
                .redirectErrorStream(true)
                .redirectOutput(output.toFile());
        builder.environment().keySet().removeIf(name -> name.startsWith("XDG_") || name.startsWith("DBUS_"));
        builder.environment().putAll(Map.of("HOME", home.toString(), "TERM", "xterm", "LANG", "C.UTF-8"));
        return builder.start();
    }

    /// Runs a program to its end; what it said.
    ///
    /// @throws IOException if it did not end in time, or with another code than 0
    String run(Duration limit, String... command) throws IOException {
        return run(limit, 0, command);
    }

    /// The same for a program that is expected to end with this code.
    String run(Duration limit, int expected, String... command) throws IOException {
        Path output = Files.createTempFile(home, Path.of(command[0]).getFileName() + "-", ".out");
        Process process = start(output, command);
        String line = String.join(" ", Arrays.asList(command).subList(0, Math.min(4, command.length)));
        if (!Processes.ended(process, limit)) {
            end(process);
            throw new IOException(line + " did not end within " + limit.toSeconds() + " s: " + last(output));
        }
        if (process.exitValue() != expected) {
            throw new IOException(line + " ended with code " + process.exitValue() + ": " + last(output));
        }
        return Files.readString(output, StandardCharsets.ISO_8859_1);
    }

    /// Ends a program and what it started.
    static void end(Process process) {
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly();
    }

    /// What happens in a client may be waited for.
    interface Condition {
        /// Whether it has happened.
        boolean met() throws IOException;
    }

    /// Waits for something that a running client does.
    void await(String what, Duration limit, Condition condition) throws IOException {
        long end = System.nanoTime() + limit.toNanos();
        while (!condition.met()) {
            if (System.nanoTime() - end > 0) {
                throw new IOException("waited " + limit.toSeconds() + " s in vain until " + what);
            }
            Campaign.letPass(Duration.ofMillis(200));
        }
    }

    private static String last(Path output) throws IOException {
        String text = Files.readString(output, StandardCharsets.ISO_8859_1).strip();
        return text.substring(Math.max(0, text.length() - 1_000));
    }
}
