package org.posthouse.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// A small, fast client of IMAP4rev1 (RFC 3501): blocking, one command at a time, answers handed over as they
/// arrive, with one deadline for each command. Not thread-safe.
///
/// NO, BAD and BYE are a [RefusedException]. Every other [IOException] means that no answer came: the command may
/// have taken effect or not.
public final class ImapClient implements AutoCloseable {
    private static final Pattern CODE_NUMBER = Pattern.compile("\\[(UIDVALIDITY|UIDNEXT) (\\d+)]");
    private static final Pattern APPEND_UID = Pattern.compile("\\[APPENDUID \\d+ (\\d+)]");
    private static final Pattern CAPABILITY = Pattern.compile("CAPABILITY ([^]]*)");

    /// An answer of the server without its `* `, its `+ ` or its tag.
    ///
    /// @param text the line; where a literal stood, its `{length}` stays
    /// @param literals the literals, in order
    public record Response(String text, List<byte[]> literals) {
        /// The number that opens the answer, as in `17 EXISTS` or `3 FETCH ...`; -1 if none does.
        public long number() {
            int digits = 0;
            while (digits < text.length() && Character.isDigit(text.charAt(digits))) {
                digits++;
            }
            return digits == 0 ? -1 : Long.parseLong(text, 0, digits, 10);
        }

        /// The word behind the opening number, or the first word: `EXISTS`, `FETCH`, `SEARCH`.
        public String name() {
            String rest = number() < 0 ? text : text.substring(text.indexOf(' ') + 1);
            int space = rest.indexOf(' ');
            return (space < 0 ? rest : rest.substring(0, space)).toUpperCase(Locale.ROOT);
        }

        /// The number behind a word such as `UID` in a FETCH or STATUS answer.
        public OptionalLong item(String word) {
            int at = text.indexOf(word + " ");
            if (at < 0) {
                return OptionalLong.empty();
            }
            int from = at + word.length() + 1;
            int to = from;
            while (to < text.length() && Character.isDigit(text.charAt(to))) {
                to++;
            }
            return to == from ? OptionalLong.empty() : OptionalLong.of(Long.parseLong(text, from, to, 10));
        }
    }

    /// What SELECT said.
    public record Selected(long exists, long uidValidity, long uidNext) {}

    private final ClientSocket socket;
    private String greeting = "";
    private Set<String> capabilities = Set.of();
    private int lastTag;

    private ImapClient(ClientSocket socket) {
        this.socket = socket;
    }

    /// Connects and reads the greeting.
    ///
    /// @param limit how long each command may take from now on
    public static ImapClient connect(InetSocketAddress address, Duration limit) throws IOException {
        ImapClient client = new ImapClient(ClientSocket.connect(address, limit));
        try {
            client.socket.begin("the greeting");
            client.greeting = client.socket.readLine();
            if (!client.greeting.startsWith("* OK") && !client.greeting.startsWith("* PREAUTH")) {
                throw client.refused("the connection", client.greeting);
            }
            return client;
        } catch (IOException e) {
            client.close();
            throw e;
        }
    }

    /// Connects and logs in, in TLS where the server takes no password without.
    public static ImapClient login(InetSocketAddress address, String user, String password, Duration limit)
            throws IOException {
        ImapClient client = connect(address, limit);
        try {
            if (client.greeting.contains("LOGINDISABLED")) {
                client.startTls();
            }
            client.login(user, password);
            return client;
        } catch (IOException e) {
            client.close();
            throw e;
        }
    }

    /// The greeting line as it came.
    public String greeting() {
        return greeting;
    }

    /// How long each command may take from now on.
    public void limit(Duration each) {
        socket.limit(each);
    }

    /// LOGIN, and CAPABILITY where the answer does not tell it.
    public void login(String user, String password) throws IOException {
        String[] told = new String[1];
        String completion = run(
                "LOGIN for " + user,
                "LOGIN " + quoted(user) + " " + quoted(password),
                response -> told[0] = capability(response.text(), told[0]));
        told[0] = capability(completion, told[0]);
        if (told[0] == null) {
            var _ = run("CAPABILITY", "CAPABILITY", response -> told[0] = capability(response.text(), told[0]));
        }
        capabilities = told[0] == null
                ? Set.of()
                : Set.of(told[0].toUpperCase(Locale.ROOT).trim().split(" +"));
    }

    private static String capability(String text, String before) {
        Matcher matcher = CAPABILITY.matcher(text);
        return matcher.find() ? matcher.group(1) : before;
    }

    /// Whether the server named this capability, in letters of any case, after the login.
    public boolean offers(String capability) {
        return capabilities.contains(capability.toUpperCase(Locale.ROOT));
    }

    /// Goes on in TLS, trusting any certificate.
    public void startTls() throws IOException {
        command("STARTTLS");
        socket.startTls();
    }

    /// SELECT.
    public Selected select(String mailbox) throws IOException {
        long[] seen = {0, 0, 0};
        var _ = run("SELECT " + mailbox, "SELECT " + quoted(mailbox), response -> {
            if (response.name().equals("EXISTS")) {
                seen[0] = response.number();
            }
            Matcher code = CODE_NUMBER.matcher(response.text());
            if (code.find()) {
                seen[code.group(1).equals("UIDVALIDITY") ? 1 : 2] = Long.parseLong(code.group(2));
            }
        });
        return new Selected(seen[0], seen[1], seen[2]);
    }

    /// How many messages a mailbox holds, by STATUS.
    public long messages(String mailbox) throws IOException {
        List<Response> answers = command("STATUS " + quoted(mailbox) + " (MESSAGES)");
        for (Response answer : answers) {
            if (answer.name().equals("STATUS")) {
                return answer.item("MESSAGES").orElseThrow(() -> new IOException("no count in " + answer.text()));
            }
        }
        throw new IOException(socket.server() + " did not answer STATUS " + mailbox);
    }

    /// APPEND, without waiting for `+` where the server offers LITERAL+ (RFC 7888).
    ///
    /// @param flags as in `(\Seen)`, or empty
    /// @return the new UID, where the server tells it (RFC 4315)
    public OptionalLong append(String mailbox, String flags, byte[] message) throws IOException {
        boolean waits = !offers("LITERAL+");
        String tag = begin("APPEND to " + mailbox);
        socket.write(tag + " APPEND " + quoted(mailbox) + (flags.isEmpty() ? " {" : " " + flags + " {") + message.length
                + (waits ? "}\r\n" : "+}\r\n"));
        if (waits) {
            awaitContinuation("APPEND to " + mailbox, tag);
        }
        socket.write(message);
        socket.write("\r\n");
        Matcher uid = APPEND_UID.matcher(complete("APPEND to " + mailbox, tag, _ -> {}));
        return uid.find() ? OptionalLong.of(Long.parseLong(uid.group(1))) : OptionalLong.empty();
    }

    /// FETCH or UID FETCH; each FETCH answer is handed over as it arrives.
    ///
    /// @param set sequence numbers, or with `byUid` UIDs, as in `1:*`
    /// @param items as in `(UID FLAGS)`
    public void fetch(boolean byUid, String set, String items, Consumer<Response> each) throws IOException {
        String command = (byUid ? "UID FETCH " : "FETCH ") + set + " " + items;
        var _ = run(command, command, response -> {
            if (response.name().equals("FETCH")) {
                each.accept(response);
            }
        });
    }

    /// SEARCH or UID SEARCH.
    public List<Long> search(boolean byUid, String criteria) throws IOException {
        List<Long> found = new ArrayList<>();
        for (Response answer : command((byUid ? "UID SEARCH " : "SEARCH ") + criteria)) {
            if (answer.name().equals("SEARCH")) {
                for (String number :
                        answer.text().substring("SEARCH".length()).trim().split(" +")) {
                    if (!number.isEmpty()) {
                        found.add(Long.valueOf(number));
                    }
                }
            }
        }
        return found;
    }

    /// STORE or UID STORE, as in `store(true, "1:5", "+FLAGS (\\Seen)")`.
    public List<Response> store(boolean byUid, String set, String change) throws IOException {
        return command((byUid ? "UID STORE " : "STORE ") + set + " " + change);
    }

    /// Enters IDLE (RFC 2177).
    ///
    /// @return the tag, for [#idleDone]
    public String idle() throws IOException {
        String tag = begin("IDLE");
        socket.write(tag + " IDLE\r\n");
        awaitContinuation("IDLE", tag);
        return tag;
    }

    /// The next answer while idling; empty if none comes in time. After a wait that ended inside a line the
    /// connection is of no use any more.
    public Optional<Response> idleNext(Duration wait) throws IOException {
        socket.begin("IDLE", wait);
        try {
            String line = socket.readLine();
            if (line.startsWith("* BYE")) {
                throw refused("IDLE", line);
            }
            return Optional.of(response(line, 2));
        } catch (SocketTimeoutException _) {
            return Optional.empty();
        }
    }

    /// Leaves IDLE.
    public void idleDone(String tag) throws IOException {
        socket.begin("DONE");
        socket.write("DONE\r\n");
        var _ = complete("IDLE", tag, _ -> {});
    }

    /// Runs a command given without its tag; its untagged answers.
    public List<Response> command(String line) throws IOException {
        List<Response> answers = new ArrayList<>();
        var _ = run(line.length() <= 80 ? line : line.substring(0, 80) + "...", line, answers::add);
        return answers;
    }

    /// Sends bytes as they are, and waits for nothing.
    public void raw(byte[] bytes) throws IOException {
        socket.begin("sending " + bytes.length + " bytes");
        socket.write(bytes);
        socket.flush();
    }

    /// Reads a line as it is.
    public String rawLine() throws IOException {
        return socket.readLine();
    }

    private String begin(String what) {
        socket.begin(what);
        lastTag++;
        return "a" + lastTag;
    }

    private String run(String what, String line, Consumer<Response> each) throws IOException {
        String tag = begin(what);
        socket.write(tag + " " + line + "\r\n");
        return complete(what, tag, each);
    }

    /// Reads answers up to the tagged one, and gives that without its tag.
    private String complete(String what, String tag, Consumer<Response> each) throws IOException {
        IOException failure = null;
        while (true) {
            String line = socket.readLine();
            if (line.startsWith("* ")) {
                // RFC 3501 section 7.1.3: an untagged BAD is for a command whose tag the server could not make out.
                if (line.startsWith("* BAD") || (line.startsWith("* BYE") && !what.equals("LOGOUT"))) {
                    throw refused(what, line);
                }
                Response response = response(line, 2);
                try {
                    each.accept(response);
                } catch (UncheckedIOException e) {
                    failure = e.getCause();
                }
            } else if (line.startsWith(tag + " ")) {
                if (failure != null) {
                    throw failure;
                }
                if (!line.startsWith("OK", tag.length() + 1)) {
                    throw refused(what, line.substring(tag.length() + 1));
                }
                return line.substring(tag.length() + 1);
            } else {
                throw new IOException(
                        socket.server() + " sent in " + what + " neither an answer nor " + tag + ": " + line);
            }
        }
    }

    private void awaitContinuation(String what, String tag) throws IOException {
        while (true) {
            String line = socket.readLine();
            if (line.startsWith("+")) {
                return;
            }
            if (line.startsWith(tag + " ")) {
                throw refused(what, line.substring(tag.length() + 1));
            }
            if (line.startsWith("* BYE")) {
                throw refused(what, line);
            }
            var _ = response(line, 2);
        }
    }

    private Response response(String line, int from) throws IOException {
        int length = literalLength(line);
        if (length < 0) {
            return new Response(line.substring(from), List.of());
        }
        StringBuilder text = new StringBuilder(line.substring(from));
        List<byte[]> literals = new ArrayList<>(1);
        while (length >= 0) {
            literals.add(socket.readFully(length));
            String rest = socket.readLine();
            text.append(rest);
            length = literalLength(rest);
        }
        return new Response(text.toString(), literals);
    }

    /// The length that `{123}` at a line's end announces, or -1.
    private static int literalLength(String line) {
        if (!line.endsWith("}")) {
            return -1;
        }
        int brace = line.lastIndexOf('{');
        if (brace < 0 || brace == line.length() - 2) {
            return -1;
        }
        for (int i = brace + 1; i < line.length() - 1; i++) {
            if (!Character.isDigit(line.charAt(i))) {
                return -1;
            }
        }
        return Integer.parseInt(line, brace + 1, line.length() - 1, 10);
    }

    private RefusedException refused(String what, String answer) {
        String upper = answer.toUpperCase(Locale.ROOT);
        boolean temporary = upper.startsWith("* BYE")
                || upper.contains("[UNAVAILABLE]")
                || upper.contains("[LIMIT]")
                || upper.contains("[INUSE]");
        return new RefusedException(socket.server(), what, answer, temporary);
    }

    private static String quoted(String text) {
        return "\"" + text.replace("\\", "\\\\").replace("\"", "\\\"") + "\"";
    }

    /// LOGOUT, then closes.
    public void logout() throws IOException {
        try (this) {
            var _ = run("LOGOUT", "LOGOUT", _ -> {});
        }
    }

    /// Closes the connection without a word.
    @Override
    public void close() {
        socket.close();
    }
}
