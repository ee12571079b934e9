package org.posthouse.replication;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.StringWriter;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.Base64;
import java.util.Date;
import java.util.List;
import java.util.Optional;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.posthouse.replication.TestCluster.Node;

/// Members talk over mutual TLS, and only to nodes.
class TlsTest {
    @TempDir
    Path folder;

    private KeyPair authorityKey;
    private X509Certificate authority;
    private volatile String evicted = "";

    private static KeyPair keyPair() throws Exception {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
        generator.initialize(256);
        return generator.generateKeyPair();
    }

    private static X509Certificate certificate(String name, KeyPair key, String issuer, KeyPair issuerKey, boolean ca)
            throws Exception {
        Instant now = Instant.now();
        var builder = new JcaX509v3CertificateBuilder(
                new X500Name("CN=" + issuer),
                BigInteger.valueOf(System.nanoTime()),
                Date.from(now.minusSeconds(60)),
                Date.from(now.plusSeconds(3600)),
                new X500Name("CN=" + name),
                key.getPublic());
        builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(ca));
        return new JcaX509CertificateConverter()
                .getCertificate(
                        builder.build(new JcaContentSignerBuilder("SHA256withECDSA").build(issuerKey.getPrivate())));
    }

    private static Path pem(Path file, String type, byte[] content) throws Exception {
        StringWriter text = new StringWriter();
        text.append("-----BEGIN ").append(type).append("-----\n");
        text.append(Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(content));
        text.append("\n-----END ").append(type).append("-----\n");
        return Files.writeString(file, text.toString());
    }

    private Settings.Tls tls(String name) throws Exception {
        if (authority == null) {
            authorityKey = keyPair();
            authority = certificate("authority", authorityKey, "authority", authorityKey, true);
        }
        KeyPair key = keyPair();
        String file = name.replace(':', '-');
        return new Settings.Tls(
                pem(
                        folder.resolve(file + ".key"),
                        "PRIVATE KEY",
                        key.getPrivate().getEncoded()),
                pem(
                        folder.resolve(file + ".crt"),
                        "CERTIFICATE",
                        certificate(name, key, "authority", authorityKey, false).getEncoded()),
                pem(folder.resolve("ca.crt"), "CERTIFICATE", authority.getEncoded()),
                this::refusal);
    }

    private Optional<String> refusal(X509Certificate peer) {
        String name = peer.getSubjectX500Principal().getName();
        return name.startsWith("CN=node:") && !name.equals(evicted) ? Optional.empty() : Optional.of("no node");
    }

    @Test
    void nodesReplicateOverMutualTls() throws Exception {
        TestCluster cluster = new TestCluster(folder);
        for (int i = 1; i <= 3; i++) {
            cluster.tls.put("n" + i, Optional.of(tls("node:n" + i)));
        }
        try (cluster) {
            cluster.formed(3);
            assertThat(cluster.leader().propose("a")).isEqualTo("1:a");
            TestCluster.await(
                    "all to have it", () -> cluster.nodes.values().stream().allMatch(node -> node.ledger.count() == 1));
        }
    }

    @Test
    void aStandingConnectionOfOneThatIsRefusedFromNowOnIsOfNoUse() throws Exception {
        TestCluster cluster = new TestCluster(folder);
        for (int i = 1; i <= 3; i++) {
            cluster.tls.put("n" + i, Optional.of(tls("node:n" + i)));
        }
        try (cluster) {
            cluster.formed(3);
            Node before = cluster.leader();
            before.propose("a");
            TestCluster.await(
                    "all to have it", () -> cluster.nodes.values().stream().allMatch(node -> node.ledger.count() == 1));
            evicted = "CN=node:" + before.name;
            // Its entries reach nobody: the others elect one of themselves, and it hears nothing of that.
            List<Node> others = cluster.nodes.values().stream()
                    .filter(node -> node != before)
                    .toList();
            TestCluster.await("another leader", () -> others.stream().anyMatch(Node::leads));
            Node leader = others.stream().filter(Node::leads).findFirst().orElseThrow();
            assertThat(leader.propose("b")).isEqualTo("2:b");
            assertThat(before.ledger.copy()).containsExactly("a");

            evicted = "";
            TestCluster.await("it to have the other too", () -> before.ledger.count() == 2);
        }
    }

    @Test
    void aFrontEndsCertificateGetsNoAnswer() throws Exception {
        TestCluster cluster = new TestCluster(folder);
        cluster.tls.put("n1", Optional.of(tls("node:n1")));
        cluster.tls.put("n2", Optional.of(tls("node:n2")));
        cluster.tls.put("n3", Optional.of(tls("front-end:n3")));
        try (cluster) {
            cluster.formed(3);
            Node leader = cluster.leader();
            assertThat(List.of("n1", "n2")).contains(leader.name);
            leader.propose("a");
            Node other = cluster.node(leader.name.equals("n1") ? "n2" : "n1");
            TestCluster.await("the other node to have it", () -> other.ledger.count() == 1);
            assertThat(cluster.node("n3").ledger.count()).isZero();
        }
    }
}
