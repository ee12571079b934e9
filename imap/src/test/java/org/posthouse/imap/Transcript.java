package org.posthouse.imap;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Runs a protocol test written as lines sent and lines expected, over any number of connections, against any
/// server.
///
/// ```
/// # A comment.
/// A > a1 SELECT INBOX          connection A sends a line
/// A < * 3 EXISTS               and receives exactly this one
/// A < * OK [UIDNEXT $next] ... `...` stands for anything; $next is learnt here and must be the same later
/// A ~ a1 OK ...                lines are skipped until one fits
/// A closed                     the server closed the connection
/// = mail                       a message, up to a line with a single dot; sent by:
/// A > a2 APPEND INBOX {$mail.size+}
/// A > $mail
/// ```
///
/// `\xHH` is a byte. Lines end in CR LF. Given from outside: `$user`, `$password`.
final class Transcript {
    private static final int WAIT_MILLIS = 10_000;
    private static final Pattern STEP = Pattern.compile("(\\w+) ([><~]) ?(.*)|(\\w+) (closed)");
    private static final Pattern VARIABLE = Pattern.compile("\\$([a-z][a-z0-9]*(?:\\.size)?)");
    private static final Pattern BYTE = Pattern.compile("\\\\x([0-9a-fA-F]{2})");

    private final List<String> lines;
    private final String name;
    private final InetSocketAddress server;
    private final Map<String, String> variables = new HashMap<>();
    private final Map<String, Peer> peers = new LinkedHashMap<>();
    private final StringBuilder said = new StringBuilder();

    private Transcript(String name, List<String> lines, InetSocketAddress server, Map<String, String> given) {
        this.name = name;
        this.lines = lines;
        this.server = server;
        variables.putAll(given);
    }

    /// Plays a file.
    ///
    /// @throws AssertionError with what was said so far if the server says something else
    static void play(Path file, InetSocketAddress server, Map<String, String> given) throws IOException {
        var transcript = new Transcript(
                file.getFileName().toString(), Files.readAllLines(file, StandardCharsets.UTF_8), server, given);
        try {
            transcript.play();
        } finally {
            for (Peer peer : transcript.peers.values()) {
                peer.socket.close();
            }
        }
    }

    private void play() throws IOException {
        for (int at = 0; at < lines.size(); at++) {
            String line = lines.get(at);
            if (line.isBlank() || line.startsWith("#")) {
                continue;
            }
            if (line.startsWith("= ")) {
                at = message(line.substring(2).strip(), at + 1);
                continue;
            }
            Matcher step = STEP.matcher(line);
            if (!step.matches()) {
                throw new IllegalArgumentException(name + ":" + (at + 1) + ": no step: " + line);
            }
            try {
                step(step);
            } catch (AssertionError | IOException e) {
                throw new AssertionError(
                        name + ":" + (at + 1) + ": " + line + "\n  " + e.getMessage() + "\n" + said, e);
            }
        }
    }

    private void step(Matcher step) throws IOException {
        if (step.group(5) != null) {
            String left = peer(step.group(4)).line();
            if (left != null) {
                throw new AssertionError("still open, and says: " + left);
            }
            return;
        }
        Peer peer = peer(step.group(1));
        String text = step.group(3);
        switch (step.group(2)) {
            case ">" -> {
                String line = replaceVariables(text);
                note(step.group(1) + " > " + line);
                peer.send(bytes(line));
            }
            case "<" -> {
                String line = next(step.group(1), peer);
                if (!fits(text, line)) {
                    throw new AssertionError("got: " + line);
                }
            }
            case "~" -> {
                String line;
                do {
                    line = next(step.group(1), peer);
                } while (!fits(text, line));
            }
            default -> throw new IllegalStateException(step.group());
        }
    }

    private String next(String who, Peer peer) throws IOException {
        String line = peer.line();
        if (line == null) {
            throw new EOFException("the server closed the connection");
        }
        note(who + " < " + line);
        return line;
    }

    private void note(String line) {
        said.append("  | ")
                .append(line.length() > 300 ? line.substring(0, 300) + "…" : line)
                .append('\n');
    }

    private int message(String variable, int from) {
        StringBuilder text = new StringBuilder();
        int at = from;
        while (!lines.get(at).equals(".")) {
            text.append(replaceVariables(lines.get(at))).append("\r\n");
            at++;
        }
        // The line end behind the last line is sent by the step that sends the message.
        variables.put(variable, text.substring(0, text.length()));
        variables.put(variable + ".size", Integer.toString(bytes(text.toString()).length));
        return at;
    }

    private boolean fits(String text, String line) {
        String pattern = new String(bytes(text), StandardCharsets.ISO_8859_1); // as lines come in
        StringBuilder regex = new StringBuilder();
        int at = 0;
        Map<String, Integer> learnt = new LinkedHashMap<>();
        Matcher parts = Pattern.compile("\\.\\.\\.|\\$[a-z][a-z0-9]*").matcher(pattern);
        while (parts.find()) {
            regex.append(Pattern.quote(pattern.substring(at, parts.start())));
            String part = parts.group();
            if (part.equals("...")) {
                regex.append(".*");
            } else if (variables.containsKey(part.substring(1))) {
                regex.append(Pattern.quote(variables.get(part.substring(1))));
            } else if (learnt.containsKey(part.substring(1))) {
                regex.append("\\").append(learnt.get(part.substring(1)));
            } else {
                learnt.put(part.substring(1), learnt.size() + 1);
                regex.append("([^ ()\\[\\]]+)");
            }
            at = parts.end();
        }
        regex.append(Pattern.quote(pattern.substring(at)));
        Matcher matcher = Pattern.compile(regex.toString(), Pattern.DOTALL).matcher(line);
        if (!matcher.matches()) {
            return false;
        }
        learnt.forEach((variable, group) -> variables.put(variable, matcher.group(group)));
        return true;
    }

    private String replaceVariables(String text) {
        return VARIABLE.matcher(text)
                .replaceAll(match -> Matcher.quoteReplacement(variables.getOrDefault(match.group(1), match.group())));
    }

    private static byte[] bytes(String text) {
        Matcher matcher = BYTE.matcher(new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1));
        return matcher.replaceAll(
                        match -> Matcher.quoteReplacement(String.valueOf((char) Integer.parseInt(match.group(1), 16))))
                .getBytes(StandardCharsets.ISO_8859_1);
    }

    private Peer peer(String who) throws IOException {
        Peer peer = peers.get(who);
        if (peer == null) {
            peer = new Peer(server);
            peers.put(who, peer);
        }
        return peer;
    }

    /// One connection.
    private static final class Peer {
        final Socket socket = new Socket();
        final InputStream in;

        Peer(InetSocketAddress server) throws IOException {
            socket.connect(server, WAIT_MILLIS);
            socket.setSoTimeout(WAIT_MILLIS);
            socket.setTcpNoDelay(true);
            in = new java.io.BufferedInputStream(socket.getInputStream());
        }

        void send(byte[] line) throws IOException {
            byte[] whole = java.util.Arrays.copyOf(line, line.length + 2);
            whole[line.length] = '\r';
            whole[line.length + 1] = '\n';
            socket.getOutputStream().write(whole);
        }

        /// Without its line end; null at the end.
        String line() throws IOException {
            StringBuilder line = new StringBuilder();
            while (true) {
                int octet;
                try {
                    octet = in.read();
                } catch (SocketTimeoutException e) {
                    throw new AssertionError("nothing more came; so far: " + line, e);
                }
                if (octet < 0) {
                    return line.isEmpty() ? null : line.toString();
                }
                if (octet == '\n') {
                    int length = line.length();
                    boolean crlf = length > 0 && line.charAt(length - 1) == '\r';
                    return crlf ? line.substring(0, length - 1) : line.toString();
                }
                line.append((char) octet);
            }
        }
    }
}
