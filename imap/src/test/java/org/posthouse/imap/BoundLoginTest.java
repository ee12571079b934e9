package org.posthouse.imap;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.posthouse.testkit.ScramClient;
import org.posthouse.testkit.TlsClient;
import org.posthouse.wire.Authority;
import org.posthouse.wire.TlsIdentity;

/// AUTHENTICATE SCRAM-SHA-256-PLUS: whole log-ins that are bound to the TLS they come in.
class BoundLoginTest {
    private static final String USER = "user@example.org";

    @TempDir
    private Path folder;

    private TestServer server;

    @BeforeEach
    void start() throws IOException {
        Path key = folder.resolve("server.key");
        Path chain = folder.resolve("server.pem");
        Authority.create(folder.resolve("ca"), "test").issueServer(List.of("localhost"), key, chain);
        server = new TestServer(TlsIdentity.load(chain, key));
    }

    @AfterEach
    void stop() {
        server.close();
    }

    private TlsClient startTls(TalkingClient client, String protocol) throws Exception {
        assertThat(client.line()).contains("STARTTLS LOGINDISABLED").doesNotContain("AUTH=");
        assertThat(client.answer("t STARTTLS")).startsWith("t OK");
        TlsClient tls = client.startTls(protocol);
        assertThat(client.answer("c CAPABILITY")).contains("AUTH=SCRAM-SHA-256-PLUS AUTH=SCRAM-SHA-256 AUTH=PLAIN");
        return tls;
    }

    private static String last(TalkingClient client, ScramClient scram) throws Exception {
        client.say("a AUTHENTICATE SCRAM-SHA-256-PLUS " + scram.first());
        String challenge = client.line();
        if (!challenge.startsWith("+ ")) {
            return challenge;
        }
        client.say(scram.last(challenge.substring(2)));
        return client.line();
    }

    private static void assertLogsIn(TalkingClient client, ScramClient scram) throws Exception {
        String signature = last(client, scram);
        assertThat(signature).startsWith("+ ");
        assertThat(scram.trusts(signature.substring(2))).isTrue();
        client.say("");
        assertThat(client.line()).startsWith("a OK [CAPABILITY ");
        assertThat(client.answer("s SELECT INBOX")).contains("s OK");
    }

    @Test
    void boundToTheKeysOfTheConnection() throws Exception {
        try (TalkingClient client = new TalkingClient(server.address())) {
            TlsClient tls = startTls(client, "TLSv1.3");
            assertLogsIn(client, ScramClient.bound("tls-exporter", tls.exporter(), USER, TestServer.PASSWORD));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.2", "TLSv1.3"})
    void boundToTheServersCertificate(String protocol) throws Exception {
        try (TalkingClient client = new TalkingClient(server.address())) {
            TlsClient tls = startTls(client, protocol);
            assertLogsIn(
                    client, ScramClient.bound("tls-server-end-point", tls.serverEndPoint(), USER, TestServer.PASSWORD));
        }
    }

    /// What somebody in the middle passes on is bound to another connection.
    @Test
    void boundToSomethingElseIsRefused() throws Exception {
        try (TalkingClient client = new TalkingClient(server.address());
                TalkingClient other = new TalkingClient(server.address())) {
            startTls(client, "TLSv1.3");
            byte[] others = startTls(other, "TLSv1.3").exporter();
            assertThat(last(client, ScramClient.bound("tls-exporter", others, USER, TestServer.PASSWORD)))
                    .startsWith("a NO");
            assertThat(last(client, ScramClient.bound("tls-unique", others, USER, TestServer.PASSWORD)))
                    .startsWith("a NO");
            assertThat(client.answer("s SELECT INBOX")).startsWith("s BAD");
        }
    }

    /// A client that could, and was made to believe that the server cannot (RFC 5802 section 6).
    @Test
    void aDowngradeIsNoticed() throws Exception {
        try (TalkingClient client = new TalkingClient(server.address())) {
            startTls(client, "TLSv1.3");
            ScramClient scram = ScramClient.of("y,,", USER, TestServer.PASSWORD);
            client.say("a AUTHENTICATE SCRAM-SHA-256 " + scram.first());
            assertThat(client.line()).startsWith("a NO");
        }
    }
}
