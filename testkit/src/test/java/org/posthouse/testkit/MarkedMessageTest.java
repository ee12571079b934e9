package org.posthouse.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class MarkedMessageTest {
    @Test
    void hasTheSizeAskedForAndReadsBack() {
        byte[] message = MarkedMessage.of("run-1", "user1@example.org", 10_240);
        assertThat(message).hasSize(10_240);
        assertThat(MarkedMessage.read(message)).contains(new MarkedMessage.Read("run-1", true));
        assertThat(MarkedMessage.of("run-1", "user1@example.org", 10_240)).isEqualTo(message);
    }

    @Test
    void headersInFrontDoNotMatterADamagedBodyDoes() {
        byte[] message = MarkedMessage.of("run-2", "user1@example.org", 2_000);
        byte[] received = ("Received: from here\r\n\tby there\r\n" + new String(message, StandardCharsets.US_ASCII))
                .getBytes(StandardCharsets.US_ASCII);
        assertThat(MarkedMessage.read(received)).contains(new MarkedMessage.Read("run-2", true));
        received[received.length - 10] ^= 1;
        assertThat(MarkedMessage.read(received)).contains(new MarkedMessage.Read("run-2", false));
        assertThat(MarkedMessage.read("Subject: x\r\n\r\n".getBytes(StandardCharsets.US_ASCII)))
                .isEmpty();
    }
}
