package org.posthouse.imap;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;
import net.jqwik.api.lifecycle.AfterContainer;
import net.jqwik.api.lifecycle.BeforeContainer;
import org.posthouse.fulltext.TextIndex.Where;
import org.posthouse.imap.TextSearch.Needle;

/// Random messages and texts: a search with an index finds exactly what reading the message finds, and reading finds
/// what stands in it.
class TextSearchTest {
    private static final String LETTERS = "aAbB\u00e9\u00c9\u0130\u00df\u03a3\u4e2d\ud83d\ude001-. _'\n";

    private static Path folder;
    private static IndexedStore store;
    private static FullText index;

    @BeforeContainer
    static void open() throws IOException {
        folder = Files.createTempDirectory("textsearch");
        store = new IndexedStore(folder.resolve("store"));
        index = store.keep(folder.resolve("fulltext"));
    }

    @AfterContainer
    static void close() throws IOException {
        index.close();
        store.close();
        try (var files = Files.walk(folder)) {
            for (Path file : files.sorted(java.util.Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }

    /// How a text is written into a message.
    private enum Form {
        PLAIN("text/plain; charset=utf-8", "8bit", StandardCharsets.UTF_8),
        BASE64("text/html; charset=utf-8", "base64", StandardCharsets.UTF_8),
        WIDE("text/plain; charset=utf-16be", "base64", StandardCharsets.UTF_16BE),
        LATIN("text/plain; charset=iso-8859-1", "quoted-printable", StandardCharsets.ISO_8859_1),
        UNREAD("application/octet-stream", "base64", StandardCharsets.UTF_8),
        INNER("message/rfc822", "8bit", StandardCharsets.UTF_8);

        private final String type;
        private final String encoding;
        private final Charset charset;

        Form(String type, String encoding, Charset charset) {
            this.type = type;
            this.encoding = encoding;
            this.charset = charset;
        }

        String part(String text) {
            byte[] bytes =
                    (this == INNER ? "Subject: " + text.replace("\n", " ") + "\n\n" + text : text).getBytes(charset);
            String body =
                    switch (encoding) {
                        case "base64" -> Base64.getMimeEncoder().encodeToString(bytes);
                        case "quoted-printable" -> quoted(bytes);
                        default -> new String(bytes, StandardCharsets.UTF_8);
                    };
            return "Content-Type: " + type + "\nContent-Transfer-Encoding: " + encoding + "\n\n" + body + "\n";
        }

        private static String quoted(byte[] bytes) {
            StringBuilder text = new StringBuilder();
            for (int i = 0; i < bytes.length; i++) {
                text.append(i % 20 == 19 ? "=\n" : "").append(String.format("=%02X", bytes[i] & 0xff));
            }
            return text.toString();
        }
    }

    private record Piece(Form form, String text) {}

    @Provide
    Arbitrary<String> texts() {
        Arbitrary<String> words =
                Arbitraries.strings().withChars(LETTERS.toCharArray()).ofMaxLength(60);
        Arbitrary<String> runs = Arbitraries.strings()
                .withChars('a', 'B', '\u4e2d')
                .ofMinLength(60)
                .ofMaxLength(200);
        return Arbitraries.frequencyOf(Tuple.of(5, words), Tuple.of(1, runs));
    }

    @Provide
    Arbitrary<List<Piece>> messages() {
        return Combinators.combine(Arbitraries.of(Form.class), texts())
                .as(Piece::new)
                .list()
                .ofMinSize(1)
                .ofMaxSize(4);
    }

    private static String message(List<Piece> pieces, int filling) {
        String subject =
                Base64.getEncoder().encodeToString(pieces.getFirst().text.getBytes(StandardCharsets.UTF_8));
        StringBuilder message = new StringBuilder("Subject: =?utf-8?B?" + subject + "?=\n");
        message.append("Content-Type: multipart/mixed; boundary=xx\n\n");
        for (Piece piece : pieces) {
            // Texts begin anywhere in what is decoded at once.
            String text = "x ".repeat(filling) + piece.text;
            message.append("--xx\n").append(piece.form.part(text));
        }
        return message.append("--xx--\n").toString();
    }

    /// Pieces of the texts, so that something is found, and what is almost there.
    private static List<String> looked(List<Piece> pieces, int from, int length) {
        List<String> looked = new ArrayList<>(List.of("a", "\u00e9", "Subject: a", "\ud83d", "\ude00", "\u0130", "q"));
        for (Piece piece : pieces) {
            String text = piece.text;
            if (!text.isEmpty()) {
                int begin = Math.floorMod(from, text.length());
                int end = begin + 1 + Math.floorMod(length, text.length() - begin);
                looked.add(text.substring(begin, end));
                looked.add(text.substring(begin, end) + "b");
            }
        }
        return looked;
    }

    @Property(tries = 150)
    void anIndexFindsWhatReadingFinds(
            @ForAll("messages") List<Piece> pieces,
            @ForAll int from,
            @ForAll int length,
            @ForAll @net.jqwik.api.constraints.IntRange(min = 0, max = 17_000) int filling)
            throws InterruptedException {
        try {
            long body = store.append(message(pieces, filling));
            IndexedStore.awaitCaughtUp(index);
            for (String text : looked(pieces, from, length)) {
                for (boolean fuzzy : new boolean[] {false, true}) {
                    Needle needle = new Needle(text, fuzzy);
                    for (Where where : Where.values()) {
                        assertThat(store.search(java.util.Optional.of(index), needle, where, body))
                                .as("'%s' in %s of %s%s", text, where, pieces, fuzzy ? ", fuzzily" : "")
                                .isEqualTo(store.read(needle, where, body));
                    }
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Property(tries = 300)
    void readingFindsWhatStandsThere(
            @ForAll("texts") String text,
            @ForAll int from,
            @ForAll int length,
            @ForAll @net.jqwik.api.constraints.IntRange(min = 0, max = 17_000) int filling)
            throws IOException {
        String whole = "x ".repeat(filling) + text.replace("\n", " ");
        long body = store.append("Subject: s\nContent-Type: text/plain; charset=utf-8\n\n" + whole);
        int begin = Math.max(0, whole.length() - 100 + Math.floorMod(from, 100));
        if (begin < whole.length()) {
            int end = begin + 1 + Math.floorMod(length, whole.length() - begin);
            String looked = whole.substring(begin, end);
            if (whole.equals(new String(whole.getBytes(StandardCharsets.UTF_8), StandardCharsets.UTF_8))) {
                assertThat(store.read(new Needle(looked), Where.BODY, body))
                        .as(looked)
                        .isEqualTo(100);
            }
            assertThat(store.read(new Needle(looked + "qq"), Where.BODY, body)).isZero();
        }
    }
}
