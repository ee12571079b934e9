package org.posthouse.testkit;

import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// One play of a [Transcript]: its connections, its variables, and what was said.
final class TranscriptPlay implements AutoCloseable {
    private static final int NOTE_CHARS_MAX = 300;
    private static final Pattern STEP = Pattern.compile("(\\w+) (?:([><~&!]) ?(.*)|(closed))");

    private static final Pattern LITERAL = Pattern.compile("\\{(\\d{1,6})}$");

    private final InetSocketAddress server;
    private final int waitMillis;
    private final TranscriptText text;
    private final Map<String, Peer> peers = new LinkedHashMap<>();
    private final StringBuilder said = new StringBuilder();

    TranscriptPlay(InetSocketAddress server, Map<String, String> given, Duration patience) {
        this.server = server;
        this.waitMillis = Math.toIntExact(patience.toMillis());
        this.text = new TranscriptText(given);
    }

    void all(String file, List<Transcript.Line> lines) {
        int at = 0;
        while (at < lines.size()) {
            Transcript.Line line = lines.get(at);
            try {
                at = line.text().startsWith("= ") ? message(lines, at) : step(lines, at);
            } catch (IllegalArgumentException e) {
                throw new IllegalArgumentException(file + ":" + line.number() + ": " + e.getMessage(), e);
            } catch (AssertionError | IOException e) {
                throw new AssertionError(
                        file + ":" + line.number() + ": " + line.text() + "\n  " + e.getMessage() + "\n" + said, e);
            }
        }
    }

    private int message(List<Transcript.Line> lines, int from) {
        StringBuilder message = new StringBuilder();
        int at = from + 1;
        while (at < lines.size() && !lines.get(at).text().equals(".")) {
            message.append(text.replaced(lines.get(at).text())).append("\r\n");
            at++;
        }
        // The line end behind the last line is sent by the step that sends the message.
        text.message(lines.get(from).text().substring(2).strip(), message.toString());
        return at + 1;
    }

    /// @return where the next step is
    private int step(List<Transcript.Line> lines, int at) throws IOException {
        Matcher step = STEP.matcher(lines.get(at).text());
        if (!step.matches()) {
            throw new IllegalArgumentException("no step: " + lines.get(at).text());
        }
        Peer peer = peer(step.group(1));
        if (step.group(4) != null) {
            closed(peer);
            return at + 1;
        }
        String rest = step.group(3);
        switch (step.group(2)) {
            case ">" -> send(peer, text.replaced(rest));
            case "<" -> {
                String line = next(peer);
                if (!text.fits(rest, line) && !text.fits(rest, peer.quoted(line))) {
                    throw new AssertionError("got: " + line);
                }
            }
            case "~" -> skipTo(peer, rest);
            case "!" -> peer.unwanted.add(rest);
            case "&" -> {
                return anyOrder(peer, lines, at);
            }
            default -> throw new IllegalStateException(step.group());
        }
        return at + 1;
    }

    private static void closed(Peer peer) throws IOException {
        String left;
        try {
            left = peer.line();
        } catch (SocketException _) {
            // A server that closes with something unread resets the connection.
            return;
        }
        if (left != null) {
            throw new AssertionError("still open, and says: " + left);
        }
    }

    private void send(Peer peer, String line) throws IOException {
        note(peer.name + " > " + line);
        peer.send(TranscriptText.bytes(line));
    }

    private void skipTo(Peer peer, String wanted) throws IOException {
        String line = next(peer);
        while (!text.fits(wanted, line)) {
            for (String unwanted : peer.unwanted) {
                if (text.fits(unwanted, line)) {
                    throw new AssertionError("must not be said: " + line);
                }
            }
            if (!peer.tag.isEmpty() && line.startsWith(peer.tag + " ")) {
                throw new AssertionError("the answer has ended: " + line);
            }
            line = next(peer);
        }
        peer.unwanted.clear();
    }

    private int anyOrder(Peer peer, List<Transcript.Line> lines, int from) throws IOException {
        List<String> wanted = new ArrayList<>();
        String mark = peer.name + " & ";
        int at = from;
        while (at < lines.size() && lines.get(at).text().startsWith(mark)) {
            wanted.add(lines.get(at).text().substring(mark.length()));
            at++;
        }
        while (!wanted.isEmpty()) {
            String line = next(peer);
            Optional<String> fitting =
                    wanted.stream().filter(each -> text.fits(each, line)).findFirst();
            if (fitting.isEmpty()) {
                throw new AssertionError("got: " + line + "\n  expected, in any order: " + wanted);
            }
            wanted.remove(fitting.get());
        }
        return at;
    }

    private String next(Peer peer) throws IOException {
        String line = peer.line();
        if (line == null) {
            throw new EOFException("the server closed the connection");
        }
        note(peer.name + " < " + line);
        return line;
    }

    private void note(String line) {
        said.append("  | ")
                .append(line.length() > NOTE_CHARS_MAX ? line.substring(0, NOTE_CHARS_MAX) + "…" : line)
                .append('\n');
    }

    private Peer peer(String name) throws IOException {
        Peer peer = peers.get(name);
        if (peer == null) {
            peer = new Peer(name);
            peers.put(name, peer);
            peer.connect(server, waitMillis);
        }
        return peer;
    }

    @Override
    public void close() throws IOException {
        for (Peer peer : peers.values()) {
            peer.socket.close();
        }
    }

    /// One connection.
    private static final class Peer {
        final String name;
        final Socket socket = new Socket();
        final List<String> unwanted = new ArrayList<>();
        String tag = "";
        private InputStream in;

        Peer(String name) {
            this.name = name;
        }

        void connect(InetSocketAddress server, int waitMillis) throws IOException {
            socket.connect(server, waitMillis);
            socket.setSoTimeout(waitMillis);
            socket.setTcpNoDelay(true);
            in = new BufferedInputStream(socket.getInputStream());
        }

        void send(byte[] line) throws IOException {
            tag = TranscriptText.firstWord(line);
            byte[] whole = Arrays.copyOf(line, line.length + 2);
            whole[line.length] = '\r';
            whole[line.length + 1] = '\n';
            socket.getOutputStream().write(whole);
        }

        /// The line with its literals as quoted strings: a server may send a string either way (RFC 3501 section 4.3).
        String quoted(String line) throws IOException {
            String joined = line;
            Matcher literal = LITERAL.matcher(joined);
            while (literal.find()) {
                String string =
                        new String(in.readNBytes(Integer.parseInt(literal.group(1))), StandardCharsets.ISO_8859_1);
                String escaped = string.replace("\\", "\\\\").replace("\"", "\\\"");
                joined = joined.substring(0, literal.start()) + '"' + escaped + '"' + line();
                literal = LITERAL.matcher(joined);
            }
            return joined;
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
