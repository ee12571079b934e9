package org.posthouse.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.Base64;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// SASL PLAIN and LOGIN.
class SaslTest {
    private static String base64(String text) {
        return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "user", "\0", "\0user", "\0user\0", "\0\0pw", "other\0user\0pw", "\0user\0p\0w"})
    void refusesWhatIsNotPlain(String message) {
        assertThatThrownBy(() -> Sasl.plain(base64(message))).isInstanceOf(Sasl.SaslException.class);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "=", "*", "%%%", "AHVzZXIAcGFz*", "AP8A/w=="})
    void refusesWhatIsNotBase64OrUtf8(String line) {
        assertThatThrownBy(() -> Sasl.plain(line)).isInstanceOf(Sasl.SaslException.class);
        assertThatThrownBy(() -> Sasl.loginAnswer(line.equals("AP8A/w==") ? "/w==" : line))
                .isInstanceOf(Sasl.SaslException.class);
    }

    @Test
    void readsCredentials() throws Exception {
        assertThat(Sasl.plain(base64("\0tim\0tanstaaftanstaaf")))
                .isEqualTo(new Sasl.Credentials("tim", new Secret.Password("tanstaaftanstaaf")));
        assertThat(Sasl.plain(base64("tim\0tim\0pässwörd")))
                .isEqualTo(new Sasl.Credentials("tim", new Secret.Password("pässwörd")));
        assertThat(Sasl.loginAnswer(base64("tim"))).isEqualTo("tim");
        assertThat(Sasl.plain(base64("\0tim\0pw")).toString()).doesNotContain("pw");
    }

    @Test
    void promptsSayWhatLoginClientsExpect() {
        assertThat(Sasl.LOGIN_USER_PROMPT).isEqualTo(base64("Username:"));
        assertThat(Sasl.LOGIN_PASSWORD_PROMPT).isEqualTo(base64("Password:"));
    }
}
