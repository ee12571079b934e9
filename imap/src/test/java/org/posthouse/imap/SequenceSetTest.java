package org.posthouse.imap;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SequenceSetTest {

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "1           | 1",
                "*           | 10",
                "1:*         | 1:10",
                "*:1         | 1:10",
                "3:1         | 1:3",
                "1,3,2       | 1:3",
                "2,4:7,9,8:* | 2,4:10",
                "20:*        | 10:20",
                "4294967295  | 4294967295",
            })
    void numbersWhereStarIsTen(String text, String numbers) {
        assertThat(SequenceSet.parse(text).numbers(10).toString()).isEqualTo(numbers);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "0",
                "01",
                "1:",
                ":1",
                "1,",
                ",1",
                "1::2",
                "1:2:3",
                "4294967296",
                "99999999999",
                "a",
                "-1",
                "1 2",
                "**"
            })
    void noSets(String text) {
        assertThatThrownBy(() -> SequenceSet.parse(text)).isInstanceOf(ImapException.Bad.class);
    }
}
