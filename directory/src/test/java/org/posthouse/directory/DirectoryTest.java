package org.posthouse.directory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.List;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.posthouse.cluster.DirectoryImage;
import org.posthouse.cluster.DirectoryImage.Alias;
import org.posthouse.cluster.DirectoryImage.Domain;
import org.posthouse.cluster.DirectoryImage.User;
import org.posthouse.wire.Secret;

class DirectoryTest {
    private static final byte[] SECRET = "secret".getBytes(StandardCharsets.UTF_8);
    private static final byte[] WRONG = "Secret".getBytes(StandardCharsets.UTF_8);
    private static final Secret RIGHT = new Secret.Password("secret");
    private static final Secret OTHER = new Secret.Password("Secret");
    private static final String HASH = PasswordHash.hash(SECRET, new byte[16]);

    private final AtomicLong nanos = new AtomicLong();
    private final PasswordVerifier verifier = new PasswordVerifier(nanos::get, new SecureRandom());

    @ParameterizedTest
    @CsvSource({
        "no-at-sign, Malformed",
        "@example.org, Malformed",
        "a@b@example.org, Malformed",
        "spa ce@example.org, Malformed",
        "nobody@example.org, Unknown",
        "user1@elsewhere.org, Foreign",
        "retired@example.org, Disabled",
        "loop@example.org, Unknown",
        "user1@example.org, Local",
        "USER1@Example.ORG, Local",
        "user1+lists@example.org, Local",
        "both@example.org, Local",
        "chain@example.org, Local",
    })
    void resolves(String address, String expected) {
        assertThat(Directory.resolve(sample(), address).getClass().getSimpleName())
                .isEqualTo(expected);
    }

    @Test
    void anAliasNamesEachMailboxOnce() {
        assertThat(Directory.resolve(sample(), "chain@example.org"))
                .isEqualTo(new Resolution.Local("vs1", List.of(user("user1", true), user("user2", true))));
    }

    @Test
    void aNegativeAnswerComesFromTheNewestImage() throws IOException {
        AtomicInteger reads = new AtomicInteger();
        Directory directory = new Directory(
                DirectoryTest::empty,
                () -> {
                    reads.incrementAndGet();
                    return sample();
                },
                verifier,
                () -> "cluster",
                TokenVerifier.NONE);
        assertThat(directory.resolve("user1@example.org")).isInstanceOf(Resolution.Local.class);
        assertThat(directory.logIn("user1@example.org", RIGHT)).isInstanceOf(Directory.LogIn.Accepted.class);
        assertThat(reads).hasValue(2);
    }

    @Test
    void withoutANewestImageThereIsNoNegativeAnswer() throws IOException {
        Directory directory = new Directory(
                DirectoryTest::sample,
                () -> {
                    throw new IOException("the cluster group has no quorum");
                },
                verifier,
                () -> "cluster",
                TokenVerifier.NONE);
        assertThat(directory.resolve("user1@example.org")).isInstanceOf(Resolution.Local.class);
        assertThatThrownBy(() -> directory.resolve("nobody@example.org")).hasMessageContaining("no quorum");
        assertThatThrownBy(() -> directory.logIn("user1@example.org", OTHER)).hasMessageContaining("no quorum");
    }

    @Test
    void wrongPasswordUnknownAndDisabledLookAlike() throws IOException {
        Directory directory = new Directory(
                DirectoryTest::sample, DirectoryTest::sample, verifier, () -> "cluster", TokenVerifier.NONE);
        for (String name :
                List.of("user1@example.org", "nobody@example.org", "retired@example.org", "both@example.org")) {
            assertThat(directory.logIn(name, OTHER)).isEqualTo(new Directory.LogIn.Refused());
        }
        assertThat(directory.logIn("user1@example.org", RIGHT))
                .isEqualTo(new Directory.LogIn.Accepted(user("user1", true)));
    }

    @Test
    void aHashVerifiesOnlyItsPassword() {
        assertThat(HASH).startsWith("$argon2id$v=19$m=19456,t=2,p=1$");
        assertThat(PasswordHash.wellFormed(HASH)).isTrue();
        assertThat(PasswordHash.verify(HASH, SECRET)).isTrue();
        assertThat(PasswordHash.verify(HASH, WRONG)).isFalse();
        assertThat(PasswordHash.verify("secret", SECRET)).isFalse();
    }

    @Test
    void aRightPasswordIsRememberedForFiveMinutesAndNotAcrossAChange() {
        assertThat(verifier.verify(HASH, SECRET)).isTrue();
        assertThat(verifier.verify(PasswordHash.hash(WRONG, new byte[16]), SECRET))
                .isFalse();
        assertThat(verifier.verify(HASH, WRONG)).isFalse();
        nanos.addAndGet(300_000_000_001L);
        assertThat(verifier.verify(HASH, SECRET)).isTrue();
    }

    private static DirectoryImage empty() {
        return new DirectoryImage(new TreeMap<>(), new TreeMap<>(), new TreeMap<>());
    }

    private static DirectoryImage sample() {
        DirectoryImage image = empty();
        image.domains().put("example.org", new Domain("example.org"));
        for (User user : List.of(user("user1", true), user("user2", true), user("retired", false))) {
            image.users().put(user.address(), user);
        }
        alias(image, "both@example.org", "user1@example.org", "user2@example.org");
        alias(image, "chain@example.org", "both@example.org", "user1@example.org");
        alias(image, "loop@example.org", "loop@example.org");
        return image;
    }

    private static User user(String name, boolean enabled) {
        return new User(name + "@example.org", HASH, "vs1", enabled, 0);
    }

    private static void alias(DirectoryImage image, String address, String... targets) {
        image.aliases().put(address, new Alias(address, List.of(targets)));
    }
}
