package org.posthouse.testkit;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.Base64;
import javax.crypto.Mac;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.PBEKeySpec;
import javax.crypto.spec.SecretKeySpec;

/// The client's side of SCRAM-SHA-256 (RFC 5802, 7677), written apart from the server's. Messages are in base64.
public final class ScramClient {
    private final String header;
    private final byte[] binding;
    private final String firstBare;
    private final String password;
    private byte[] serverSignature;

    private ScramClient(String header, byte[] binding, String user, String password, String nonce) {
        this.header = header;
        this.binding = binding.clone();
        this.firstBare = "n=" + user.replace("=", "=3D").replace(",", "=2C") + ",r=" + nonce;
        this.password = password;
    }

    /// Without channel binding.
    public static ScramClient of(String user, String password) {
        return new ScramClient("n,,", new byte[0], user, password, "rOprNGfwEbeRWgbNEkqO");
    }

    /// With other flags than that it knows no channel binding: `y,,` or `n,a=other,`.
    public static ScramClient of(String header, String user, String password) {
        return new ScramClient(header, new byte[0], user, password, "rOprNGfwEbeRWgbNEkqO");
    }

    /// Bound to its TLS, for the mechanism whose name ends in `-PLUS`.
    public static ScramClient bound(String type, byte[] binding, String user, String password) {
        return new ScramClient("p=" + type + ",,", binding, user, password, "rOprNGfwEbeRWgbNEkqO");
    }

    /// `client-first-message`.
    public String first() {
        return encoded(header + firstBare);
    }

    /// `client-final-message`.
    public String last(String challenge) throws GeneralSecurityException {
        String serverFirst = new String(Base64.getDecoder().decode(challenge), StandardCharsets.UTF_8);
        String[] parts = serverFirst.split(",", -1);
        byte[] salt = Base64.getDecoder().decode(parts[1].substring(2));
        int iterations = Integer.parseInt(parts[2].substring(2));
        byte[] salted = SecretKeyFactory.getInstance("PBKDF2WithHmacSHA256")
                .generateSecret(new PBEKeySpec(password.toCharArray(), salt, iterations, 256))
                .getEncoded();
        ByteArrayOutputStream input = new ByteArrayOutputStream();
        input.writeBytes(header.getBytes(StandardCharsets.UTF_8));
        input.writeBytes(binding);
        String withoutProof = "c=" + Base64.getEncoder().encodeToString(input.toByteArray()) + "," + parts[0];
        String message = firstBare + "," + serverFirst + "," + withoutProof;
        byte[] clientKey = hmac(salted, "Client Key");
        byte[] signature = hmac(MessageDigest.getInstance("SHA-256").digest(clientKey), message);
        byte[] proof = new byte[clientKey.length];
        for (int i = 0; i < proof.length; i++) {
            proof[i] = (byte) (clientKey[i] ^ signature[i]);
        }
        serverSignature = hmac(hmac(salted, "Server Key"), message);
        return encoded(withoutProof + ",p=" + Base64.getEncoder().encodeToString(proof));
    }

    /// Whether `server-final-message` proves that the server knows the user's keys.
    public boolean trusts(String serverFinal) {
        return serverFinal.equals(encoded("v=" + Base64.getEncoder().encodeToString(serverSignature)));
    }

    private static String encoded(String text) {
        return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
    }

    private static byte[] hmac(byte[] key, String text) throws GeneralSecurityException {
        Mac mac = Mac.getInstance("HmacSHA256");
        mac.init(new SecretKeySpec(key, "HmacSHA256"));
        return mac.doFinal(text.getBytes(StandardCharsets.UTF_8));
    }
}
