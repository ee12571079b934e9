package org.posthouse.wire;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Supplier;
import org.posthouse.wire.Sasl.Credentials;
import org.posthouse.wire.Sasl.SaslException;

/// One log-in by SASL, the same in every protocol: asks what the mechanism asks, gives what the client says as
/// credentials, and says what the mechanism says at the end. Who verifies them is the caller's affair.
public final class SaslExchange {
    private static final SecureRandom RANDOM = new SecureRandom();
    private static final int NONCE_BYTES = 18;

    private final Client client;
    private final Salts salts;
    private final Optional<ChannelBinding> channel;
    private final Bearers bearers;
    private final Supplier<String> nonces;

    /// The other end, as the protocol speaks to it.
    public interface Client {
        /// Sends a challenge and waits for the response.
        ///
        /// @param challenge in base64
        /// @return in base64, `*` if the client gives up
        String ask(String challenge) throws IOException, SaslException;
    }

    /// Knows the users' salts.
    public interface Salts {
        /// That of a user, or one that looks like it for a user that does not exist.
        ///
        /// @throws IOException if it cannot be learned now
        ScramSalt salt(String user) throws IOException;
    }

    /// Whether access tokens are taken.
    ///
    /// @param discovery URL of the issuer's configuration, for clients that have no token yet; `""` for none
    public record Bearers(boolean taken, String discovery) {
        /// Not taken.
        public static final Bearers NONE = new Bearers(false, "");
    }

    /// @param channel of the conversation
    public SaslExchange(Client client, Salts salts, Optional<ChannelBinding> channel, Bearers bearers) {
        this(client, salts, channel, bearers, SaslExchange::nonce);
    }

    SaslExchange(
            Client client, Salts salts, Optional<ChannelBinding> channel, Bearers bearers, Supplier<String> nonces) {
        this.client = client;
        this.salts = salts;
        this.channel = channel;
        this.bearers = bearers;
        this.nonces = nonces;
    }

    /// The mechanisms that can be used on a conversation, strongest first.
    public static List<String> mechanisms(Duplex conversation, Bearers bearers) {
        List<String> names = new ArrayList<>();
        if (conversation.channelBinding().isPresent()) {
            names.add("SCRAM-SHA-256-PLUS");
        }
        names.add("SCRAM-SHA-256");
        names.add("PLAIN");
        if (bearers.taken()) {
            names.add("OAUTHBEARER");
        }
        return names;
    }

    /// Carries on a mechanism up to the credentials.
    ///
    /// @param initial the response that came with the command, `=` for an empty one; null for none
    /// @return empty if there is no such mechanism here
    /// @throws SaslException if what the client says is none of it
    public Optional<Credentials> credentials(String mechanism, String initial) throws IOException, SaslException {
        return switch (mechanism.toUpperCase(Locale.ROOT)) {
            case "PLAIN" -> Optional.of(Sasl.plain(first(initial)));
            case "LOGIN" -> Optional.of(login(initial));
            case "SCRAM-SHA-256" -> Optional.of(scram(first(initial), false));
            case "SCRAM-SHA-256-PLUS" ->
                channel.isPresent() ? Optional.of(scram(first(initial), true)) : Optional.empty();
            case "OAUTHBEARER" -> bearers.taken() ? Optional.of(bearer(first(initial))) : Optional.empty();
            default -> Optional.empty();
        };
    }

    /// Tells a client that proved itself what proves the server (RFC 5802 section 3), before the protocol's own
    /// answer.
    ///
    /// @param signature in base64; `""` where the mechanism has none
    public void succeed(String signature) throws IOException, SaslException {
        if (!signature.isEmpty() && !Sasl.text(ask(encoded("v=" + signature))).isEmpty()) {
            throw new SaslException("nothing is to be said to the server's signature");
        }
    }

    /// Tells a client why its token was not taken (RFC 7628 section 3.2.3), before the protocol's own answer. What it
    /// says to that does not matter.
    public void fail(Credentials credentials) throws IOException, SaslException {
        if (credentials.secret() instanceof Secret.BearerToken) {
            client.ask(encoded(refusal("invalid_token")));
        }
    }

    private Credentials login(String initial) throws IOException, SaslException {
        String user = Sasl.loginAnswer(initial != null ? initial : ask(Sasl.LOGIN_USER_PROMPT));
        return new Credentials(user, new Secret.Password(Sasl.loginAnswer(ask(Sasl.LOGIN_PASSWORD_PROMPT))));
    }

    private Credentials scram(String response, boolean withBinding) throws IOException, SaslException {
        ScramExchange scram = new ScramExchange(channel);
        ScramExchange.First first = scram.first(Sasl.text(response), withBinding);
        Sasl.checkActsFor(first.user(), first.actsFor());
        String challenge = scram.challenge(nonces.get(), salts.salt(first.user()));
        return new Credentials(first.user(), scram.last(Sasl.text(ask(encoded(challenge)))));
    }

    private Credentials bearer(String response) throws IOException, SaslException {
        try {
            return BearerMessage.parse(Sasl.text(response));
        } catch (BearerMessage.NotUnderstoodException e) {
            client.ask(encoded(refusal(e.tokenIsMissing() ? "invalid_token" : "invalid_request")));
            throw new SaslException(e.getMessage());
        }
    }

    private String refusal(String status) {
        String discovery = bearers.discovery().isEmpty()
                ? ""
                : ",\"openid-configuration\":\""
                        + bearers.discovery().replace("\\", "\\\\").replace("\"", "\\\"") + "\"";
        return "{\"status\":\"" + status + "\"" + discovery + "}";
    }

    private String first(String initial) throws IOException, SaslException {
        return initial != null ? initial : ask("");
    }

    private String ask(String challenge) throws IOException, SaslException {
        String response = client.ask(challenge);
        if (response.equals("*")) {
            throw SaslException.cancelled();
        }
        return response;
    }

    private static String encoded(String text) {
        return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
    }

    private static String nonce() {
        byte[] bytes = new byte[NONCE_BYTES];
        RANDOM.nextBytes(bytes);
        return Base64.getEncoder().encodeToString(bytes);
    }
}
