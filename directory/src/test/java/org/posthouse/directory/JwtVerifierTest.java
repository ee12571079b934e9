package org.posthouse.directory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Signature;
import java.security.interfaces.ECPublicKey;
import java.security.interfaces.RSAPublicKey;
import java.security.spec.ECGenParameterSpec;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.Base64;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JwtVerifierTest {
    private static final Instant NOW = Instant.parse("2026-06-01T12:00:00Z");
    private static final JwtVerifier.Expected EXPECTED =
            new JwtVerifier.Expected("https://id.example.org", "mail", "email");

    @TempDir
    Path folder;

    private KeyPair rsa;
    private KeyPair ec;

    @BeforeEach
    void keys() throws GeneralSecurityException {
        rsa = rsa(2048);
        KeyPairGenerator curve = KeyPairGenerator.getInstance("EC");
        curve.initialize(new ECGenParameterSpec("secp256r1"));
        ec = curve.generateKeyPair();
    }

    private static KeyPair rsa(int bits) throws GeneralSecurityException {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
        generator.initialize(bits);
        return generator.generateKeyPair();
    }

    private JwtVerifier verifier(String keys) throws IOException {
        Path file = folder.resolve("keys");
        Files.writeString(file, keys);
        return JwtVerifier.load(file, EXPECTED, InstantSource.fixed(NOW));
    }

    private static String pem(KeyPair pair) {
        return "-----BEGIN PUBLIC KEY-----\n"
                + Base64.getMimeEncoder().encodeToString(pair.getPublic().getEncoded())
                + "\n-----END PUBLIC KEY-----\n";
    }

    private String jwks() {
        RSAPublicKey first = (RSAPublicKey) rsa.getPublic();
        ECPublicKey second = (ECPublicKey) ec.getPublic();
        return """
                {"keys": [
                  {"kty": "oct", "k": "AAAA"},
                  {"kty": "RSA", "kid": "one", "use": "sig", "n": "%s", "e": "%s"},
                  {"kty": "EC", "crv": "P-256", "kid": "two", "x": "%s", "y": "%s"}]}
                """.formatted(
                        base64(unsigned(first.getModulus().toByteArray())),
                        base64(unsigned(first.getPublicExponent().toByteArray())),
                        base64(unsigned(second.getW().getAffineX().toByteArray())),
                        base64(unsigned(second.getW().getAffineY().toByteArray())));
    }

    private static byte[] unsigned(byte[] number) {
        return number[0] == 0 ? Arrays.copyOfRange(number, 1, number.length) : number;
    }

    private static String base64(byte[] octets) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(octets);
    }

    private static String claims(String others) {
        return "{\"iss\":\"https://id.example.org\",\"email\":\"u@example.org\"" + others + "}";
    }

    private static String valid() {
        return claims(",\"aud\":[\"other\",\"mail\"],\"exp\":" + (NOW.getEpochSecond() + 60));
    }

    private static String unsigned(String header, String claims) {
        return base64(header.getBytes(StandardCharsets.UTF_8)) + "." + base64(claims.getBytes(StandardCharsets.UTF_8));
    }

    private static String signed(String header, String claims, KeyPair pair, String algorithm)
            throws GeneralSecurityException {
        String text = unsigned(header, claims);
        Signature signature = Signature.getInstance(algorithm);
        signature.initSign(pair.getPrivate());
        signature.update(text.getBytes(StandardCharsets.US_ASCII));
        return text + "." + base64(signature.sign());
    }

    private String byRsa(String claims) throws GeneralSecurityException {
        return signed("{\"alg\":\"RS256\",\"kid\":\"one\"}", claims, rsa, "SHA256withRSA");
    }

    @Test
    void tokensOfBothAlgorithmsAreTaken() throws Exception {
        String byEc = signed("{\"alg\":\"ES256\",\"kid\":\"two\"}", valid(), ec, "SHA256withECDSAinP1363Format");
        JwtVerifier set = verifier(jwks());
        assertThat(set.user(byRsa(valid()))).contains("u@example.org");
        assertThat(set.user(byEc)).contains("u@example.org");
        JwtVerifier plain = verifier(pem(rsa) + pem(ec));
        assertThat(plain.user(byRsa(valid()))).contains("u@example.org");
        assertThat(plain.user(byEc)).contains("u@example.org");
    }

    @Test
    void nobodyElseSigns() throws Exception {
        JwtVerifier verifier = verifier(jwks());
        String good = byRsa(valid());
        int lastDot = good.lastIndexOf('.');
        assertThat(verifier.user(unsigned("{\"alg\":\"none\"}", valid()) + ".")).isEmpty();
        assertThat(verifier.user(good.substring(0, lastDot + 1))).isEmpty();
        assertThat(verifier.user(
                        unsigned("{\"alg\":\"RS256\"}", valid().replace("u@", "v@")) + good.substring(lastDot)))
                .isEmpty();
        assertThat(verifier.user(signed("{\"alg\":\"RS256\"}", valid(), rsa(2048), "SHA256withRSA")))
                .isEmpty();
        assertThat(verifier.user(signed("{\"alg\":\"RS256\",\"crit\":[\"b64\"]}", valid(), rsa, "SHA256withRSA")))
                .isEmpty();
        // The public key taken for a secret.
        String text = unsigned("{\"alg\":\"HS256\"}", valid());
        Mac mac = Mac.getInstance("HmacSHA256");
        mac.init(new SecretKeySpec(rsa.getPublic().getEncoded(), "HmacSHA256"));
        assertThat(verifier.user(text + "." + base64(mac.doFinal(text.getBytes(StandardCharsets.US_ASCII)))))
                .isEmpty();
        for (String nonsense : new String[] {"", "a", "a.b.c", "...", "{}.{}.{}", "x".repeat(100_000)}) {
            assertThat(verifier.user(nonsense)).isEmpty();
        }
    }

    @Test
    void onlyForThisServiceAndInItsTime() throws Exception {
        JwtVerifier verifier = verifier(jwks());
        long now = NOW.getEpochSecond();
        String forUs = ",\"aud\":\"mail\",\"exp\":";
        assertThat(verifier.user(byRsa(claims(forUs + (now + 1))))).isPresent();
        assertThat(verifier.user(byRsa(claims(forUs + (now - 3600))))).isEmpty();
        assertThat(verifier.user(byRsa(claims(forUs + (now + 60) + ",\"email_verified\":false"))))
                .isEmpty();
        assertThat(verifier.user(byRsa(claims(forUs + (now + 60) + ",\"email_verified\":true"))))
                .isPresent();
        assertThat(verifier.user(byRsa(claims(",\"aud\":\"mail\"")))).isEmpty();
        assertThat(verifier.user(byRsa(claims(",\"aud\":\"web\",\"exp\":" + (now + 60)))))
                .isEmpty();
        assertThat(verifier.user(byRsa(claims(",\"exp\":" + (now + 60))))).isEmpty();
        assertThat(verifier.user(byRsa(claims(forUs + (now + 60) + ",\"nbf\":" + (now + 3600)))))
                .isEmpty();
        assertThat(verifier.user(byRsa(valid().replace("https://id", "https://evil"))))
                .isEmpty();
        assertThat(verifier.user(byRsa(valid().replace("\"email\"", "\"mail\""))))
                .isEmpty();
    }

    @Test
    void keysThatAreNoneAreRefused() throws Exception {
        assertThatThrownBy(() -> verifier(pem(rsa(1024)))).hasMessageContaining("2048");
        assertThatThrownBy(() -> verifier("{\"keys\":[]}")).hasMessageContaining("no RSA key");
        assertThatThrownBy(() -> verifier("nonsense")).isInstanceOf(IOException.class);
        assertThatThrownBy(() -> verifier("{\"keys\":[{\"kty\":\"RSA\",\"n\":\"!!\",\"e\":\"AQAB\"}]}"))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("keys");
    }
}
