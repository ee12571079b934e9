package org.posthouse.mail;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Message IDs, however they are spelt.
class MessageIdsTest {

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "<a@b>                              | a@b",
                "<\"01KF8J\"@xxx.yyy>               | 01KF8J@xxx.yyy",
                "<a@[127.0.0.1]>                    | a@[127.0.0.1]",
                "< a @ b > (c)                      | a@b",
                "<a@b><c@d>\t<e@f>                  | a@b c@d e@f",
                "Your message of Monday <a@b>       | a@b",
                "(<not@this>) <a@b>                 | a@b",
                "<no-host> <a@b>                    | a@b",
                "<@b> <a@> <>                       | ``",
                "<a@b                               | ``",
                "<a@b <c@d>                         | c@d",
                "a@b                                | ``",
            })
    void inAField(String field, String ids) {
        assertThat(String.join(" ", MessageIds.all(field))).isEqualTo(ids);
    }

    @Test
    void none() {
        assertThat(MessageIds.all(null)).isEmpty();
        assertThat(MessageIds.first("nothing")).isNull();
    }

    @Test
    void ofVeryManyTheEndsAreKept() {
        StringBuilder field = new StringBuilder();
        for (int i = 0; i < 5_000; i++) {
            field.append('<').append(i).append("@x>\r\n ");
        }
        assertThat(MessageIds.all(field.toString()))
                .hasSize(1_000)
                .startsWith("0@x", "1@x")
                .endsWith("4998@x", "4999@x");
    }
}
