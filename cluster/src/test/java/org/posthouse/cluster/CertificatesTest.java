package org.posthouse.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.posthouse.cluster.Certificates.Certificate;
import org.posthouse.cluster.Certificates.Revoked;

/// Which certificates are noted, and which are refused.
class CertificatesTest extends ModelStories {
    private static final long LATE = 4_000_000_000_000L;

    private static Certificate certificate(int digit, long expires) {
        return new Certificate(Integer.toHexString(digit).repeat(64), expires);
    }

    private static Certificate certificate(int digit) {
        return certificate(digit, LATE);
    }

    private void shown(String node, Certificate certificate) {
        cluster.accepted(new Command.NoteCertificates(new TreeMap<>(Map.of(node, certificate))));
    }

    private Certificates known() {
        return cluster.image.certificates();
    }

    @Test
    void theCertificateOfANodeThatWasEvictedIsRefused() {
        cluster = new ModelCluster(5, 4, 1);
        steps(200);
        shown("n4", certificate(4));
        assertThat(cluster.image.knowsNot(known().shown())).isFalse();
        cluster.accepted(new Command.EvictNode("n4"));
        await("n4 gone", 300, () -> !cluster.image.nodes().containsKey("n4"));
        assertThat(known().shown()).doesNotContainKey("n4");
        assertThat(known().revoked()).hasSize(1);
        assertThat(known().revoked().getFirst().reason()).startsWith("n4 was evicted from the cluster at 19");

        // A heartbeat of before that is counted late.
        shown("n4", certificate(4));
        cluster.install("n4");
        cluster.accepted(ModelCluster.adding("n4"));
        shown("n4", certificate(4));
        assertThat(known().shown()).as("what it shows from now on is another").doesNotContainKey("n4");
        shown("n4", certificate(5));
        assertThat(known().shown()).containsEntry("n4", certificate(5));
        assertThat(known().reasons()).containsOnlyKeys(certificate(4).fingerprint());
    }

    @Test
    void ofANodeThatShowsAnotherTheOneBeforeIsRefused() {
        cluster = new ModelCluster(5, 3, 1);
        steps(100);
        shown("n2", certificate(2));
        assertThat(cluster.image.history().getLast().text()).doesNotContain("certificate");
        shown("n2", certificate(3));
        assertThat(cluster.image.history().getLast().text())
                .isEqualTo("node n2 shows another certificate; the one before is refused from now on");
        assertThat(known().shown()).containsEntry("n2", certificate(3));
        assertThat(known().reasons().get(certificate(2).fingerprint()))
                .startsWith("this certificate of n2 was replaced by another at 19");
        assertThat(cluster.image.knowsNot(new TreeMap<>(Map.of("n2", certificate(2)))))
                .as("a copy of before")
                .isFalse();
    }

    @Test
    void whatHasExpiredIsForgotten() {
        Certificates certificates = Certificates.NONE
                .showing("n1", certificate(1, 1000), 10)
                .showing("n1", certificate(2, 5000), 20)
                .showing("n1", certificate(3, 9000), 900);
        assertThat(certificates.revoked()).extracting(Revoked::at).containsExactly(20L, 900L);
        assertThat(certificates.evicting("n1", 2000).revoked())
                .extracting(Revoked::certificate)
                .containsExactly(certificate(2, 5000), certificate(3, 9000));
    }

    @Test
    void theListIsBounded() {
        Certificates certificates = Certificates.NONE;
        for (int i = 0; i <= Certificates.REVOKED_MAX + 1; i++) {
            certificates = certificates.showing("n1", new Certificate("%064x".formatted(i), LATE - i), i);
        }
        assertThat(certificates.revoked()).hasSize(Certificates.REVOKED_MAX);
        assertThat(certificates.revoked().getFirst().certificate().expires()).isEqualTo(LATE);
    }

    @Test
    void aLineSaysIt() {
        Revoked revoked = new Revoked(certificate(10), "n4", true, 77);
        assertThat(Revoked.parse(revoked.line())).isEqualTo(revoked);
        assertThatThrownBy(() -> Revoked.parse("revoked all 1 n4 true 7")).hasMessageContaining("'revoked all");
    }

    @Test
    void anOlderNodeIsNotToldOfThem() {
        assertThat(new Event.NodeCertified("n1", certificate(1), false).needsLevel())
                .isEqualTo(Certificates.LEVEL);
    }
}
