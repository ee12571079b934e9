package org.posthouse.imap;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.security.GeneralSecurityException;
import java.util.Base64;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.posthouse.testkit.ScramClient;
import org.posthouse.wire.Listener;
import org.posthouse.wire.SaslExchange.Bearers;

/// AUTHENTICATE where a client has to compute: SCRAM, and OAUTHBEARER.
class AuthenticateTest {
    private static final String USER = "user@example.org";

    private TestServer server = new TestServer();

    @AfterEach
    void stop() {
        server.close();
    }

    private void restart(ImapAccess access) {
        server.close();
        server = new TestServer(access, Listener.Limits.DEFAULT);
    }

    private TalkingClient connect() throws IOException {
        TalkingClient client = new TalkingClient(server.address());
        client.line();
        return client;
    }

    /// Says all but the last empty line.
    ///
    /// @return what the server says to the proof
    private static String scram(TalkingClient client, String tag, ScramClient scram)
            throws IOException, GeneralSecurityException {
        client.say(tag + " AUTHENTICATE SCRAM-SHA-256 " + scram.first());
        String challenge = client.line();
        if (!challenge.startsWith("+ ")) {
            return challenge;
        }
        client.say(scram.last(challenge.substring(2)));
        return client.line();
    }

    @Test
    void bothSidesProveThatTheyKnow() throws Exception {
        ScramClient scram = ScramClient.of(USER, "secret");
        try (TalkingClient client = connect()) {
            String signature = scram(client, "a1", scram);
            assertThat(signature).startsWith("+ ");
            assertThat(scram.trusts(signature.substring(2))).isTrue();
            client.say("");
            assertThat(client.line()).startsWith("a1 OK [CAPABILITY ");
            assertThat(client.answer("a2 SELECT INBOX")).contains("a2 OK");
        }
    }

    @Test
    void whoGivesUpAtTheSignatureIsNotLoggedIn() throws Exception {
        try (TalkingClient client = connect()) {
            scram(client, "a1", ScramClient.of(USER, "secret"));
            client.say("*");
            assertThat(client.line()).startsWith("a1 BAD");
            assertThat(client.answer("a2 SELECT INBOX")).startsWith("a2 BAD");
            scram(client, "a3", ScramClient.of(USER, "secret"));
            client.say("AAAA");
            assertThat(client.line()).startsWith("a3 NO");
            assertThat(client.answer("a4 SELECT INBOX")).startsWith("a4 BAD");
        }
    }

    @Test
    void aWrongPasswordAndAnUnknownUserLookAlike() throws Exception {
        try (TalkingClient client = connect()) {
            assertThat(scram(client, "a1", ScramClient.of(USER, "wrong"))).startsWith("a1 NO [AUTHENTICATIONFAILED]");
            assertThat(scram(client, "a2", ScramClient.of("stranger@example.net", "secret")))
                    .startsWith("a2 NO [AUTHENTICATIONFAILED]");
            assertThat(scram(client, "a3", ScramClient.of("nobody-knows@example.org", "secret")))
                    .startsWith("a3 NO [UNAVAILABLE]");
        }
    }

    @Test
    void anIdentityIsTheUsersOwn() throws Exception {
        try (TalkingClient client = connect()) {
            assertThat(scram(client, "a1", ScramClient.of("n,a=other@example.org,", USER, "secret")))
                    .startsWith("a1 NO [AUTHORIZATIONFAILED]");
            assertThat(scram(client, "a2", ScramClient.of("n,a=User@Example.org,", USER, "secret")))
                    .startsWith("+ ");
        }
    }

    @Test
    void wrongProofsEndTheConnectionLikeWrongPasswords() throws Exception {
        try (TalkingClient client = connect()) {
            for (int i = 1; i <= 4; i++) {
                assertThat(scram(client, "a" + i, ScramClient.of(USER, "wrong")))
                        .startsWith("a" + i + " NO");
            }
            assertThat(client.rest()).startsWith("* BYE");
        }
    }

    private static String bearer(String message) {
        return Base64.getEncoder().encodeToString(message.replace('^', (char) 1).getBytes(UTF_8));
    }

    @Test
    void aTokenIsTakenWhereThatIsSet() throws Exception {
        restart(ImapAccess.DEFAULT.bearers(new Bearers(true, "https://example.org/.well-known")));
        try (TalkingClient client = new TalkingClient(server.address())) {
            assertThat(client.line()).contains(" AUTH=OAUTHBEARER");
            client.say("a1 AUTHENTICATE OAUTHBEARER " + bearer("n,a=" + USER + ",^auth=Bearer stolen^^"));
            String refusal = client.line();
            assertThat(new String(Base64.getDecoder().decode(refusal.substring(2)), UTF_8))
                    .isEqualTo("{\"status\":\"invalid_token\","
                            + "\"openid-configuration\":\"https://example.org/.well-known\"}");
            client.say("AQ==");
            assertThat(client.line()).startsWith("a1 NO [AUTHENTICATIONFAILED]");
            client.say("a2 AUTHENTICATE OAUTHBEARER " + bearer("n,a=" + USER + ",^auth=Basic token^^"));
            assertThat(new String(Base64.getDecoder().decode(client.line().substring(2)), UTF_8))
                    .contains("\"invalid_request\"");
            client.say("*");
            assertThat(client.line()).startsWith("a2 NO");
            client.say("a3 AUTHENTICATE OAUTHBEARER");
            assertThat(client.line()).isEqualTo("+");
            client.say(bearer("n,,^auth=Bearer token^^"));
            assertThat(client.line()).startsWith("a3 OK");
        }
    }

    @Test
    void elsewhereThereIsNoSuchMechanism() throws Exception {
        try (TalkingClient client = connect()) {
            assertThat(client.answer("a1 CAPABILITY")).doesNotContain("OAUTHBEARER");
            assertThat(client.answer("a2 AUTHENTICATE OAUTHBEARER " + bearer("n,,^auth=Bearer token^^")))
                    .startsWith("a2 NO");
        }
    }
}
