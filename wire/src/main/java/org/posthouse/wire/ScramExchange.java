package org.posthouse.wire;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Optional;
import org.posthouse.wire.Sasl.SaslException;

/// The server's side of one SCRAM exchange (RFC 5802, with SHA-256: RFC 7677) up to the client's proof, which somebody
/// else verifies who knows the user's keys. So a front end carries on the exchange without them. Pure.
final class ScramExchange {
    private static final int NONCE_CHARS_MAX = 1_024;

    private final boolean bindingOffered;
    private final Optional<ChannelBinding> channel;
    private String gs2Header;
    private byte[] bound = new byte[0];
    private String firstBare;
    private String nonce;
    private String serverFirst;

    /// What the client said first.
    ///
    /// @param user prepared
    /// @param actsFor the authorization identity, `""` for none
    record First(String user, String actsFor) {}

    /// @param channel offered to the client; empty where there is none
    ScramExchange(Optional<ChannelBinding> channel) {
        this.channel = channel;
        this.bindingOffered = channel.isPresent();
    }

    /// Reads `client-first-message`.
    ///
    /// @param withBinding whether the mechanism is the one whose name ends in `-PLUS`
    First first(String message, boolean withBinding) throws SaslException {
        int flagEnd = message.indexOf(',');
        int headerEnd = message.indexOf(',', flagEnd + 1);
        if (flagEnd < 0 || headerEnd < 0) {
            throw new SaslException("SCRAM begins with a channel binding flag and an identity");
        }
        bind(message.substring(0, flagEnd), withBinding);
        String identity = message.substring(flagEnd + 1, headerEnd);
        gs2Header = message.substring(0, headerEnd + 1);
        firstBare = message.substring(headerEnd + 1);
        String[] attributes = firstBare.split(",", -1);
        if (attributes.length < 2 || !attributes[0].startsWith("n=") || !attributes[1].startsWith("r=")) {
            throw new SaslException("SCRAM needs a user and a nonce, and knows no mandatory extension");
        }
        nonce = attributes[1].substring(2);
        if (!isNonce(nonce)) {
            throw new SaslException("the nonce is empty, too long or not printable");
        }
        if (!identity.isEmpty() && !identity.startsWith("a=")) {
            throw new SaslException("not an authorization identity");
        }
        String actsFor = identity.isEmpty() ? "" : prepared(saslName(identity.substring(2)));
        return new First(prepared(saslName(attributes[0].substring(2))), actsFor);
    }

    /// RFC 5802 section 6: which flags fit to which mechanism.
    private void bind(String flag, boolean withBinding) throws SaslException {
        if (flag.startsWith("p=") != withBinding) {
            throw new SaslException(withBinding ? "the mechanism wants channel binding" : "not with channel binding");
        }
        if (withBinding) {
            bound = channel.flatMap(tls -> tls.data(flag.substring(2)))
                    .orElseThrow(() -> new SaslException("no such channel binding here"));
        } else if (flag.equals("y") && bindingOffered) {
            throw new SaslException("somebody has removed the mechanism with channel binding from the offer");
        } else if (!flag.equals("y") && !flag.equals("n")) {
            throw new SaslException("not a channel binding flag");
        }
    }

    /// `server-first-message`.
    ///
    /// @param ownNonce printable, without commas
    String challenge(String ownNonce, ScramSalt salt) {
        nonce += ownNonce;
        serverFirst = "r=" + nonce + ",s=" + salt.salt() + ",i=" + salt.iterations();
        return serverFirst;
    }

    /// Reads `client-final-message`, and checks all of it but the proof.
    Secret.ScramProof last(String message) throws SaslException {
        int proofAt = message.lastIndexOf(",p=");
        if (proofAt < 0) {
            throw new SaslException("SCRAM ends with a proof");
        }
        String withoutProof = message.substring(0, proofAt);
        String[] attributes = withoutProof.split(",", -1);
        if (attributes.length < 2 || !attributes[0].equals("c=" + expectedBinding())) {
            throw new SaslException("the channel binding is not this connection's");
        }
        if (!attributes[1].equals("r=" + nonce)) {
            throw new SaslException("the nonce is not this exchange's");
        }
        String proof = message.substring(proofAt + 3);
        return new Secret.ScramProof(proof, firstBare + "," + serverFirst + "," + withoutProof);
    }

    private String expectedBinding() {
        ByteArrayOutputStream input = new ByteArrayOutputStream();
        input.writeBytes(gs2Header.getBytes(StandardCharsets.UTF_8));
        input.writeBytes(bound);
        return Base64.getEncoder().encodeToString(input.toByteArray());
    }

    private static boolean isNonce(String text) {
        return !text.isEmpty()
                && text.length() <= NONCE_CHARS_MAX
                && text.chars().allMatch(c -> c > ' ' && c < 0x7f);
    }

    /// `saslname` of RFC 5802 section 7.
    private static String saslName(String encoded) throws SaslException {
        String plain = encoded.replace("=2C", ",").replace("=3D", "=");
        boolean others = encoded.replace("=2C", "").replace("=3D", "").contains("=");
        if (others || encoded.isEmpty() || encoded.indexOf('\0') >= 0) {
            throw new SaslException("not a SCRAM user name");
        }
        return plain;
    }

    private static String prepared(String name) throws SaslException {
        return SaslPrep.prepare(name).orElseThrow(() -> new SaslException("a prohibited character in the user name"));
    }
}
