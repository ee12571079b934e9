package org.posthouse.smtp;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Paths, wrong ones first.
class SmtpPathTest {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "a@b",
                "<",
                "<a@b",
                "a@b>",
                "<a>",
                "<@b>",
                "<a@>",
                "<a@b>x",
                "<a b@c>",
                "<.a@b>",
                "<a.@b>",
                "<a..b@c>",
                "<a@b..c>",
                "<a@-b>",
                "<a@b-.c>",
                "<a@b c>",
                "<a@b@c>",
                "<\"a@b>",
                "<\"a\"b@c>",
                "<a(comment)@b>",
                "<a@[]>",
                "<a@[1.2.3.4>",
                "<a,b@c>",
                "<a@b;c>",
                "<<a@b>>",
                "<a\\@b@c>"
            })
    void refused(String text) {
        assertThat(SmtpPath.parse(text)).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "<>, '', ''",
        "<a@b>, a@b, ''",
        "' <a@b>', a@b, ''",
        "<a@b> SIZE=5 BODY=7BIT, a@b, SIZE=5 BODY=7BIT",
        "<o'hara+x=y@sub.example.org>, o'hara+x=y@sub.example.org, ''",
        "'<\"a b\"@c>', '\"a b\"@c', ''",
        "'<\"a>b\"@c>', '\"a>b\"@c', ''",
        "'<\"ab\"@c>', ab@c, ''",
        "'<\"a\\\"b\"@c>', '\"a\\\"b\"@c', ''",
        "'<@x.example,@y.example:a@b>', a@b, ''",
        "<a@[192.0.2.1]>, 'a@[192.0.2.1]', ''",
        "<a@[IPv6:2001:db8::1]>, 'a@[IPv6:2001:db8::1]', ''",
        "<Postmaster>, Postmaster, ''",
    })
    void taken(String text, String address, String rest) {
        assertThat(SmtpPath.parse(text)).contains(new SmtpPath(address, rest, true));
    }

    @Test
    void characters() {
        assertThat(SmtpPath.parse("<jürgen@bücher.example>"))
                .contains(new SmtpPath("jürgen@bücher.example", "", false));
    }

    @Test
    void lengths() {
        assertThat(SmtpPath.parse("<" + "a".repeat(64) + "@b>")).isPresent();
        assertThat(SmtpPath.parse("<" + "a".repeat(65) + "@b>")).isEmpty();
        assertThat(SmtpPath.parse("<" + "ü".repeat(33) + "@b>")).isEmpty();
        String domain = "d".repeat(60) + "." + "d".repeat(60) + "." + "d".repeat(60) + "." + "d".repeat(60);
        assertThat(SmtpPath.parse("<" + "a".repeat(10) + "@" + domain + ">")).isPresent();
        assertThat(SmtpPath.parse("<" + "a".repeat(11) + "@" + domain + ">")).isEmpty();
    }
}
