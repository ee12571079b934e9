package org.posthouse.mail;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/// Both threading algorithms of RFC 5256.
class ThreadsTest {
    private final List<ThreadedMessage> messages = new ArrayList<>();

    /// The next message: its number is also when it was sent, unless [#sent] says otherwise.
    private ThreadsTest message(String subject, String id, String... references) {
        long number = messages.size() + 1L;
        return sent(number, subject, id, references);
    }

    private ThreadsTest sent(long when, String subject, String id, String... references) {
        BaseSubject base = BaseSubject.ofText(subject);
        messages.add(new ThreadedMessage(
                messages.size() + 1L, base.text(), base.replyOrForward(), when, id, List.of(references)));
        return this;
    }

    private String byReferences() {
        return References.threads(messages, () -> {}).stream()
                .map(MessageThread::toString)
                .collect(Collectors.joining());
    }

    private String bySubject() {
        return OrderedSubject.threads(messages).stream()
                .map(MessageThread::toString)
                .collect(Collectors.joining());
    }

    // ---- ordered subject ----

    @Test
    void oneSubjectIsOneThreadOfOneGeneration() {
        message("one", null).message("two", null).message("Re: one", null).message("Re: one", null);
        assertThat(bySubject()).isEqualTo("(1 (3)(4))(2)");
    }

    @Test
    void theFirstSentIsTheParentAndThreadsAreSortedByIt() {
        sent(9, "one", null).sent(5, "Re: one", null).sent(7, "two", null).sent(7, "three", null);
        assertThat(bySubject()).isEqualTo("(2 1)(3)(4)");
    }

    @Test
    void nothingHasNoThreads() {
        assertThat(bySubject()).isEmpty();
        assertThat(byReferences()).isEmpty();
    }

    // ---- references: parents ----

    @Test
    void answersHangBelowWhatTheyAnswer() {
        message("x", "a")
                .message("Re: x", "b", "a")
                .message("Re: x", "c", "a", "b")
                .message("Re: x", "d", "a");
        assertThat(byReferences()).isEqualTo("(1 (2 3)(4))");
    }

    @Test
    void answersMayComeBeforeWhatTheyAnswer() {
        sent(3, "Re: x", "c", "a", "b").sent(2, "Re: x", "b", "a").sent(1, "x", "a");
        assertThat(byReferences()).isEqualTo("(3 2 1)");
    }

    @Test
    void aMissingParentWithOneAnswerIsPassedOver() {
        message("x", "a").message("Re: x", "c", "a", "missing");
        assertThat(byReferences()).isEqualTo("(1 2)");
    }

    @Test
    void aMissingTopWithSeveralAnswersStaysWithoutANumber() {
        message("one", "b", "missing").message("two", "c", "missing");
        assertThat(byReferences()).isEqualTo("((1)(2))");
    }

    @Test
    void aMissingTopWithOneAnswerGoes() {
        message("one", "b", "missing", "more");
        assertThat(byReferences()).isEqualTo("(1)");
    }

    @Test
    void missingOnesBelowAMissingTopAreSplicedIn() {
        message("a", "1", "top", "left").message("b", "2", "top", "left").message("c", "3", "top", "right");
        assertThat(byReferences()).isEqualTo("((1)(2)(3))");
    }

    @Test
    void ofOneMessageIdTheFirstMessageHasIt() {
        message("one", "a").message("two", "a").message("Re: three", "b", "a");
        assertThat(byReferences()).isEqualTo("(1 3)(2)");
    }

    @Test
    void whatRefersToItselfHasNoParent() {
        message("x", "a", "a").message("y", "b", "a", "b");
        assertThat(byReferences()).isEqualTo("(1 2)");
    }

    @Test
    void loopsAreNotMade() {
        message("x", "a", "b").message("y", "b", "a");
        assertThat(byReferences()).isEqualTo("(2 1)");
        messages.clear();
        message("x", "a", "c").message("y", "b", "a").message("z", "c", "b");
        assertThat(byReferences()).isEqualTo("(3 1 2)");
    }

    @Test
    void aListThatWasCutIsPutRightByTheMessageItself() {
        message("x", "a")
                .message("Re: x", "c", "a", "d")
                .message("Re: x", "d", "a", "b")
                .message("Re: x", "b", "a");
        assertThat(byReferences()).isEqualTo("(1 4 3 2)");
    }

    @Test
    void aMessageWithoutReferencesIsNoAnswerWhateverOthersSay() {
        message("x", "a").message("z", "c", "a", "b").message("y", "b");
        assertThat(byReferences()).isEqualTo("(1)(3 2)");
    }

    @Test
    void messagesWithoutIdsStandAlone() {
        message("x", null).message("y", null).message("z", null, "gone");
        assertThat(byReferences()).isEqualTo("(1)(2)(3)");
    }

    // ---- references: subjects ----

    @Test
    void anAnswerWithoutReferencesIsFoundByItsSubject() {
        message("Re: x", "b").message("x", "a").message("Re: x", "c");
        assertThat(byReferences()).isEqualTo("(2 (1)(3))");
    }

    @Test
    void twoThatAreAlikeBecomeSiblings() {
        message("x", "a").message("x", "b").message("x", "c");
        assertThat(byReferences()).isEqualTo("((1)(2)(3))");
    }

    @Test
    void twoAnswersWithoutWhatTheyAnswerBecomeSiblings() {
        message("Re: x", "a").message("Re: x", "b");
        assertThat(byReferences()).isEqualTo("((1)(2))");
    }

    @Test
    void aThreadWithoutTopTakesInTheOthers() {
        message("x", "a")
                .message("Re: x", "b", "missing")
                .message("Re: x", "c", "missing")
                .message("Re: x", "d", "lost")
                .message("Re: x", "e", "lost");
        assertThat(byReferences()).isEqualTo("((1)(2)(3)(4)(5))");
    }

    @Test
    void emptySubjectsJoinNothing() {
        message("", "a").message("Re:", "b").message("", "c");
        assertThat(byReferences()).isEqualTo("(1)(2)(3)");
    }

    @Test
    void siblingsAndThreadsAreSortedByWhenTheyWereSent() {
        sent(9, "x", "a")
                .sent(5, "Re: x", "b", "a")
                .sent(4, "Re: x", "c", "a")
                .sent(7, "y", "d")
                .sent(7, "z", "e");
        assertThat(byReferences()).isEqualTo("(4)(5)(1 (3)(2))");
    }

    // ---- depth ----

    @Test
    void aThreadOfAnyDepthIsThreadedAndWritten() {
        int count = 3_000;
        message("x", "0");
        for (int i = 1; i < count; i++) {
            message("Re: x", "" + i, "" + (i - 1));
        }
        assertThat(byReferences()).hasSizeGreaterThan(count * 4).startsWith("(1 2 3 ");
        for (int i = 0; i < 20_000; i++) { // each level has two answers, so that parentheses nest
            message("Re: x", "leaf" + i, i == 0 ? "0" : "deep" + (i - 1));
            message("Re: x", "deep" + i, i == 0 ? "0" : "deep" + (i - 1));
        }
        assertThat(byReferences()).contains("))))))");
    }

    @Test
    void whatTakesTooLongCanBeStopped() {
        for (int i = 20_000; i > 0; i--) { // each answer comes before what it answers
            message("x", "" + i, "" + (i - 1));
        }
        for (int i = 0; i < 100; i++) {
            message("x", "more" + i, "20000", "1");
        }
        assertThatThrownBy(() -> References.threads(messages, () -> {
                    throw new IllegalStateException("enough");
                }))
                .hasMessage("enough");
    }
}
