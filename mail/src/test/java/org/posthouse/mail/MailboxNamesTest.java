package org.posthouse.mail;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class MailboxNamesTest {

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "Entwürfe | Entw&APw-rfe",
                "A&B | A&-B",
                "台北 | &U,BTFw-",
                "~peter/mail/台北/日本語 | ~peter/mail/&U,BTFw-/&ZeVnLIqe-",
                "Hi Mom -☺-! | Hi Mom -&Jjo--!",
                "😀 | &2D3eAA-",
                "plain | plain",
            })
    void theTwoForms(String unicode, String encoded) {
        assertThat(MailboxNames.encode(unicode)).isEqualTo(encoded);
        assertThat(MailboxNames.decode(encoded)).isEqualTo(unicode);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "&",
                "&AP",
                "a&b", // not closed
                "&!-",
                "&AAAA!-", // no base64
                "&AP-",
                "&AA-", // half a character
                "&AGE-", // 'a' has to stand for itself
                "&APw-&APw-", // one run, not two
                "&APx-", // bits behind the last character
                "Entw\u00fcrfe", // 8 bit as it is
                "a\tb",
            })
    void whatNamesNothing(String encoded) {
        assertThatThrownBy(() -> MailboxNames.decode(encoded)).isInstanceOf(IllegalArgumentException.class);
    }

    @ParameterizedTest
    @CsvSource({
        "*, a/b, true",
        "%, a, true",
        "%, a/b, false",
        "a/%, a/b, true",
        "a/%, a/b/c, false",
        "a/*, a/b/c, true",
        "a/*, a, false",
        "a*, a, true",
        "%/%, a/b, true",
        "*b, a/b, true",
        "inbox, INBOX, true",
        "InBox/%, INBOX/x, true",
        "inb%, INBOX, true",
        "*x, INBOX, true",
        "inboxes, INBOXES, false",
        "a, A, false",
        "a%b, axxb, true",
        "a%b, ax/b, false",
        "'', a, false",
    })
    void patterns(String pattern, String name, boolean fits) {
        assertThat(MailboxNames.matches(pattern, name)).isEqualTo(fits);
    }

    @Test
    void aHostilePatternTakesNoTime() {
        assertThat(MailboxNames.matches("*a".repeat(2_000) + "b", "a".repeat(2_000)))
                .isFalse();
    }

    @ParameterizedTest
    @CsvSource({
        "inbox, INBOX",
        "Inbox/Sub, INBOX/Sub",
        "inboxes, inboxes",
        "a/inbox, a/inbox",
        "cafe\u0301, caf\u00e9",
        "Inbox/e\u0301, INBOX/\u00e9"
    })
    void canonicalForm(String name, String canonical) {
        assertThat(MailboxNames.canonical(name)).isEqualTo(canonical);
    }
}
