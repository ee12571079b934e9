package org.posthouse.wire;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// SASLprep, with the examples of RFC 4013 section 3.
class SaslPrepTest {
    @Test
    void examples() {
        assertThat(SaslPrep.prepare("I\u00adX")).contains("IX");
        assertThat(SaslPrep.prepare("user")).contains("user");
        assertThat(SaslPrep.prepare("USER")).contains("USER");
        assertThat(SaslPrep.prepare("\u00aa")).contains("a");
        assertThat(SaslPrep.prepare("\u2168")).contains("IX");
    }

    @Test
    void whatLooksTheSameIsTheSame() {
        assertThat(SaslPrep.prepare("pa\u0308ssword")).contains("p\u00e4ssword");
        assertThat(SaslPrep.prepare("two\u00a0words")).contains("two words");
        assertThat(SaslPrep.prepare("\ufeffx")).contains("x");
        assertThat(SaslPrep.prepare("\u0627\u0628")).contains("\u0627\u0628");
        assertThat(SaslPrep.prepare("")).contains("");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "\u0007", "\u0000", "\u007f", "\u06271", "a\u0627", "\u0085", "\ue000", "\ufffe", "\ud800", "\ufffd",
                "\u2ff0", "\u202e", "\u0378"
            })
    void refuses(String text) {
        assertThat(SaslPrep.prepare(text)).isEmpty();
    }
}
