package org.posthouse.mailstore;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class HashesTest {
    @Test
    void theChecksumOfBothPartsIsThatOfTheWhole() {
        Random random = new Random(1);
        for (int length : new int[] {0, 1, 2, 7, 100, 65_536, 300_001}) {
            byte[] bytes = new byte[length];
            random.nextBytes(bytes);
            int cut = length == 0 ? 0 : random.nextInt(length);
            int both = Hashes.crc32cOfBoth(
                    Hashes.crc32c(bytes, 0, cut), Hashes.crc32c(bytes, cut, length - cut), length - cut);
            assertThat(both).isEqualTo(Hashes.crc32c(bytes));
        }
    }

    @Test
    void theContentHashLeavesTheHeaderOutHoweverThePiecesFall() {
        byte[] one = "Received: x\r\nSubject: y\r\n\r\nbody\r\n\r\nmore".getBytes(StandardCharsets.UTF_8);
        byte[] other = "Received: another one\r\nSubject: y\r\n\r\nbody\r\n\r\nmore".getBytes(StandardCharsets.UTF_8);
        byte[] third = "Subject: y\r\n\r\nbody\r\n\r\nMore".getBytes(StandardCharsets.UTF_8);
        long hash = ContentHash.of(one).value();
        assertThat(ContentHash.of(other).value()).isEqualTo(hash);
        assertThat(ContentHash.of(third).value()).isNotEqualTo(hash);
        for (int cut = 0; cut <= one.length; cut++) {
            ContentHash pieces =
                    ContentHash.EMPTY.and(Arrays.copyOf(one, cut)).and(Arrays.copyOfRange(one, cut, one.length));
            assertThat(pieces.value()).as("cut at %d", cut).isEqualTo(hash);
        }
    }

    @Test
    void theRowHashIsFixedForever() {
        // Part of the replicated state: a change here makes replicas of two releases differ.
        assertThat(Hashes.row(new byte[] {1, 2, 3}, "a value of some length".getBytes(StandardCharsets.UTF_8)))
                .isEqualTo(-7296367113143900272L);
    }
}
