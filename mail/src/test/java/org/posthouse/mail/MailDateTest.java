package org.posthouse.mail;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.LocalDate;
import java.time.OffsetDateTime;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class MailDateTest {

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "Fri, 21 Nov 1997 09:55:06 -0600 | 1997-11-21T09:55:06-06:00",
                "21 Nov 97 09:55:06 GMT          | 1997-11-21T09:55:06Z",
                "Fri, 21 Nov 1997 09(comment):   55  :  06 -0600 | 1997-11-21T09:55:06-06:00",
                "Thu,  1 Jan 1970 00:00:00 +0000 (UTC) | 1970-01-01T00:00Z",
                "Tue, 1 Jul 2003 10:52:37 EDT    | 2003-07-01T10:52:37-04:00",
                "1 Jul 2003 10:52 +0530          | 2003-07-01T10:52+05:30",
                "1 Jul 03 10:52:37 Z             | 2003-07-01T10:52:37Z",
                "31 Dec 2016 23:59:60 +0000      | 2016-12-31T23:59:59Z",
                "Wed, 2 Jan 102 10:00:00 +0000   | 2002-01-02T10:00Z",
            })
    void headerDates(String field, String expected) {
        OffsetDateTime date = OffsetDateTime.parse(expected);
        assertThat(MailDate.ofHeader(field))
                .contains(new MailDate(date.toEpochSecond(), date.getOffset().getTotalSeconds() / 60));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "yesterday",
                "Fri",
                "31 Feb 2020 10:00 +0000",
                "1 Foo 2020 10:00 +0000",
                "1 Jan 2020",
                "1 Jan 2020 25:00 +0000",
                "(((",
                "1 Jan 20200 10:00 +0000",
                "1 Jan 2020 10:00 +9999"
            })
    void noHeaderDates(String field) {
        assertThat(MailDate.ofHeader(field)).isEmpty();
    }

    @Test
    void imapDatesGoBothWays() {
        for (String text :
                new String[] {"17-Jul-1996 02:44:25 -0700", " 1-Feb-2026 08:30:00 +0130", "31-Dec-1969 23:59:59 +0000"
                }) {
            assertThat(MailDate.ofImap(text).toImap()).isEqualTo(text);
        }
        assertThat(MailDate.ofImap("01-Feb-2026 08:30:00 +0000").toImap()).isEqualTo(" 1-Feb-2026 08:30:00 +0000");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "1-Feb-2026 08:30:00 +0000",
                "30-Feb-2026 08:30:00 +0000",
                "01-Feb-2026 24:30:00 +0000",
                "01-Feb-2026 08:30:00 0000 ",
                "01-Fob-2026 08:30:00 +0000",
                "01-Feb-2026T08:30:00 +0000"
            })
    void noImapDates(String text) {
        assertThatThrownBy(() -> MailDate.ofImap(text)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void searchComparesTheDayAsWritten() {
        long day = MailDate.dayOfImap("1-Feb-2026");
        assertThat(day).isEqualTo(LocalDate.of(2026, 2, 1).toEpochDay());
        assertThat(MailDate.ofHeader("1 Feb 2026 00:10:00 +1200").orElseThrow().epochDay())
                .isEqualTo(day);
        assertThat(MailDate.ofHeader("1 Feb 2026 23:50:00 -1100").orElseThrow().epochDay())
                .isEqualTo(day);
    }
}
