package org.posthouse.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AuthorityTest {
    @TempDir
    private Path folder;

    @Test
    void certificatesCarryNamesAddressesAndPurposes() throws Exception {
        Authority authority = Authority.create(folder.resolve("ca"), "sample");
        Path files = folder.resolve("n1");
        authority.issuePeer("node:n1", List.of("127.0.0.11", "::1", "n1.example.org"), files);
        List<X509Certificate> chain = Pem.certificates(files.resolve(PeerIdentity.CHAIN_FILE));
        assertThat(chain).hasSize(2);
        X509Certificate own = chain.getFirst();
        own.verify(chain.get(1).getPublicKey());
        assertThat(own.getSubjectX500Principal().getName()).isEqualTo("CN=node:n1");
        assertThat(own.getSubjectAlternativeNames())
                .contains(
                        List.of(6, "posthouse:node:n1"),
                        List.of(7, "127.0.0.11"),
                        List.of(7, "0:0:0:0:0:0:0:1"),
                        List.of(2, "n1.example.org"));
        // serverAuth and clientAuth
        assertThat(own.getExtendedKeyUsage()).containsExactly("1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2");
        assertThat(own.getBasicConstraints()).isEqualTo(-1);
        assertThat(chain.get(1).getBasicConstraints()).isZero();
        assertThat(own.getNotAfter().toInstant())
                .isBetween(
                        Instant.now().plus(Duration.ofDays(364)), Instant.now().plus(Duration.ofDays(366)));
        assertThat(PeerIdentity.load(files).name()).isEqualTo("node:n1");
    }

    @Test
    void onlyTheOwnerMayReadTheFiles() throws IOException {
        Authority authority = Authority.create(folder.resolve("ca"), "sample");
        authority.issuePeer("operator:admin", List.of("127.0.0.1"), folder.resolve("admin"));
        try (Stream<Path> files = Files.walk(folder).filter(Files::isRegularFile)) {
            assertThat(files.toList()).hasSize(5).allSatisfy(file -> assertThat(
                            PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                    .isEqualTo("rw-------"));
        }
    }

    @Test
    void anAuthorityIsMadeOnceAndOpenedAgain() throws Exception {
        Path files = folder.resolve("ca");
        assertThat(Authority.exists(files)).isFalse();
        Authority first = Authority.create(files, "sample");
        assertThat(Authority.exists(files)).isTrue();
        assertThatThrownBy(() -> Authority.create(files, "sample")).hasMessageContaining("already");
        first.issuePeer("node:n1", List.of("127.0.0.1"), folder.resolve("a"));
        Authority.open(files).issuePeer("node:n1", List.of("127.0.0.1"), folder.resolve("b"));
        assertThat(Pem.certificates(folder.resolve("a").resolve(PeerIdentity.TRUST_FILE)))
                .isEqualTo(Pem.certificates(folder.resolve("b").resolve(PeerIdentity.TRUST_FILE)));
    }

    @Test
    void namesThatNoPeerCanHave() throws IOException {
        Authority authority = Authority.create(folder.resolve("ca"), "sample");
        for (String name : List.of("n1", "node:", "nodes:n1", "node:a b", "node:" + "x".repeat(64), "node:ü")) {
            assertThatThrownBy(() -> authority.issuePeer(name, List.of("127.0.0.1"), folder.resolve("x")))
                    .isInstanceOf(IllegalArgumentException.class);
        }
    }

    @Test
    void damagedFilesAreNamed() throws IOException {
        Authority authority = Authority.create(folder.resolve("ca"), "sample");
        Path files = folder.resolve("n1");
        authority.issuePeer("node:n1", List.of("127.0.0.1"), files);
        Files.writeString(files.resolve(PeerIdentity.KEY_FILE), "nonsense");
        assertThatThrownBy(() -> PeerIdentity.load(files))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("peer.key");
    }
}
