package org.posthouse.directory;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.posthouse.wire.Link;
import org.posthouse.wire.Opening;
import org.posthouse.wire.ScramSalt;
import org.posthouse.wire.Secret;

/// A front end's side of [DirectoryService].
public final class DirectoryClient {

    private DirectoryClient() {}

    /// Where an address leads.
    ///
    /// @param kind what the node said
    /// @param virtualServer for `LOCAL`, else `""`
    /// @param users canonical addresses of the mailboxes' owners, for `LOCAL`, else empty
    public record Located(Kind kind, String virtualServer, List<String> users) {}

    /// What a node said of an address. All are final: a node that cannot be sure does not answer.
    public enum Kind {
        LOCAL,
        UNKNOWN,
        FOREIGN,
        DISABLED,
        MALFORMED
    }

    /// A user whose secret was right.
    ///
    /// @param signature the server's, in base64, for a SCRAM proof; else `""`
    public record Verified(String virtualServer, String user, String signature) {}

    /// Asks a node where an address leads.
    ///
    /// @throws IOException if this node cannot say now: ask another, or later
    public static Located locate(Link node, String address, Duration deadline) throws IOException {
        String answer = call(node, DirectoryService.LOCATE, Map.of("address", address), new byte[0], deadline);
        String[] words = answer.split(" ", 3);
        return switch (words[0]) {
            case "local" -> new Located(Kind.LOCAL, words[1], List.of(words[2].split(",")));
            case "unknown" -> new Located(Kind.UNKNOWN, "", List.of());
            case "foreign" -> new Located(Kind.FOREIGN, "", List.of());
            case "disabled" -> new Located(Kind.DISABLED, "", List.of());
            case "malformed" -> new Located(Kind.MALFORMED, "", List.of());
            default -> throw new IOException(node.peer() + " gave no answer to 'locate' that is known here: " + answer);
        };
    }

    /// Asks a node to check a secret.
    ///
    /// @param user may be `""` with a token
    /// @return the user, or empty if name and secret do not belong together
    /// @throws IOException if this node cannot say now: ask another, or later
    public static Optional<Verified> verify(Link node, String user, Secret secret, Duration deadline)
            throws IOException {
        Map<String, String> fields = Map.of("user", user, "kind", secret.kind());
        byte[] request = secret.text().getBytes(StandardCharsets.UTF_8);
        String[] words =
                call(node, DirectoryService.VERIFY, fields, request, deadline).split(" ", 4);
        return words[0].equals("accepted") ? Optional.of(new Verified(words[1], words[2], words[3])) : Optional.empty();
    }

    /// Asks a node for the salt of a user, with which a client makes its SCRAM proof.
    ///
    /// @throws IOException if this node cannot say now: ask another, or later
    public static ScramSalt salt(Link node, String user, Duration deadline) throws IOException {
        String[] words = call(node, DirectoryService.SALT, Map.of("user", user), new byte[0], deadline)
                .split(" ");
        try {
            return new ScramSalt(words[0], Integer.parseInt(words[1]));
        } catch (IllegalArgumentException | ArrayIndexOutOfBoundsException e) {
            throw new IOException(node.peer() + " gave no answer to 'salt' that is known here", e);
        }
    }

    private static String call(Link node, String kind, Map<String, String> fields, byte[] request, Duration deadline)
            throws IOException {
        byte[] answer = node.call(new Opening(kind, new TreeMap<>(fields)), request, deadline);
        return new String(answer, StandardCharsets.UTF_8);
    }
}
