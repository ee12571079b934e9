package org.posthouse.directory;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.AlgorithmParameters;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PublicKey;
import java.security.Signature;
import java.security.interfaces.ECPublicKey;
import java.security.interfaces.RSAPublicKey;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.ECParameterSpec;
import java.security.spec.ECPoint;
import java.security.spec.ECPublicKeySpec;
import java.security.spec.RSAPublicKeySpec;
import java.security.spec.X509EncodedKeySpec;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Verifies access tokens that are signed JWTs (RFC 7519, 7515) with `RS256` or `ES256` (RFC 7518 section 3), against
/// keys in a file: a JWK set (RFC 7517) or public keys in PEM. The token's own header chooses among these keys and
/// nothing else: a key of one kind verifies no other algorithm.
public final class JwtVerifier implements TokenVerifier {
    private static final Logger LOG = LoggerFactory.getLogger(JwtVerifier.class);
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int TOKEN_CHARS_MAX = 16 << 10;
    private static final int RSA_BITS_MIN = 2048;
    private static final long SKEW_SECONDS = 60;

    private final List<Key> keys;
    private final Expected expected;
    private final InstantSource clock;

    /// What a token must say.
    ///
    /// @param issuer of all tokens
    /// @param audience this service's name at the issuer
    /// @param userClaim the claim that holds the user's address: `email`, or `sub`
    public record Expected(String issuer, String audience, String userClaim) {}

    /// @param id of the JWK, `""` for none
    private record Key(String id, PublicKey key) {}

    private JwtVerifier(List<Key> keys, Expected expected, InstantSource clock) {
        this.keys = keys;
        this.expected = expected;
        this.clock = clock;
    }

    /// With the keys of a file.
    ///
    /// @throws IOException if it cannot be read, or holds no key that can be used; the message says which and why
    public static JwtVerifier load(Path file, Expected expected, InstantSource clock) throws IOException {
        String text = Files.readString(file, StandardCharsets.US_ASCII);
        try {
            List<Key> keys = text.contains("-----BEGIN PUBLIC KEY-----") ? pemKeys(text) : jwkKeys(JSON.readTree(text));
            if (keys.isEmpty()) {
                throw new IOException(file + " holds no RSA key of 2048 bits or more and no key of P-256");
            }
            return new JwtVerifier(keys, expected, clock);
        } catch (GeneralSecurityException | IllegalArgumentException e) {
            throw new IOException("cannot read the keys in " + file + ": " + e.getMessage(), e);
        }
    }

    @Override
    public Optional<String> user(String token) {
        try {
            return Optional.of(verified(token));
        } catch (IOException | GeneralSecurityException | IllegalArgumentException e) {
            LOG.info("an access token was refused: {}", e.getMessage());
            return Optional.empty();
        }
    }

    private String verified(String token) throws IOException, GeneralSecurityException {
        String[] parts = token.split("\\.", -1);
        if (parts.length != 3 || token.length() > TOKEN_CHARS_MAX) {
            throw new IOException("no signed JWT");
        }
        JsonNode header = JSON.readTree(decode(parts[0]));
        if (header.has("crit")) {
            throw new IOException("it has critical extensions, none of which is known");
        }
        byte[] signed = (parts[0] + "." + parts[1]).getBytes(StandardCharsets.US_ASCII);
        checkSignature(text(header, "alg"), text(header, "kid"), signed, decode(parts[2]));
        JsonNode claims = JSON.readTree(decode(parts[1]));
        checkClaims(claims);
        if (claims.path(expected.userClaim() + "_verified").isBoolean()
                && !claims.path(expected.userClaim() + "_verified").booleanValue()) { // OpenID Connect Core section 5.1
            throw new IOException("its issuer has not verified that the address is the user's");
        }
        String user = text(claims, expected.userClaim());
        if (user.isEmpty()) {
            throw new IOException("it has no claim '" + expected.userClaim() + "'");
        }
        return user;
    }

    private void checkSignature(String algorithm, String id, byte[] signed, byte[] signature)
            throws IOException, GeneralSecurityException {
        for (Key key : keys) {
            boolean named = id.isEmpty() || key.id().isEmpty() || id.equals(key.id());
            Optional<Signature> verifier = named ? verifier(algorithm, key.key()) : Optional.empty();
            if (verifier.isPresent()) {
                verifier.get().initVerify(key.key());
                verifier.get().update(signed);
                if (verifier.get().verify(signature)) {
                    return;
                }
            }
        }
        throw new IOException("no key here has signed it (alg " + printable(algorithm) + ")");
    }

    private static Optional<Signature> verifier(String algorithm, PublicKey key) throws GeneralSecurityException {
        return switch (key) {
            case RSAPublicKey _ when algorithm.equals("RS256") -> Optional.of(Signature.getInstance("SHA256withRSA"));
            case ECPublicKey _
            when algorithm.equals("ES256") -> Optional.of(Signature.getInstance("SHA256withECDSAinP1363Format"));
            default -> Optional.empty();
        };
    }

    private void checkClaims(JsonNode claims) throws IOException {
        if (!text(claims, "iss").equals(expected.issuer())) {
            throw new IOException("it is of another issuer");
        }
        JsonNode audience = claims.path("aud");
        boolean forUs = audience.isTextual() && audience.textValue().equals(expected.audience());
        for (JsonNode one : audience) {
            forUs |= one.isTextual() && one.textValue().equals(expected.audience());
        }
        if (!forUs) {
            throw new IOException("it is for another audience");
        }
        long now = clock.instant().getEpochSecond();
        if (!claims.path("exp").isNumber() || claims.path("exp").longValue() + SKEW_SECONDS <= now) {
            throw new IOException("it has expired, or does not say when it does");
        }
        JsonNode notBefore = claims.path("nbf");
        if (!notBefore.isMissingNode() && (!notBefore.isNumber() || notBefore.longValue() - SKEW_SECONDS > now)) {
            throw new IOException("it is not valid yet");
        }
    }

    private static List<Key> jwkKeys(JsonNode set) throws GeneralSecurityException {
        List<Key> keys = new ArrayList<>();
        for (JsonNode jwk : set.path("keys")) {
            boolean signs = text(jwk, "use").isEmpty() || text(jwk, "use").equals("sig");
            if (signs && text(jwk, "kty").equals("RSA")) {
                var spec = new RSAPublicKeySpec(number(jwk, "n"), number(jwk, "e"));
                add(keys, text(jwk, "kid"), KeyFactory.getInstance("RSA").generatePublic(spec));
            } else if (signs
                    && text(jwk, "kty").equals("EC")
                    && text(jwk, "crv").equals("P-256")) {
                AlgorithmParameters curve = AlgorithmParameters.getInstance("EC");
                curve.init(new ECGenParameterSpec("secp256r1"));
                ECPoint point = new ECPoint(number(jwk, "x"), number(jwk, "y"));
                var spec = new ECPublicKeySpec(point, curve.getParameterSpec(ECParameterSpec.class));
                add(keys, text(jwk, "kid"), KeyFactory.getInstance("EC").generatePublic(spec));
            }
        }
        return keys;
    }

    private static List<Key> pemKeys(String text) throws GeneralSecurityException {
        List<Key> keys = new ArrayList<>();
        for (String block : text.split("-----BEGIN PUBLIC KEY-----")) {
            int end = block.indexOf("-----END PUBLIC KEY-----");
            if (end >= 0) {
                byte[] encoded = Base64.getMimeDecoder().decode(block.substring(0, end));
                add(keys, "", publicKey(encoded));
            }
        }
        return keys;
    }

    private static PublicKey publicKey(byte[] encoded) throws GeneralSecurityException {
        try {
            return KeyFactory.getInstance("RSA").generatePublic(new X509EncodedKeySpec(encoded));
        } catch (GeneralSecurityException _) {
            return KeyFactory.getInstance("EC").generatePublic(new X509EncodedKeySpec(encoded));
        }
    }

    private static void add(List<Key> keys, String id, PublicKey key) {
        boolean usable =
                switch (key) {
                    case RSAPublicKey rsa -> rsa.getModulus().bitLength() >= RSA_BITS_MIN;
                    case ECPublicKey ec -> ec.getParams().getOrder().bitLength() == 256;
                    default -> false;
                };
        if (usable) {
            keys.add(new Key(id, key));
        }
    }

    private static BigInteger number(JsonNode jwk, String field) {
        return new BigInteger(1, decode(text(jwk, field)));
    }

    private static byte[] decode(String base64) {
        return Base64.getUrlDecoder().decode(base64);
    }

    private static String text(JsonNode object, String field) {
        return object.path(field).isTextual() ? object.path(field).textValue() : "";
    }

    private static String printable(String text) {
        return text.matches("[A-Za-z0-9]{1,16}") ? text : "unreadable";
    }
}
