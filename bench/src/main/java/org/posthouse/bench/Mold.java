package org.posthouse.bench;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;
import org.posthouse.testkit.MarkedMessage;

/// Makes messages of one size as fast as copying, no two alike: a server may answer a second copy of the same
/// content without storing it.
final class Mold {
    private static final int DIGITS = 16;
    private static final String BLANK = "0".repeat(DIGITS);

    private final byte[] pattern;
    private final List<Integer> places = new ArrayList<>();
    private final AtomicLong next = new AtomicLong();

    Mold(int sizeBytes) {
        String run = UUID.randomUUID().toString();
        String id = run + "-" + BLANK;
        pattern = MarkedMessage.of(id, "bench@example.org", sizeBytes);
        String text = new String(pattern, StandardCharsets.US_ASCII);
        for (int at = text.indexOf(id); at >= 0; at = text.indexOf(id, at + 1)) {
            places.add(at + run.length() + 1);
        }
    }

    byte[] message() {
        byte[] digits =
                String.format("%0" + DIGITS + "d", next.incrementAndGet()).getBytes(StandardCharsets.US_ASCII);
        byte[] message = pattern.clone();
        for (int place : places) {
            System.arraycopy(digits, 0, message, place, DIGITS);
        }
        return message;
    }
}
