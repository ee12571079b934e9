package org.posthouse.imap;

import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Function;
import org.posthouse.wire.Link;
import org.posthouse.wire.LinkService;
import org.posthouse.wire.LinkStream;
import org.posthouse.wire.Opening;
import org.posthouse.wire.Sasl.Credentials;
import org.posthouse.wire.Secret;

/// The owner's side of clients that come through a front end, and what the front end says to it. A stream of kind
/// [#KIND] carries one client: its opening holds what the client logged in with, the first line back is the
/// answer to that (behind a line `+ SIGNATURE` if the client proved itself by SCRAM), and then both sides speak IMAP.
public final class ImapService implements LinkService {
    /// Of the streams.
    public static final String KIND = "imap";

    /// Begins the line before the answer that carries a signature.
    static final String SIGNATURE = "+ ";

    private static final int ANSWER_BYTES_MAX = 4 << 10;

    private final ImapServer elsewhere;
    private final Function<String, Optional<Served>> virtualServers;

    /// A virtual server that is served here.
    ///
    /// @param login decides about log-ins to it
    public record Served(ImapServer server, Login login) {}

    /// @param settings for the answer to who asks for a virtual server that is not served here
    /// @param virtualServers by name; empty for one that is not served here
    public ImapService(ImapSettings settings, Function<String, Optional<Served>> virtualServers) {
        this.elsewhere = new ImapServer(settings);
        this.virtualServers = virtualServers;
    }

    @Override
    public void stream(Link from, LinkStream stream) {
        Opening opening = stream.opening();
        String name = opening.field("virtual-server");
        var attempt = new Login.Attempt(
                opening.field("tag"),
                new Credentials(opening.field("user"), Secret.of(opening.field("kind"), opening.field("secret"))),
                address(opening.field("remote")),
                Boolean.parseBoolean(opening.field("secure")));
        Served notHere =
                new Served(elsewhere, _ -> new Login.Unavailable("Virtual server " + name + " is not served here"));
        Served served = virtualServers.apply(name).orElse(notHere);
        served.server().serve(stream, served.login(), attempt);
    }

    /// What a front end opens a stream with.
    public static Opening opening(String virtualServer, Login.Attempt attempt) {
        SortedMap<String, String> fields = new TreeMap<>();
        fields.put("virtual-server", virtualServer);
        fields.put("tag", attempt.tag());
        fields.put("user", attempt.user());
        fields.put("kind", attempt.credentials().secret().kind());
        fields.put("secret", attempt.credentials().secret().text());
        fields.put("remote", ImapServer.text(attempt.remote()));
        fields.put("secure", Boolean.toString(attempt.secure()));
        return new Opening(KIND, fields);
    }

    /// What the owner answered, for a front end to return from its [Login]: the hand-over, or, with the stream
    /// closed, a refusal.
    ///
    /// @throws IOException if the stream ends first, or a read timeout set on it passes: ask again elsewhere
    public static Login.Outcome answer(LinkStream stream, Login.Attempt attempt) throws IOException {
        String line = line(stream);
        String signature = "";
        if (line.startsWith(SIGNATURE)) {
            signature = line.substring(SIGNATURE.length());
            line = line(stream);
        }
        if (line.startsWith(attempt.tag() + " OK ")) {
            return new Login.HandOver(line, stream, signature);
        }
        stream.close();
        if (line.startsWith(attempt.tag() + " NO [AUTHENTICATIONFAILED]")) {
            return new Login.Refused();
        }
        if (line.startsWith(attempt.tag() + " NO [LIMIT]")) {
            return new Login.TooMany();
        }
        int text = line.indexOf("] ");
        return new Login.Unavailable(text < 0 ? "Mailboxes are not available, try again" : line.substring(text + 2));
    }

    /// Byte by byte: nothing behind the line may be taken.
    private static String line(LinkStream stream) throws IOException {
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        while (true) {
            int octet = stream.input().read();
            if (octet < 0) {
                throw new EOFException("the owner closed the stream before it answered the log-in");
            }
            if (octet == '\n') {
                return line.toString(StandardCharsets.ISO_8859_1).stripTrailing();
            }
            line.write(octet);
            if (line.size() > ANSWER_BYTES_MAX) {
                throw new IOException("the owner's answer to the log-in is too long");
            }
        }
    }

    private static InetSocketAddress address(String text) {
        int colon = text.lastIndexOf(':');
        String host = text.substring(0, colon);
        try {
            InetAddress address =
                    InetAddress.ofLiteral(host.startsWith("[") ? host.substring(1, host.length() - 1) : host);
            return new InetSocketAddress(address, Integer.parseInt(text.substring(colon + 1)));
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("the field 'remote' holds no address: " + text, e);
        }
    }
}
