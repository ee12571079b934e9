package org.posthouse.mail;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/// THREAD=ORDEREDSUBJECT (RFC 5256 section 3): messages of one base subject are one thread, its first message by sent
/// date the parent of all others.
public final class OrderedSubject {
    private static final Comparator<ThreadedMessage> BY_DATE =
            Comparator.comparingLong(ThreadedMessage::sentSeconds).thenComparingLong(ThreadedMessage::number);

    private OrderedSubject() {}

    /// Threads in order of their first messages' sent dates.
    public static List<MessageThread> threads(List<ThreadedMessage> messages) {
        List<ThreadedMessage> sorted = new ArrayList<>(messages);
        sorted.sort(Comparator.comparing(ThreadedMessage::subject).thenComparing(BY_DATE));
        List<List<ThreadedMessage>> groups = new ArrayList<>();
        for (ThreadedMessage message : sorted) {
            if (groups.isEmpty() || !groups.getLast().getFirst().subject().equals(message.subject())) {
                groups.add(new ArrayList<>(2));
            }
            groups.getLast().add(message);
        }
        groups.sort(Comparator.comparing(List::getFirst, BY_DATE));
        List<MessageThread> threads = new ArrayList<>(groups.size());
        for (List<ThreadedMessage> group : groups) {
            List<MessageThread> answers = new ArrayList<>(group.size() - 1);
            for (ThreadedMessage answer : group.subList(1, group.size())) {
                answers.add(new MessageThread(answer.number(), List.of()));
            }
            threads.add(new MessageThread(group.getFirst().number(), answers));
        }
        return threads;
    }
}
