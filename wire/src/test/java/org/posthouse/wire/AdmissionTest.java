package org.posthouse.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A newcomer and the cluster that it joins, over real sockets.
class AdmissionTest {
    private static final Duration WITHIN = Duration.ofSeconds(20);
    private static final Duration AT_ONCE = Duration.ofMillis(1);

    @TempDir
    private Path folder;

    private Authority authority;
    private PeerIdentity operator;
    private final List<String> asked = new ArrayList<>();

    @BeforeEach
    void cluster() throws IOException {
        authority = Authority.create(folder.resolve("ca"), "test");
        authority.issuePeer("operator:admin", List.of("127.0.0.1"), folder.resolve("operator"));
        operator = PeerIdentity.load(folder.resolve("operator"));
    }

    private Admission admit(String peer) throws IOException {
        return Admission.open(authority, operator, peer, loopback(), (hosts, claims) -> {
            asked.add(hosts + " " + new String(claims, StandardCharsets.UTF_8));
            return "welcome".getBytes(StandardCharsets.UTF_8);
        });
    }

    private static InetSocketAddress loopback() {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
    }

    private String join(JoinToken token, String name) throws IOException {
        byte[] answer = Join.with(
                token,
                List.of("10.0.0.2", "n2.example.org"),
                "claims".getBytes(StandardCharsets.UTF_8),
                folder.resolve(name));
        return new String(answer, StandardCharsets.UTF_8);
    }

    @Test
    void whoBringsTheTokenGetsItsCertificates() throws Exception {
        try (Admission admission = admit("node:n2")) {
            JoinToken carried = JoinToken.parse("  " + admission.token().text() + "\n");
            assertThat(join(carried, "n2")).isEqualTo("welcome");
            assertThat(admission.await(WITHIN)).containsExactly("10.0.0.2", "n2.example.org");
        }
        assertThat(asked).containsExactly("[10.0.0.2, n2.example.org] claims");
        Path files = folder.resolve("n2");
        assertThat(PeerIdentity.load(files).name()).isEqualTo("node:n2");
        assertThat(Pem.certificates(files.resolve(PeerIdentity.CHAIN_FILE))
                        .getFirst()
                        .getSubjectAlternativeNames())
                .contains(List.of(7, "10.0.0.2"), List.of(2, "n2.example.org"));
        assertThat(TlsIdentity.load(files.resolve(Join.SERVER_CHAIN_FILE), files.resolve(Join.SERVER_KEY_FILE))
                        .chain())
                .hasSize(2);
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(files.resolve(PeerIdentity.KEY_FILE))))
                .isEqualTo("rw-------");
    }

    @Test
    void aTokenIsGoodForOnce() throws Exception {
        try (Admission admission = admit("node:n2")) {
            JoinToken token = admission.token();
            assertThat(join(token, "n2")).isEqualTo("welcome");
            // Before whoever admitted it has looked, and after.
            assertThatThrownBy(() -> join(token, "again")).hasMessageContaining("was used");
            admission.await(WITHIN);
            assertThatThrownBy(() -> join(token, "again")).hasMessageContaining("was used");
        }
        assertThat(asked).hasSize(1);
        assertThat(folder.resolve("again")).doesNotExist();
    }

    @Test
    void aWrongTokenIsRefusedAndTheRightOneStaysGood() throws Exception {
        try (Admission admission = admit("node:n2")) {
            JoinToken right = admission.token();
            JoinToken wrong = new JoinToken(right.host(), right.port(), right.peer(), right.authority(), new byte[16]);
            assertThatThrownBy(() -> join(wrong, "n2")).hasMessageContaining("the token is wrong");
            assertThat(asked).isEmpty();
            assertThat(join(right, "n2")).isEqualTo("welcome");
        }
    }

    @Test
    void guessingEndsTheAdmission() throws Exception {
        try (Admission admission = admit("node:n2")) {
            JoinToken right = admission.token();
            JoinToken wrong = new JoinToken(right.host(), right.port(), right.peer(), right.authority(), new byte[16]);
            for (int guess = 0; guess < 10; guess++) {
                assertThatThrownBy(() -> join(wrong, "n2")).isInstanceOf(IOException.class);
            }
            assertThatThrownBy(() -> admission.await(WITHIN)).hasMessageContaining("10 wrong tokens");
            assertThatThrownBy(() -> join(right, "n2")).hasMessageContaining("withdrawn");
        }
    }

    @Test
    void anImpostorIsNotToldTheSecret() throws Exception {
        Authority other = Authority.create(folder.resolve("other"), "other");
        other.issuePeer("operator:admin", List.of("127.0.0.1"), folder.resolve("impostor"));
        try (Admission real = admit("node:n2");
                Admission impostor = Admission.open(
                        other, PeerIdentity.load(folder.resolve("impostor")), "node:n2", loopback(), (_, _) -> {
                            asked.add("impostor");
                            return new byte[0];
                        })) {
            JoinToken token = real.token();
            JoinToken lured = new JoinToken(
                    token.host(), impostor.token().port(), token.peer(), token.authority(), token.secret());
            assertThatThrownBy(() -> join(lured, "n2")).hasMessageContaining("is not the cluster of this token");
        }
        assertThat(asked).isEmpty();
    }

    @Test
    void aNodeOfTheClusterCannotAdmit() throws Exception {
        authority.issuePeer("node:n1", List.of("127.0.0.1"), folder.resolve("n1"));
        try (Admission admission = Admission.open(
                authority, PeerIdentity.load(folder.resolve("n1")), "node:n2", loopback(), (_, _) -> new byte[0])) {
            assertThatThrownBy(() -> join(admission.token(), "n2")).hasMessageContaining("no operator");
        }
    }

    @Test
    void whomTheClusterRefusesIsToldWhyAndMayTryAgain() throws Exception {
        List<String> refusals = new ArrayList<>(List.of("n2 is at another address"));
        try (Admission admission = Admission.open(authority, operator, "node:n2", loopback(), (_, _) -> {
            if (!refusals.isEmpty()) {
                throw new IOException(refusals.removeFirst());
            }
            return new byte[0];
        })) {
            assertThatThrownBy(() -> join(admission.token(), "n2"))
                    .hasMessageContaining("the cluster refuses: n2 is at another address");
            assertThat(folder.resolve("n2")).doesNotExist();
            assertThat(join(admission.token(), "n2")).isEmpty();
        }
    }

    @Test
    void whoLosesTheAnswerMayAskAgain() throws Exception {
        try (Admission admission = admit("node:n2")) {
            JoinToken token = admission.token();
            try (SSLSocket socket =
                    (SSLSocket) TestIdentity.trusting().createSocket(InetAddress.getLoopbackAddress(), token.port())) {
                DataOutputStream out = new DataOutputStream(socket.getOutputStream());
                out.writeUTF(Admission.HELLO);
                Admission.write(out, token.secret());
                out.writeUTF("10.0.0.2");
                Admission.write(out, Authority.newKeyPair().getPublic().getEncoded());
                Admission.write(out, Authority.newKeyPair().getPublic().getEncoded());
                Admission.write(out, new byte[0]);
                out.flush();
                assertThat(new DataInputStream(socket.getInputStream()).readBoolean())
                        .isTrue();
            }
            assertThat(join(token, "n2")).isEqualTo("welcome");
            assertThat(admission.await(WITHIN)).containsExactly("10.0.0.2", "n2.example.org");
        }
    }

    @Test
    void nonsenseIsRefusedAndHarmsNobody() throws Exception {
        try (Admission admission = admit("node:n2")) {
            try (SSLSocket socket = (SSLSocket) TestIdentity.trusting()
                    .createSocket(
                            InetAddress.getLoopbackAddress(), admission.token().port())) {
                DataOutputStream out = new DataOutputStream(socket.getOutputStream());
                out.writeUTF(Admission.HELLO);
                out.writeInt(Integer.MAX_VALUE);
                out.flush();
                assertThat(socket.getInputStream().read()).isEqualTo(-1);
            }
            assertThat(join(admission.token(), "n2")).isEqualTo("welcome");
        }
    }

    @Test
    void nobodyWaitsForEver() throws Exception {
        try (Admission admission = admit("front-end:f1")) {
            assertThatThrownBy(() -> admission.await(AT_ONCE))
                    .hasMessageContaining("nobody has joined as front-end:f1");
            assertThatThrownBy(() -> join(admission.token(), "f1")).hasMessageContaining("withdrawn");
        }
    }

    @Test
    void damagedTokensAreSaidToBe() throws IOException {
        String text;
        try (Admission admission = admit("node:n2")) {
            text = admission.token().text();
            assertThat(admission.token().toString()).doesNotContain(text);
        }
        assertThatThrownBy(() -> JoinToken.parse("hello")).hasMessageContaining("posthouse1.");
        assertThatThrownBy(() -> JoinToken.parse(text.substring(0, 43))).hasMessageContaining("not whole");
        assertThatThrownBy(() -> JoinToken.parse(text.substring(0, text.length() - 4)))
                .hasMessageContaining("token");
        assertThatThrownBy(() -> JoinToken.parse(text.replace('.', ' '))).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> JoinToken.parse("posthouse1.&&&")).hasMessageContaining("damaged");
    }
}
