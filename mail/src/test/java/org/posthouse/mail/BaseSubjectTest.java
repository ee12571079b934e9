package org.posthouse.mail;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Base subjects as RFC 5256 section 2.1 takes them from subjects.
class BaseSubjectTest {

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "hello                          | hello              | false",
                "``                             | ``                 | false",
                "`  two   spaces	tab `          | two spaces tab     | false",
                "Re: hello                      | hello              | true",
                "RE:hello                       | hello              | true",
                "re : hello                     | hello              | true",
                "Fw: hello                      | hello              | true",
                "FWD: hello                     | hello              | true",
                "Re: Fwd: re: hello             | hello              | true",
                "Re[2]: hello                   | hello              | true",
                "Re [list]: hello               | hello              | true",
                "hello (fwd)                    | hello              | true",
                "hello (FWD)  (fwd)             | hello              | true",
                "hello (fwd) there              | hello (fwd) there  | false",
                "(fwd)                          | ``                 | true",
                "[list] hello                   | hello              | false",
                "[list][more] hello             | hello              | false",
                "[list] Re: hello               | hello              | true",
                "Re: [list] hello               | hello              | true",
                "Re: [a] Re: [b] hello          | hello              | true",
                "[list]                         | [list]             | false",
                "Re: [list]                     | [list]             | true",
                "[a] [b]                        | [b]                | false",
                "[fwd: hello]                   | hello              | true",
                "[Fwd: Re: [x] hello (fwd)]     | hello              | true",
                "Re: [fwd: [fwd: hello]]        | hello              | true",
                "[fwd: hello                    | [fwd: hello        | false",
                "[fwd:]                         | ``                 | true",
                "[nested [blob]] hello          | [nested [blob]] hello | false",
                "report: hello                  | report: hello      | false",
                "Ref: hello                     | Ref: hello         | false",
                "Forward: hello                 | Forward: hello     | false",
                "Re hello                       | Re hello           | false",
                "Re:                            | ``                 | true",
                "Aw: hello                      | Aw: hello          | false",
                "=?utf-8?q?Re:_Gr=C3=BC=C3=9Fe?= | Grüße             | true",
            })
    void ofASubject(String subject, String base, boolean replyOrForward) {
        assertThat(BaseSubject.of(subject)).isEqualTo(new BaseSubject(base, replyOrForward));
    }

    @Test
    void ofNone() {
        assertThat(BaseSubject.of(null)).isEqualTo(new BaseSubject("", false));
    }

    @Test
    void aLongOneTakesNoTime() {
        assertThat(BaseSubject.ofText("[a]".repeat(100_000) + "x").text()).isEqualTo("x");
        assertThat(BaseSubject.ofText("re:".repeat(100_000) + "x").text()).isEqualTo("x");
        assertThat(BaseSubject.ofText("x" + " (fwd)".repeat(100_000)).text()).isEqualTo("x");
        assertThat(BaseSubject.ofText("[fwd:".repeat(1_000) + "x" + "]".repeat(1_000))
                        .text())
                .isEqualTo("x");
    }
}
