package org.posthouse.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.posthouse.directory.TokenVerifier;
import org.posthouse.imap.ImapAccess;
import org.posthouse.wire.Listener;
import org.posthouse.wire.SaslExchange.Bearers;

class AccessFileTest {
    @TempDir
    Path folder;

    private AccessFile read(String text) throws IOException {
        Files.writeString(folder.resolve(AccessFile.NAME), text);
        return AccessFile.of(folder);
    }

    @Test
    void withoutAFileEverythingHasADefault() throws IOException {
        AccessFile access = AccessFile.of(folder);
        assertThat(access.listener()).isEqualTo(Listener.Limits.DEFAULT);
        assertThat(access.imap()).isEqualTo(ImapAccess.DEFAULT);
        assertThat(access.bearers()).isEqualTo(Bearers.NONE);
        assertThat(access.tokens(folder)).isSameAs(TokenVerifier.NONE);
    }

    @Test
    void whatItSaysCounts() throws IOException {
        AccessFile access = read("""
                {"connections": 500, "connectionsPerAddress": 20, "connectionsPerUser": 7,
                 "balancers": ["192.0.2.7", "2001:db8::/32"],
                 "oauth": {"issuer": "https://id.example.org", "audience": "mail", "keys": "none.json",
                           "discovery": "https://id.example.org/.well-known/openid-configuration"}}
                """);
        assertThat(access.listener().connectionsMax()).isEqualTo(500);
        assertThat(access.listener().perAddressMax()).isEqualTo(20);
        assertThat(access.imap().connectionsPerUserMax()).isEqualTo(7);
        assertThat(access.through().networks()).hasSize(2);
        assertThatThrownBy(() -> AccessFile.ofNode(folder)).hasMessageContaining("balancers are for front ends");
        assertThat(access.bearers().taken()).isTrue();
        assertThat(access.bearers().discovery()).endsWith("openid-configuration");
        assertThatThrownBy(() -> access.tokens(folder))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("none.json");
    }

    @Test
    void whatCannotBeUsedIsSaid() {
        for (String bad : new String[] {
            "{",
            "{\"conections\": 5}",
            "{\"connections\": 0}",
            "{\"balancers\": [\"10.0.0.0/33\"]}",
            "{\"oauth\": {\"issuer\": \"x\"}}",
            "[]"
        }) {
            assertThatThrownBy(() -> read(bad))
                    .as(bad)
                    .isInstanceOf(IOException.class)
                    .hasMessageStartingWith("cannot use " + folder.resolve(AccessFile.NAME));
        }
    }
}
