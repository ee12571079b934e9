package org.posthouse.frontend;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class ResponseBoundaryTest {
    private record Case(String sent, boolean reached) {}

    private static final List<Case> CASES = List.of(
            new Case("", true),
            new Case("* OK", false),
            new Case("* OK\r", false),
            new Case("* OK\r\n", true),
            new Case("* OK\r\n* 1 EX", false),
            new Case("* 1 FETCH (BODY[] {", false),
            new Case("* 1 FETCH (BODY[] {3", false),
            new Case("* 1 FETCH (BODY[] {3}", false),
            new Case("* 1 FETCH (BODY[] {3}\r", false),
            new Case("* 1 FETCH (BODY[] {3}\r\n", false),
            new Case("* 1 FETCH (BODY[] {3}\r\n\r\n", false),
            new Case("* 1 FETCH (BODY[] {3}\r\n\r\n\n", false),
            new Case("* 1 FETCH (BODY[] {3}\r\nabc)\r\n", true),
            new Case("* 1 FETCH (BODY[] {3}\r\na\r\n)\r\n", true),
            // The last line of the literal looks like the announcement of one.
            new Case("* 1 FETCH (BODY[] {6}\r\n {9}\r\n)\r\n", true),
            new Case("* 1 FETCH (BODY[] {0}\r\n", false),
            new Case("* 1 FETCH (BODY[] {0}\r\n)\r\n", true),
            new Case("* 1 FETCH (A {1}\r\nx B {2}\r\ny", false),
            new Case("* 1 FETCH (A {1}\r\nx B {2}\r\nyy)\r\n", true),
            // Braces that announce nothing.
            new Case("* OK {}\r\n", true),
            new Case("* OK {x}\r\n", true),
            new Case("* OK {3} \r\n", true),
            new Case("* OK {{3}\r\nabc\r\n", true),
            new Case("* OK {3{}\r\n", true));

    @Test
    void inOnePieceAndByteByByte() {
        for (Case each : CASES) {
            byte[] bytes = each.sent().getBytes(ISO_8859_1);
            ResponseBoundary whole = new ResponseBoundary();
            whole.passed(bytes, 0, bytes.length);
            assertThat(whole.reached()).as(each.sent()).isEqualTo(each.reached());
            ResponseBoundary pieces = new ResponseBoundary();
            for (int i = 0; i < bytes.length; i++) {
                pieces.passed(bytes, i, 1);
            }
            assertThat(pieces.reached()).as(each.sent()).isEqualTo(each.reached());
        }
    }

    @Test
    void aLiteralOfManyPieces() {
        ResponseBoundary boundary = new ResponseBoundary();
        byte[] head = "* 1 FETCH (BODY[] {5000000000}\r\n".getBytes(ISO_8859_1);
        boundary.passed(head, 0, head.length);
        byte[] piece = "\r\n".repeat(500_000).getBytes(ISO_8859_1);
        for (int i = 0; i < 5_000; i++) {
            boundary.passed(piece, 0, piece.length);
            assertThat(boundary.reached()).isFalse();
        }
        byte[] tail = ")\r\n".getBytes(ISO_8859_1);
        boundary.passed(tail, 0, tail.length);
        assertThat(boundary.reached()).isTrue();
    }
}
