package org.posthouse.mail;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Keys of RFC 5051.
class UnicodeCasemapTest {

    @ParameterizedTest
    @CsvSource({
        "hello, HELLO",
        "HELLO 1, HELLO 1",
        "grün, GRU\u0308N",
        "GRÜN, GRU\u0308N",
        "ß, ß", // its upper case is in SpecialCasing, which the RFC does not ask for
        "ﬁ, fi", // its decomposition is not mapped again
        "ǆ, Dz\u030c",
        "Ω, \u03a9",
        "ς, \u03a3",
        "가, 가",
        "𐐨, 𐐀"
    })
    void ofText(String text, String key) {
        assertThat(UnicodeCasemap.key(text)).isEqualTo(key);
    }

    @Test
    void keysAreOrderedAsTheirOctetsInUtf8() {
        List<String> ordered = List.of("", "A", "AB", "B", "\u00df", "\ud7a3", "\uff21", "\uff21A", "\ud801\udc00");
        for (int one = 0; one < ordered.size(); one++) {
            for (int other = 0; other < ordered.size(); other++) {
                assertThat(Integer.signum(UnicodeCasemap.compare(ordered.get(one), ordered.get(other))))
                        .as("%d, %d", one, other)
                        .isEqualTo(Integer.compare(one, other));
            }
        }
    }

    @Test
    void noKeyIsLongerThanItMayBe() {
        char[] key = new char[UnicodeCasemap.CHARS_MAX];
        for (int codePoint = 0; codePoint <= Character.MAX_CODE_POINT; codePoint++) {
            assertThat(UnicodeCasemap.key(codePoint, key, 0)).isPositive();
        }
    }
}
