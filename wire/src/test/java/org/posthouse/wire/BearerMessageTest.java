package org.posthouse.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.posthouse.wire.Sasl.Credentials;

/// What OAUTHBEARER clients say. `^` stands for the byte 1.
class BearerMessageTest {
    private static Credentials parse(String message) throws BearerMessage.NotUnderstoodException {
        return BearerMessage.parse(message.replace('^', (char) 1));
    }

    @Test
    void examples() throws Exception {
        assertThat(parse("n,a=user@example.com,^host=server.example.com^port=143"
                        + "^auth=Bearer vF9dft4qmTc2Nvb3RlckBhbH==^^"))
                .isEqualTo(new Credentials("user@example.com", new Secret.BearerToken("vF9dft4qmTc2Nvb3RlckBhbH==")));
        assertThat(parse("n,,^auth=bearer x^^").user()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"n,a=u,^^", "n,,^auth=^^", "n,,^host=h^^"})
    void asksForTheWayToAToken(String message) {
        assertThatThrownBy(() -> parse(message))
                .isInstanceOfSatisfying(BearerMessage.NotUnderstoodException.class, e -> assertThat(e.tokenIsMissing())
                        .isTrue());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "^",
                "^^",
                "n,,^auth=Bearer x^",
                "n,,auth=Bearer x^^",
                "n^auth=Bearer x^^",
                "p=tls-exporter,,^auth=Bearer x^^",
                "n,u,^auth=Bearer x^^",
                "n,,^auth=Basic x^^",
                "n,,^auth^^",
                "n,,^auth=Bearer x^auth=Bearer y^^"
            })
    void refuses(String message) {
        assertThatThrownBy(() -> parse(message))
                .isInstanceOfSatisfying(BearerMessage.NotUnderstoodException.class, e -> assertThat(e.tokenIsMissing())
                        .isFalse());
    }
}
