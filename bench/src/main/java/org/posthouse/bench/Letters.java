package org.posthouse.bench;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;

/// Makes messages like those that people keep: all header fields that clients ask for, threads, a third of them in two
/// alternatives, words that repeat as words do. The same number gives the same letter but for its `Message-ID`.
final class Letters {
    /// Stands in the text of every thousandth.
    static final String RARE = "zebrafinch";
    /// Stands in the subject of every hundredth.
    static final String SUBJECT = "invoice";

    private static final int WORDS = 4_000;
    private static final int CORRESPONDENTS = 300;
    private static final int LINE_BYTES = 72;
    private static final DateTimeFormatter DATE = DateTimeFormatter.ofPattern("EEE, d MMM yyyy HH:mm:ss Z", Locale.ROOT)
            .withZone(ZoneOffset.ofHours(1));

    private final int sizeBytes;
    private final String run = UUID.randomUUID().toString();
    private final String[] words = new String[WORDS];
    private final AtomicLong next = new AtomicLong();

    /// @param sizeBytes about how long each is
    Letters(int sizeBytes) {
        this.sizeBytes = sizeBytes;
        Random random = new Random(4711);
        for (int i = 0; i < WORDS; i++) {
            StringBuilder word = new StringBuilder();
            for (int syllables = 1 + random.nextInt(3); syllables >= 0; syllables--) {
                word.append("bcdfglmnprstv".charAt(random.nextInt(13))).append("aeiou".charAt(random.nextInt(5)));
            }
            words[i] = word.toString();
        }
    }

    /// The next one.
    String next() {
        long number = next.getAndIncrement();
        Random random = new Random(number);
        StringBuilder text = new StringBuilder(sizeBytes + 1_000);
        header(text, number, random);
        if (number % 3 == 0) {
            int half = (sizeBytes - text.length()) / 2;
            text.append("Content-Type: multipart/alternative; boundary=\"=_")
                    .append(run)
                    .append("\"\r\n\r\n");
            for (String type : new String[] {"plain", "html"}) {
                text.append("--=_")
                        .append(run)
                        .append("\r\nContent-Type: text/")
                        .append(type);
                text.append("; charset=utf-8\r\n\r\n");
                words(text, number, random, text.length() + half);
            }
            text.append("--=_").append(run).append("--\r\n");
        } else {
            text.append("Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 7bit\r\n\r\n");
            words(text, number, random, sizeBytes);
        }
        return text.toString();
    }

    /// An APPEND of the next one, with its literal.
    String append(String mailbox) {
        String letter = next();
        return "APPEND " + mailbox + " {" + letter.getBytes(StandardCharsets.US_ASCII).length + "+}\r\n" + letter;
    }

    private void header(StringBuilder text, long number, Random random) {
        String subject = (number % 100 == 50 ? SUBJECT + " " : "") + word(random) + " " + word(random);
        long thread = number - number % 5;
        text.append("Return-Path: <").append(address(random)).append(">\r\n");
        text.append("Received: from mx.example.net (mx.example.net [192.0.2.7]) by mail.example.org with ESMTPS id ");
        text.append(number).append(";\r\n\tThu, 1 Jan 2026 00:00:00 +0100\r\n");
        text.append("Date: ")
                .append(DATE.format(Instant.ofEpochSecond(1_767_225_600 + number * 61)))
                .append("\r\n");
        text.append("From: ")
                .append(person(random))
                .append("\r\nTo: ")
                .append(person(random))
                .append("\r\n");
        if (number % 4 == 0) {
            text.append("Cc: ")
                    .append(person(random))
                    .append(",\r\n ")
                    .append(person(random))
                    .append("\r\n");
        }
        text.append("Subject: ")
                .append(number > thread ? "Re: " : "")
                .append(subject)
                .append("\r\n");
        text.append("Message-ID: <").append(number).append('.').append(run).append("@example.net>\r\n");
        if (number > thread) {
            text.append("In-Reply-To: <").append(thread).append('.').append(run).append("@example.net>\r\n");
            text.append("References: <").append(thread).append('.').append(run).append("@example.net>\r\n");
        }
        text.append("MIME-Version: 1.0\r\nUser-Agent: Letters 1.0\r\n");
    }

    private void words(StringBuilder text, long number, Random random, int upTo) {
        if (number % 1_000 == 500) {
            text.append(RARE).append(' ');
        }
        int line = 0;
        while (text.length() < upTo - 2) {
            String word = word(random);
            text.append(word);
            line += word.length() + 1;
            if (line >= LINE_BYTES) {
                text.append("\r\n");
                line = 0;
            } else {
                text.append(' ');
            }
        }
        text.append("\r\n");
    }

    /// Few often, many seldom.
    private String word(Random random) {
        double skewed = random.nextDouble();
        return words[(int) (WORDS * skewed * skewed * skewed)];
    }

    private String person(Random random) {
        String address = address(random);
        return "\"" + Character.toUpperCase(address.charAt(0)) + address.substring(1, address.indexOf('@')) + "\" <"
                + address + ">";
    }

    private String address(Random random) {
        return words[random.nextInt(CORRESPONDENTS)] + "@example.net";
    }
}
