package org.posthouse.imap;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.posthouse.imap.ImapException.Bad;
import org.posthouse.imap.ImapException.Bye;
import org.posthouse.imap.ImapException.No;
import org.posthouse.mail.Flags;
import org.posthouse.mail.MailboxNames;
import org.posthouse.mail.Octets;
import org.posthouse.wire.LineTooLongException;
import org.posthouse.wire.WireReader;

/// Reads commands in the words of the grammar (RFC 3501 section 9). A command is read line by line: each literal
/// ends a line, and the next one goes on behind it. The first thing that is not as the grammar wants it throws
/// [Bad], and [#recover] then finds the beginning of the next command. Text is handed out as octet strings.
final class Decoder {
    private static final long NUMBER_MAX = 0xffff_ffffL; // RFC 3501: 32 bits
    private static final String ATOM_SPECIALS = "(){%*\"\\]";
    private static final long SKIPPED_LINE_BYTES_MAX = 1 << 20;

    private final WireReader in;
    private final ImapLimits limits;
    private final Enabled enabled;
    private final ContinuationRequest continuation;
    private byte[] line = new byte[0];
    private int at;
    private int lineBytesMax;
    private int argumentBytesLeft;
    private boolean lineTooLong;
    private String saidMailbox = "";

    /// Over one text that is there whole, for what a URL quotes of the grammar.
    static Decoder over(String text, ImapLimits limits) {
        Decoder decoder = new Decoder(null, limits, new Enabled(), () -> {});
        decoder.line = Octets.bytes(text);
        return decoder;
    }

    /// Asks the client to send the literal that it announced.
    interface ContinuationRequest {
        void send() throws IOException;
    }

    /// A literal that was announced.
    ///
    /// @param waits whether the client waits to be asked for it
    record LiteralHead(long bytes, boolean waits) {}

    Decoder(WireReader in, ImapLimits limits, Enabled enabled, ContinuationRequest continuation) {
        this.in = in;
        this.limits = limits;
        this.enabled = enabled;
        this.continuation = continuation;
    }

    /// Reads the first line of the next command.
    void beginCommand(boolean loggedIn) throws IOException {
        lineBytesMax = loggedIn ? limits.lineBytesMax() : limits.lineBytesBeforeLoginMax();
        argumentBytesLeft = loggedIn ? limits.argumentBytesMax() : limits.lineBytesBeforeLoginMax();
        nextLine();
    }

    /// The tag, without failing: `*` if there is none, as an untagged `BAD` has it.
    String tag() {
        int start = at;
        while (at < line.length && isAstringChar(line[at]) && line[at] != '+') {
            at++;
        }
        if (at == start || at == line.length || line[at] != ' ') {
            at = start;
            return "*";
        }
        return Octets.of(line, start, at);
    }

    /// After `tag` and again after each line: a line that was too long, or has a NUL, is no command.
    void checkLine() {
        if (lineTooLong) {
            throw new Bad("Line longer than " + lineBytesMax + " bytes");
        }
        for (byte octet : line) {
            if (octet == 0) {
                throw new Bad("NUL is not allowed in commands");
            }
        }
    }

    /// After a failure: reads over what the client sends without waiting for an answer, so that the next line is
    /// the next command's.
    ///
    /// @throws Bye if that is more than this server reads for nothing
    void recover() throws IOException {
        LiteralHead announced = announcedUnasked();
        long dropped = 0;
        while (announced != null) {
            dropped += announced.bytes();
            if (dropped > limits.dropBytesMax()) {
                throw new Bye("TOOBIG", "Literal is too big");
            }
            skip(announced.bytes());
            nextLine();
            announced = announcedUnasked();
        }
        at = line.length;
    }

    /// What the client has switched on.
    Enabled enabled() {
        return enabled;
    }

    // ---- characters ----

    boolean atEnd() {
        return at == line.length;
    }

    int peek() {
        return at < line.length ? line[at] & 0xff : -1;
    }

    boolean take(char expected) {
        if (peek() == expected) {
            at++;
            return true;
        }
        return false;
    }

    void expect(char expected) {
        if (!take(expected)) {
            throw new Bad("Expected '" + expected + "' at position " + at);
        }
    }

    void expectSp() {
        if (!take(' ')) {
            throw new Bad(atEnd() ? "Missing argument" : "Expected a space at position " + at);
        }
    }

    void expectEnd() {
        if (!atEnd()) {
            throw new Bad("Unexpected text behind the command's arguments");
        }
    }

    // ---- words ----

    /// An atom.
    String atom() {
        int start = at;
        while (at < line.length && isAtomChar(line[at])) {
            at++;
        }
        if (at == start) {
            throw new Bad(atEnd() ? "Missing argument" : "Expected an atom at position " + at);
        }
        return Octets.of(line, start, at);
    }

    /// An atom in upper case: the name of a command, item or key.
    String keyword() {
        return atom().toUpperCase(Locale.ROOT);
    }

    /// Letters and what else names items of FETCH: up to a bracket, parenthesis or space.
    String itemName() {
        int start = at;
        while (at < line.length && (isAtomChar(line[at]) && line[at] != '[')) {
            at++;
        }
        if (at == start) {
            throw new Bad("Expected an item's name at position " + at);
        }
        return Octets.of(line, start, at).toUpperCase(Locale.ROOT);
    }

    /// Takes this word if it stands here, in any case, with a space behind it.
    boolean takeWord(String word) {
        int end = at + word.length();
        if (end >= line.length || line[end] != ' ' || !Octets.of(line, at, end).equalsIgnoreCase(word)) {
            return false;
        }
        at = end;
        return true;
    }

    /// Takes exactly these characters if they stand here, in any case.
    boolean takeText(String text) {
        int end = at + text.length();
        if (end > line.length || !Octets.of(line, at, end).equalsIgnoreCase(text)) {
            return false;
        }
        at = end;
        return true;
    }

    /// Whether one of these stands here, in any case; it is not taken.
    boolean startsWith(String... words) {
        for (String word : words) {
            int end = at + word.length();
            if (end <= line.length && Octets.of(line, at, end).equalsIgnoreCase(word)) {
                return true;
            }
        }
        return false;
    }

    /// `HEADER.FIELDS` and the like: letters and dots.
    String sectionText() {
        int start = at;
        while (at < line.length && (Character.isLetter((char) line[at]) || line[at] == '.')) {
            at++;
        }
        return Octets.of(line, start, at).toUpperCase(Locale.ROOT);
    }

    /// atom, quoted string or literal, `]` allowed in the atom.
    String astring() throws IOException {
        if (peek() == '"' || peek() == '{') {
            return string();
        }
        return run("an atom or a string", "");
    }

    /// An astring where `%` and `*` may stand without quotes (LIST).
    String listMailbox() throws IOException {
        if (peek() == '"' || peek() == '{') {
            return string();
        }
        return run("a mailbox pattern", "%*");
    }

    /// A quoted string or a literal.
    String string() throws IOException {
        return switch (peek()) {
            case '"' -> quoted();
            case '{' -> literal();
            default -> throw new Bad("Expected a string at position " + at);
        };
    }

    /// A string or NIL; null for NIL.
    String nstring() throws IOException {
        if (peek() == '"' || peek() == '{') {
            return string();
        }
        if (!atom().equalsIgnoreCase("NIL")) {
            throw new Bad("Expected a string or NIL");
        }
        return null;
    }

    /// A mailbox's name in Unicode, in canonical form. UTF-8 is understood whether or not it was enabled (RFC 6855
    /// section 3); modified UTF-7 has no octet above 127.
    String mailbox() throws IOException {
        String octets = astring();
        boolean utf8 = enabled.utf8() || octets.chars().anyMatch(octet -> octet > 0x7f);
        saidMailbox = utf8 ? utf8Name(octets) : utf7Name(octets);
        return MailboxNames.canonical(saidMailbox);
    }

    /// The name that [#mailbox] read last, as the client spelt it.
    String saidMailbox() {
        return saidMailbox;
    }

    /// A LIST pattern or reference in Unicode.
    String pattern(String octets) {
        return enabled.utf8() ? utf8(octets) : utf7Pattern(octets);
    }

    /// A name as UTF-8 spells it; `&` is a character like others then. No controls (RFC 9051 section 5.1).
    private static String utf8Name(String octets) {
        String name = utf8(octets);
        for (int i = 0; i < name.length(); i++) {
            char c = name.charAt(i);
            if (Character.isISOControl(c) || c == '\u2028' || c == '\u2029') {
                throw new No("CANNOT", "Control characters cannot stand in a mailbox name");
            }
        }
        return name;
    }

    /// What modified UTF-7 says; a name that is not in it names nothing.
    private static String utf7Name(String encoded) {
        try {
            return MailboxNames.decode(encoded);
        } catch (IllegalArgumentException e) {
            throw new No("CANNOT", "Mailbox name is not in modified UTF-7");
        }
    }

    /// A LIST pattern or reference in Unicode; what is not in modified UTF-7 fits no name.
    static String utf7Pattern(String encoded) {
        try {
            return MailboxNames.decode(encoded);
        } catch (IllegalArgumentException _) {
            return encoded;
        }
    }

    /// A number of 32 bits.
    long number() {
        int start = at;
        long number = 0;
        while (at < line.length && line[at] >= '0' && line[at] <= '9') {
            number = number * 10 + (line[at++] - '0');
            if (number > NUMBER_MAX) {
                throw new Bad("Number too large at position " + start);
            }
        }
        if (at == start) {
            throw new Bad("Expected a number at position " + at);
        }
        return number;
    }

    /// A number of 63 bits (RFC 9051 section 9): of octets, where a mailbox or message may have more than 4 GB.
    long number64() {
        return number64("Number");
    }

    /// A mod-sequence: 63 bits, not 0 (RFC 7162 section 7).
    long modSeq() {
        long modSeq = modSeqOrZero();
        if (modSeq == 0) {
            throw new Bad("A mod-sequence is never 0");
        }
        return modSeq;
    }

    /// A mod-sequence or 0.
    long modSeqOrZero() {
        return number64("Mod-sequence");
    }

    private long number64(String what) {
        int start = at;
        long number = 0;
        while (at < line.length && line[at] >= '0' && line[at] <= '9') {
            int digit = line[at++] - '0';
            if (number > (Long.MAX_VALUE - digit) / 10) {
                throw new Bad(what + " too large at position " + start);
            }
            number = number * 10 + digit;
        }
        if (at == start) {
            throw new Bad("Expected a number at position " + at);
        }
        return number;
    }

    SequenceSet sequenceSet() {
        if (take('$')) {
            return SequenceSet.SAVED;
        }
        int start = at;
        while (at < line.length && "0123456789:,*".indexOf(line[at]) >= 0) {
            at++;
        }
        return SequenceSet.parse(Octets.of(line, start, at));
    }

    /// Whether a sequence set begins here.
    boolean atSequenceSet() {
        int octet = peek();
        return octet == '*' || octet == '$' || (octet >= '0' && octet <= '9');
    }

    /// `(\Seen keyword ...)`
    Flags flagList() {
        expect('(');
        List<String> names = new ArrayList<>();
        if (!take(')')) {
            do {
                names.add(flag());
            } while (take(' '));
            expect(')');
        }
        return flags(names);
    }

    /// A list, or flags without parentheses, up to the end of the line (STORE).
    Flags flagListOrFlags() {
        if (peek() == '(') {
            return flagList();
        }
        List<String> names = new ArrayList<>();
        do {
            names.add(flag());
        } while (take(' '));
        return flags(names);
    }

    // ---- literals ----

    /// The head of a literal that is to be read by the caller, who then calls [#beginLiteral], [#readLiteral]
    /// until it has all, and [#endLiteral].
    LiteralHead literalHead() {
        LiteralHead head = headAt(at);
        if (head == null) {
            throw new Bad("Expected a literal at position " + at);
        }
        at = line.length;
        return head;
    }

    void beginLiteral(LiteralHead head) throws IOException {
        line = new byte[0]; // the announcement is dealt with: recover() must not find it again
        at = 0;
        if (head.waits()) {
            continuation.send();
        }
    }

    int readLiteral(byte[] into, int length) throws IOException {
        int taken = in.read(into, 0, length);
        if (taken < 0) {
            throw new java.io.EOFException("the client closed the connection inside a literal");
        }
        return taken;
    }

    void endLiteral() throws IOException {
        nextLine();
        checkLine();
    }

    /// Reads over the rest of a literal.
    void skip(long bytes) throws IOException {
        byte[] dropped = new byte[(int) Math.min(bytes, 8 << 10)];
        for (long left = bytes; left > 0; ) {
            left -= readLiteral(dropped, (int) Math.min(left, dropped.length));
        }
    }

    /// A line by itself: what answers a `+` of AUTHENTICATE, or `DONE`.
    String plainLine() throws IOException {
        nextLine();
        checkLine();
        at = line.length;
        return Octets.of(line, 0, line.length);
    }

    /// The rest of the line, whatever it is.
    String rest() {
        String rest = Octets.of(line, at, line.length);
        at = line.length;
        return rest;
    }

    /// An octet string as UTF-8.
    static String utf8(String octets) {
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(Octets.bytes(octets)))
                    .toString();
        } catch (CharacterCodingException e) {
            throw new Bad("Text is not valid UTF-8");
        }
    }

    private String literal() throws IOException {
        LiteralHead head = headAt(at);
        if (head == null) {
            throw new Bad("Malformed literal at position " + at);
        }
        if (head.bytes() > argumentBytesLeft) {
            throw new No("TOOBIG", "Literals of this command are too big");
        }
        argumentBytesLeft -= (int) head.bytes();
        beginLiteral(head);
        byte[] bytes = in.readFully((int) head.bytes());
        nextLine();
        checkLine();
        for (byte octet : bytes) {
            if (octet == 0) {
                throw new Bad("NUL is not allowed in literals");
            }
        }
        return Octets.of(bytes, 0, bytes.length);
    }

    private String quoted() {
        expect('"');
        StringBuilder text = new StringBuilder();
        while (true) {
            int octet = peek();
            at++;
            if (octet == '"') {
                return text.toString();
            }
            if (octet == '\\') {
                octet = peek();
                at++;
                if (octet != '"' && octet != '\\') {
                    throw new Bad("Only \\\" and \\\\ may be escaped in a quoted string");
                }
            }
            if (octet < 0 || octet == '\r' || octet == '\n') {
                throw new Bad("Unfinished quoted string");
            }
            text.append((char) octet);
        }
    }

    private String run(String what, String wildcards) {
        int start = at;
        while (at < line.length && (isAstringChar(line[at]) || wildcards.indexOf(line[at]) >= 0)) {
            at++;
        }
        if (at == start) {
            throw new Bad(atEnd() ? "Missing argument" : "Expected " + what + " at position " + at);
        }
        return Octets.of(line, start, at);
    }

    private String flag() {
        int start = at;
        take('\\');
        atom();
        return Octets.of(line, start, at);
    }

    private static Flags flags(List<String> names) {
        try {
            return Flags.ofNames(names);
        } catch (IllegalArgumentException e) {
            throw new Bad("No such system flag");
        }
    }

    private LiteralHead announcedUnasked() {
        if (line.length < 4 || line[line.length - 1] != '}' || line[line.length - 2] != '+') {
            return null;
        }
        int brace = line.length - 3;
        while (brace >= 0 && line[brace] != '{') {
            brace--;
        }
        return brace < 0 ? null : headAt(brace);
    }

    /// `{123}` or `{123+}` that ends the line, or null.
    private LiteralHead headAt(int brace) {
        int end = line.length - 1;
        if (brace >= end || line[brace] != '{' || line[end] != '}') {
            return null;
        }
        boolean waits = line[end - 1] != '+';
        int last = waits ? end : end - 1;
        long bytes = 0;
        for (int i = brace + 1; i < last; i++) {
            int digit = line[i] - '0';
            if (digit < 0 || digit > 9) {
                return null;
            }
            if (bytes > (Long.MAX_VALUE - digit) / 10) {
                return null;
            }
            bytes = bytes * 10 + digit;
        }
        return last == brace + 1 ? null : new LiteralHead(bytes, waits);
    }

    private void nextLine() throws IOException {
        at = 0;
        lineTooLong = false;
        try {
            line = in.readLine(lineBytesMax);
        } catch (LineTooLongException e) {
            line = new byte[0];
            lineTooLong = true;
            if (!in.skipLine(SKIPPED_LINE_BYTES_MAX)) {
                throw new Bye("TOOBIG", "Command line is far too long");
            }
        }
    }

    private static boolean isAtomChar(byte octet) {
        return octet > ' ' && octet != 0x7f && ATOM_SPECIALS.indexOf(octet) < 0;
    }

    private static boolean isAstringChar(byte octet) {
        return isAtomChar(octet) || octet == ']';
    }
}
