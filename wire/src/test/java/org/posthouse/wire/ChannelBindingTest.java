package org.posthouse.wire;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.math.BigInteger;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import java.util.Optional;
import javax.net.ssl.SSLSocket;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.jce.provider.BouncyCastleProvider;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.posthouse.wire.SaslExchange.Bearers;

/// Which connections a log-in can be bound to.
@Timeout(60)
class ChannelBindingTest {

    /// A certificate of its own, valid for an hour.
    private static TlsIdentity signedWith(String keys, String signature) throws Exception {
        KeyPair pair = KeyPairGenerator.getInstance(keys).generateKeyPair();
        X500Name name = new X500Name("CN=localhost");
        Instant now = Instant.now();
        X509Certificate certificate = new JcaX509CertificateConverter()
                .getCertificate(new JcaX509v3CertificateBuilder(
                                name,
                                BigInteger.ONE,
                                Date.from(now.minusSeconds(60)),
                                Date.from(now.plusSeconds(3_600)),
                                name,
                                pair.getPublic())
                        .build(new JcaContentSignerBuilder(signature)
                                .setProvider(new BouncyCastleProvider())
                                .build(pair.getPrivate())));
        return new TlsIdentity(pair.getPrivate(), List.of(certificate));
    }

    @ParameterizedTest
    @CsvSource({
        "EC, SHA256withECDSA, TLSv1.3, true, true",
        "EC, SHA256withECDSA, TLSv1.2, false, true",
        "RSA, SHA512withRSA, TLSv1.2, false, true",
        "RSA, SHA256withRSAandMGF1, TLSv1.3, true, false",
        "RSA, SHA256withRSAandMGF1, TLSv1.2, false, false",
        "Ed25519, Ed25519, TLSv1.3, true, false",
        "Ed25519, Ed25519, TLSv1.2, false, false"
    })
    void plusIsOfferedWhereThereIsABinding(
            String keys, String signature, String protocol, boolean exporter, boolean endPoint) throws Exception {
        Listener.Plan plan = new Listener.Plan(
                "bindings",
                new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
                Listener.Limits.DEFAULT,
                Optional.of(signedWith(keys, signature)),
                true,
                ServiceGate.alwaysOpen(),
                _ -> "");
        Listener listener =
                Listener.open(plan, client -> client.output().write(said(client).getBytes(US_ASCII)));
        try (Socket plain = new Socket(
                        InetAddress.getLoopbackAddress(), listener.address().getPort());
                SSLSocket socket = (SSLSocket) TestIdentity.trusting().createSocket(plain, "localhost", 0, true)) {
            socket.setSoTimeout(20_000);
            socket.setEnabledProtocols(new String[] {protocol});
            BufferedReader in = new BufferedReader(new InputStreamReader(socket.getInputStream(), US_ASCII));
            assertThat(in.readLine()).isEqualTo(exporter + " " + endPoint + " " + (exporter || endPoint));
        } finally {
            listener.close(Duration.ZERO);
        }
    }

    /// Whether there is a binding of each type, and whether SCRAM-SHA-256-PLUS is offered.
    private static String said(Duplex client) {
        Optional<ChannelBinding> binding = client.channelBinding();
        boolean exporter =
                binding.flatMap(of -> of.data(ChannelBinding.EXPORTER)).isPresent();
        boolean endPoint =
                binding.flatMap(of -> of.data(ChannelBinding.SERVER_END_POINT)).isPresent();
        boolean offered = SaslExchange.mechanisms(client, Bearers.NONE).contains("SCRAM-SHA-256-PLUS");
        return exporter + " " + endPoint + " " + offered + "\r\n";
    }
}
