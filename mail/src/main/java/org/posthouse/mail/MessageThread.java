package org.posthouse.mail;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;

/// A message and the answers to it.
///
/// @param number of the message, 0 if nothing is known of it but its answers
/// @param answers in order
public record MessageThread(long number, List<MessageThread> answers) {
    private static final MessageThread OPEN = new MessageThread(-1, List.of());
    private static final MessageThread CLOSE = new MessageThread(-2, List.of());

    /// Where a thread is written to.
    public interface Sink {
        /// Parentheses and spaces.
        void text(String text);

        /// A message.
        void number(long number);
    }

    /// Writes the thread as IMAP does, `(2 3 (4)(5 6))`: a message, its one answer right behind it, or several, each in
    /// parentheses (RFC 5256 section 4). Senders decide how deep a thread is, so this does not recurse.
    public void write(Sink sink) {
        Deque<MessageThread> steps = new ArrayDeque<>();
        steps.push(CLOSE);
        steps.push(this);
        sink.text("(");
        boolean behindNumber = false;
        while (!steps.isEmpty()) {
            MessageThread step = steps.pop();
            if (step.number == OPEN.number) {
                sink.text(behindNumber ? " (" : "(");
                behindNumber = false;
            } else if (step.number == CLOSE.number) {
                sink.text(")");
                behindNumber = false;
            } else {
                if (step.number != 0) {
                    sink.text(behindNumber ? " " : "");
                    sink.number(step.number);
                    behindNumber = true;
                }
                step.pushAnswers(steps);
            }
        }
    }

    private void pushAnswers(Deque<MessageThread> steps) {
        for (MessageThread answer : answers.reversed()) {
            if (answers.size() == 1) {
                steps.push(answer);
            } else {
                steps.push(CLOSE);
                steps.push(answer);
                steps.push(OPEN);
            }
        }
    }

    @Override
    public String toString() {
        StringBuilder text = new StringBuilder();
        write(new Sink() {
            @Override
            public void text(String added) {
                text.append(added);
            }

            @Override
            public void number(long number) {
                text.append(number);
            }
        });
        return text.toString();
    }
}
