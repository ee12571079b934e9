package org.posthouse.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.posthouse.wire.Sasl.SaslException;

/// The exchange without a transport. The example is that of RFC 7677 section 3.
class ScramExchangeTest {
    private static final String NONCE = "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0";
    private static final ScramSalt SALT = new ScramSalt("W22ZaJ0SNY7soEsUEjb6gQ==", 4096);

    private final ScramExchange exchange = new ScramExchange(Optional.empty());

    @Test
    void example() throws Exception {
        assertThat(exchange.first("n,,n=user,r=rOprNGfwEbeRWgbNEkqO", false))
                .isEqualTo(new ScramExchange.First("user", ""));
        assertThat(exchange.challenge(NONCE, SALT))
                .isEqualTo("r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096");
        Secret.ScramProof proof = exchange.last("c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
                + "p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=");
        assertThat(proof.proof()).isEqualTo("dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=");
        assertThat(proof.message())
                .isEqualTo("n=user,r=rOprNGfwEbeRWgbNEkqO,"
                        + "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096,"
                        + "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0");
        assertThat(Secret.of(proof.kind(), proof.text())).isEqualTo(proof);
    }

    @Test
    void namesAreDecodedAndPrepared() throws Exception {
        assertThat(exchange.first("y,a=b=2Cc=3Dd,n=b=2Cc=3Dd\u00ad,r=x", false))
                .isEqualTo(new ScramExchange.First("b,c=d", "b,c=d"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "n",
                "n,",
                "n,,",
                "n,,n=user",
                "n,,r=x,n=user",
                "n,,m=ext,n=user,r=x",
                "x,,n=user,r=x",
                "p=tls-exporter,,n=user,r=x",
                "n,b,n=user,r=x",
                "n,,n=us=er,r=x",
                "n,,n=,r=x",
                "n,,n=u\u0007,r=x",
                "n,,n=user,r=",
                "n,,n=user,r=a b"
            })
    void refusesAsFirst(String message) {
        assertThatThrownBy(() -> exchange.first(message, false)).isInstanceOf(SaslException.class);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "c=biws,r=abcxyz",
                "c=biws,r=abcxy,p=AAAA",
                "c=biws,r=abc,p=AAAA",
                "c=eSws,r=abcxyz,p=AAAA",
                "r=abcxyz,c=biws,p=AAAA"
            })
    void refusesAsLast(String message) throws Exception {
        exchange.first("n,,n=user,r=abc", false);
        exchange.challenge("xyz", SALT);
        assertThatThrownBy(() -> exchange.last(message)).isInstanceOf(SaslException.class);
    }
}
