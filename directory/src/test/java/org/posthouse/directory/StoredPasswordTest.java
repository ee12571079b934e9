package org.posthouse.directory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.posthouse.wire.ScramSalt;
import org.posthouse.wire.Secret;

class StoredPasswordTest {
    private static final byte[] SALT = new byte[16];

    /// The example of RFC 7677 section 3.
    @Test
    void theExampleOfTheStandard() {
        ScramCredential pencil = ScramCredential.of("pencil", new ScramSalt("W22ZaJ0SNY7soEsUEjb6gQ==", 4096));
        String nonce = "rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0";
        String message =
                "n=user,r=rOprNGfwEbeRWgbNEkqO,r=" + nonce + ",s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096,c=biws,r=" + nonce;
        String proof = "dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=";
        assertThat(pencil.verify(new Secret.ScramProof(proof, message)))
                .contains("6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=");
        assertThat(pencil.verify(new Secret.ScramProof(proof, message + "x"))).isEmpty();
        assertThat(pencil.verify(new Secret.ScramProof("e" + proof.substring(1), message)))
                .isEmpty();
        assertThat(pencil.verify(new Secret.ScramProof("AAAA", message))).isEmpty();
        assertThat(pencil.verify(new Secret.ScramProof("no base64!", message))).isEmpty();
        assertThat(ScramCredential.parse(pencil.text())).contains(pencil);
        assertThat(pencil.toString()).doesNotContain(pencil.storedKey()).doesNotContain(pencil.serverKey());
    }

    @Test
    void saltsDifferByClusterAndUserAndStay() {
        ScramSalt one = ScramCredential.saltOf("cluster", "a@example.org");
        assertThat(ScramCredential.saltOf("cluster", "a@example.org")).isEqualTo(one);
        assertThat(ScramCredential.saltOf("cluster", "b@example.org").salt()).isNotEqualTo(one.salt());
        assertThat(ScramCredential.saltOf("other", "a@example.org").salt()).isNotEqualTo(one.salt());
    }

    @Test
    void textAndBack() {
        StoredPassword stored = StoredPassword.of("secret", SALT, ScramCredential.saltOf("c", "u@example.org"));
        assertThat(StoredPassword.parse(stored.text())).isEqualTo(stored);
        assertThat(StoredPassword.wellFormed(stored.text())).isTrue();
        assertThat(stored.scram()).isPresent();
        // One that was set before there was SCRAM.
        assertThat(StoredPassword.wellFormed(stored.hash())).isTrue();
        assertThat(StoredPassword.parse(stored.hash()).scram()).isEmpty();
        assertThat(StoredPassword.wellFormed(stored.hash() + " nonsense")).isFalse();
        assertThat(StoredPassword.wellFormed(stored.text() + " ")).isFalse();
        assertThat(StoredPassword.wellFormed("plain")).isFalse();
    }

    @Test
    void aPasswordIsPreparedAndNotEmpty() {
        ScramSalt salt = ScramCredential.saltOf("c", "u@example.org");
        // RFC 4013 section 3: a soft hyphen is mapped to nothing.
        assertThat(StoredPassword.of("I\u00ADX", SALT, salt)).isEqualTo(StoredPassword.of("IX", SALT, salt));
        for (String bad : new String[] {"", "\u00AD", "a\u0007"}) {
            assertThatThrownBy(() -> StoredPassword.of(bad, SALT, salt)).isInstanceOf(IllegalArgumentException.class);
        }
    }
}
