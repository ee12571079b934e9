package org.posthouse.app;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import org.posthouse.directory.JwtVerifier;
import org.posthouse.directory.TokenVerifier;
import org.posthouse.imap.ImapAccess;
import org.posthouse.wire.Balancers;
import org.posthouse.wire.Listener;
import org.posthouse.wire.SaslExchange.Bearers;

/// `access.json` in the folder of a node or a front end, read when its process starts: who may connect how often, and
/// whether OAuth 2 access tokens are taken. Everything has a default, the file too. docs/access.md says more.
///
/// @param connections in all, on one port
/// @param connectionsPerAddress from one IPv4 address or IPv6 /64; loopback has the larger of this and 5,000
/// @param connectionsPerUser logged in by IMAP
/// @param balancers of a front end: addresses and networks whose connections begin with a PROXY header
/// @param oauth empty to take no tokens
record AccessFile(
        Optional<Integer> connections,
        Optional<Integer> connectionsPerAddress,
        Optional<Integer> connectionsPerUser,
        Optional<List<String>> balancers,
        Optional<OAuth> oauth) {
    static final String NAME = "access.json";

    private static final JsonMapper JSON = JsonMapper.builder()
            .addModule(new com.fasterxml.jackson.datatype.jdk8.Jdk8Module())
            .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .build();

    /// @param issuer `iss` of all tokens
    /// @param audience one of their `aud`
    /// @param keys file with a JWK set, or with public keys in PEM, beside this one; a front end needs none
    /// @param userClaim the claim that holds the user's address; `email` if empty
    /// @param discovery URL that tells clients about the issuer
    record OAuth(
            String issuer,
            String audience,
            Optional<String> keys,
            Optional<String> userClaim,
            Optional<String> discovery) {}

    /// Reads the file of a process.
    ///
    /// @throws IOException if it is there and cannot be used; the message says why
    static AccessFile of(Path folder) throws IOException {
        Path file = folder.resolve(NAME);
        if (!Files.exists(file)) {
            return new AccessFile(
                    Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty());
        }
        try {
            AccessFile read = JSON.readValue(file.toFile(), AccessFile.class);
            read.check();
            return read;
        } catch (IOException e) {
            throw new IOException("cannot use " + file + ": " + e.getMessage(), e);
        }
    }

    private void check() throws IOException {
        boolean positive =
                connections.orElse(1) > 0 && connectionsPerAddress.orElse(1) > 0 && connectionsPerUser.orElse(1) > 0;
        if (!positive) {
            throw new IOException("a number of connections is 1 or more");
        }
        if (oauth.isPresent() && (oauth.get().issuer() == null || oauth.get().audience() == null)) {
            throw new IOException("oauth needs issuer and audience");
        }
        try {
            var _ = through();
        } catch (IllegalArgumentException e) {
            throw new IOException("balancers: " + e.getMessage(), e);
        }
    }

    /// For each port.
    Listener.Limits listener() {
        Listener.Limits usual = Listener.Limits.DEFAULT;
        int perAddress = connectionsPerAddress.orElse(usual.perAddressMax());
        return new Listener.Limits(
                connections.orElse(usual.connectionsMax()),
                perAddress,
                Math.max(perAddress, usual.perLoopbackMax()),
                usual.holdingMax(),
                usual.holdFor(),
                usual.writeDeadline(),
                usual.backlog());
    }

    /// For a node, which has no balancers in front of it: its own checks of its ports would have to pass for one.
    ///
    /// @throws IOException if the file names some
    static AccessFile ofNode(Path folder) throws IOException {
        AccessFile read = of(folder);
        if (!read.balancers().orElse(List.of()).isEmpty()) {
            throw new IOException("cannot use " + folder.resolve(NAME) + ": balancers are for front ends; have the"
                    + " balancer pass connections on to these");
        }
        return read;
    }

    /// What stands in front of each port.
    Balancers through() {
        return balancers.map(Balancers::of).orElse(Balancers.NONE);
    }

    /// For IMAP.
    ImapAccess imap() {
        ImapAccess usual = ImapAccess.DEFAULT;
        return usual.bearers(bearers()).connectionsPerUserMax(connectionsPerUser.orElse(usual.connectionsPerUserMax()));
    }

    /// Whether tokens are taken.
    Bearers bearers() {
        return oauth.map(some -> new Bearers(true, some.discovery().orElse(""))).orElse(Bearers.NONE);
    }

    /// Who verifies tokens, on a node.
    ///
    /// @param folder of the file
    TokenVerifier tokens(Path folder) throws IOException {
        if (oauth.isEmpty()) {
            return TokenVerifier.NONE;
        }
        OAuth some = oauth.get();
        String keys = some.keys().orElseThrow(() -> new IOException(folder.resolve(NAME) + ": oauth needs keys"));
        var expected = new JwtVerifier.Expected(
                some.issuer(), some.audience(), some.userClaim().orElse("email"));
        return JwtVerifier.load(folder.resolve(keys), expected, InstantSource.system());
    }
}
