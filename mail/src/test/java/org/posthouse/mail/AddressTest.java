package org.posthouse.mail;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AddressTest {

    /// name, route, mailbox, host; - is null.
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "joe@example.org                      | -            | - | joe      | example.org",
                "<joe@example.org>                    | -            | - | joe      | example.org",
                "Joe Doe <joe@example.org>            | Joe Doe      | - | joe      | example.org",
                "\"Doe, Joe\" <joe@example.org>       | Doe, Joe     | - | joe      | example.org",
                "\"a \\\"b\\\" c\" <joe@example.org>  | a \"b\" c    | - | joe      | example.org",
                "joe@example.org (Joe Doe)            | Joe Doe      | - | joe      | example.org",
                "joe . doe @ example . org            | -            | - | joe.doe  | example.org",
                "\"joe doe\"@example.org              | -            | - | joe doe  | example.org",
                "joe@[192.0.2.1]                      | -            | - | joe      | [192.0.2.1]",
                "Joe <@a.org,@b.org:joe@example.org>  | Joe          | @a.org,@b.org | joe | example.org",
                "=?utf-8?q?J=C3=B6?= <joe@example.org> | =?utf-8?q?J=C3=B6?= | - | joe | example.org",
                "joe                                  | -            | - | joe      | MISSING_DOMAIN",
                "<>                                   | -            | - | ``       | MISSING_DOMAIN",
                "Joe <joe>                            | Joe          | - | joe      | MISSING_DOMAIN",
                "Joe \"X\" Doe <joe@example.org        | Joe X Doe    | - | joe      | example.org",
                "Joe (a (nested) one) Doe <j@x.org>   | Joe Doe      | - | j        | x.org",
            })
    void one(String field, String name, String route, String mailbox, String host) {
        assertThat(Address.list(field))
                .containsExactly(new Address(orNull(name), orNull(route), orNull(mailbox), orNull(host)));
    }

    private static String orNull(String text) {
        return text.equals("-") ? null : text;
    }

    @Test
    void severalAndGroups() {
        assertThat(Address.list("a@x, , b@x,, Team: c@x, D <d@x>; e@x"))
                .isEqualTo(List.of(
                        new Address(null, null, "a", "x"),
                        new Address(null, null, "b", "x"),
                        new Address(null, null, "Team", null),
                        new Address(null, null, "c", "x"),
                        new Address("D", null, "d", "x"),
                        new Address(null, null, null, null),
                        new Address(null, null, "e", "x")));
        assertThat(Address.list("undisclosed-recipients:;")).hasSize(2);
        assertThat(Address.list("not closed: a@x").getLast().mailbox()).isNull();
        assertThat(Address.list("")).isEmpty();
        assertThat(Address.list(null)).isEmpty();
    }
}
