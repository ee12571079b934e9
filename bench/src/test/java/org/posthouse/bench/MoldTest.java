package org.posthouse.bench;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.posthouse.testkit.MarkedMessage;

class MoldTest {
    @Test
    void messagesHaveTheSizeAndDiffer() {
        Mold mold = new Mold(10_240);
        byte[] first = mold.message();
        byte[] second = mold.message();
        assertThat(first).hasSize(10_240);
        assertThat(second).hasSize(10_240).isNotEqualTo(first);
        MarkedMessage.Read one = MarkedMessage.read(first).orElseThrow();
        MarkedMessage.Read two = MarkedMessage.read(second).orElseThrow();
        assertThat(one.intact()).isTrue();
        assertThat(two.id()).isNotEqualTo(one.id());
    }
}
