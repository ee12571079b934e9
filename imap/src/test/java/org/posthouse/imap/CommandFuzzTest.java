package org.posthouse.imap;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.lifecycle.AfterContainer;
import net.jqwik.api.lifecycle.BeforeContainer;

/// Every command in every state, with arguments that are almost right: whatever comes, the answers have the form of
/// answers, and none is our fault.
class CommandFuzzTest {
    private static final String[][] STATES = {
        {},
        {"l1 LOGIN fuzz@example.org secret"},
        {"l1 LOGIN fuzz@example.org secret", "l2 SELECT INBOX"},
        {"l1 LOGIN fuzz@example.org secret", "l2 EXAMINE INBOX"},
        {"l1 LOGIN fuzz@example.org secret", "l2 ENABLE QRESYNC IMAP4rev2", "l3 SELECT INBOX"},
        {"l1 LOGIN fuzz@example.org secret", "l2 ENABLE UIDONLY UTF8=ACCEPT", "l3 SELECT INBOX"},
        {"l1 LOGIN fuzz@example.org secret", "l2 SELECT INBOX", "l3 SEARCH RETURN (SAVE) ALL", "l4 UNSELECT"},
        {
            "l1 LOGIN fuzz@example.org secret",
            "l2 ENABLE CONDSTORE",
            "l3 SELECT INBOX",
            "l4 NOTIFY SET (SELECTED (MessageNew (UID FLAGS) MessageExpunge FlagChange)) (PERSONAL (MessageNew"
                    + " MessageExpunge MailboxName SubscriptionChange))"
        },
        {"l1 LOGIN fuzz2@example.org secret", "l2 SELECT \"Other Users/fuzz@example.org/INBOX\""}
    };
    private static final String MESSAGE =
            "Subject: x\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nhello\r\n--b--\r\n";
    /// One good line for each command, from which words are taken.
    private static final List<String> SEEDS = List.of(
            "LOGIN user password",
            "AUTHENTICATE PLAIN AGEAYg==",
            "ID (\"name\" NIL)",
            "SELECT INBOX",
            "CREATE box/sub (USE (\\Sent))",
            "DELETE box/sub",
            "RENAME box other",
            "SUBSCRIBE box",
            "LIST \"\" (%*)",
            "LSUB \"\" %",
            "LIST (SUBSCRIBED RECURSIVEMATCH SPECIAL-USE REMOTE) \"\" (% *) RETURN (SUBSCRIBED CHILDREN MYRIGHTS)",
            "LIST \"\" % RETURN (STATUS (MESSAGES SIZE DELETED DELETED-STORAGE) METADATA (/shared/comment))",
            "SELECT \"Other Users/fuzz2@example.org/INBOX\"",
            "CREATE Shared/x",
            "GETQUOTA fuzz@example.org",
            "GETQUOTAROOT INBOX",
            "SETQUOTA \"\" (STORAGE 512)",
            "GETACL INBOX",
            "SETACL INBOX anyone -lrs",
            "SETACL INBOX -fuzz2@example.org +texk",
            "DELETEACL INBOX anyone",
            "LISTRIGHTS INBOX fuzz2@example.org",
            "MYRIGHTS INBOX",
            "GETMETADATA (DEPTH infinity MAXSIZE 10) INBOX (/private/comment /shared/comment)",
            "SETMETADATA \"\" (/private/comment {3+}\r\nabc)",
            "SETMETADATA INBOX (/private/specialuse \"\\\\Sent\" /shared/comment NIL)",
            "LANGUAGE en",
            "STATUS INBOX (MESSAGES UNSEEN RECENT)",
            "APPEND INBOX (\\Seen $k) \"01-Feb-2026 10:00:00 +0000\" {3+}\r\nabc",
            "IDLE\r\nDONE",
            "SEARCH CHARSET UTF-8 OR (FROM a NOT SEEN) 1:* LARGER 10 SINCE 1-Feb-2026 HEADER x \"\" BODY hello",
            "FETCH 1:* (FLAGS UID BODY.PEEK[1.2.HEADER.FIELDS (A B)]<0.10> BODYSTRUCTURE ENVELOPE RFC822.SIZE)",
            "STORE 1 +FLAGS.SILENT (\\Deleted \\Seen k)",
            "COPY 1 INBOX",
            "MOVE 1:2 INBOX",
            "UID EXPUNGE 1:*",
            "FETCH 1 (BODY[TEXT] RFC822 BODY[1.MIME])",
            "AUTHENTICATE SCRAM-SHA-256 biwsbj11LHI9YQ==\r\nYz1iaXdzLHI9YQ==\r\n*",
            "AUTHENTICATE OAUTHBEARER bixhPXUsAWF1dGg9QmVhcmVyIHgBAQ==",
            "ENABLE CONDSTORE QRESYNC UTF8=ACCEPT",
            "ENABLE UIDONLY IMAP4rev2",
            "SELECT INBOX (CONDSTORE QRESYNC (1 20 1:3,5 (1:2 1,3)))",
            "UID FETCH 1:* (FLAGS MODSEQ) (CHANGEDSINCE 1 VANISHED)",
            "STORE 1:* (UNCHANGEDSINCE 12) FLAGS.SILENT (\\Seen)",
            "STATUS INBOX (HIGHESTMODSEQ DELETED SIZE)",
            "APPEND INBOX UTF8 (~{3+}\r\nabc)",
            "UID SEARCH UIDAFTER 1 UIDBEFORE 5",
            "NOTIFY SET STATUS (SELECTED (MessageNew (UID BODY.PEEK[TEXT]) MessageExpunge)) (PERSONAL (MailboxName))",
            "NOTIFY SET (SUBTREE (box other) (MessageNew MessageExpunge FlagChange)) (MAILBOXES INBOX NONE)",
            "NOTIFY NONE",
            "APPEND INBOX (\\Draft) {3+}\r\nabc ~{2+}\r\nde",
            "APPEND INBOX CATENATE (TEXT {3+}\r\nabc URL \"/INBOX;UIDVALIDITY=1/;UID=1/;SECTION=1.MIME/;PARTIAL=0.9\")",
            "REPLACE 1 INBOX (\\Seen) {3+}\r\nabc",
            "FETCH 1 (BINARY.PEEK[1]<1.2> BINARY.SIZE[1.1] PREVIEW (LAZY) EMAILID THREADID SAVEDATE)",
            "GENURLAUTH \"imap://fuzz%40example.org@h/INBOX/;UID=1;EXPIRE=2099-01-01T00:00:00Z;URLAUTH=anonymous\""
                    + " INTERNAL",
            "URLFETCH \"imap://fuzz%40example.org@h/INBOX/;UID=1;URLAUTH=anonymous:INTERNAL:"
                    + "01000000000000000000000000000000\"",
            "RESETKEY INBOX INTERNAL",
            "SEARCH EMAILID M1 THREADID T1 SAVEDSINCE 1-Feb-2026 SAVEDATESUPPORTED",
            "SEARCH RETURN (MIN MAX COUNT SAVE PARTIAL -1:-3) CHARSET UTF-8 MODSEQ \"/flags/x\" all 1 YOUNGER 9 $",
            "UID SEARCH RETURN (ALL SAVE) UID $ OLDER 1",
            "SORT RETURN (PARTIAL 1:2) (REVERSE DATE SUBJECT DISPLAYFROM CC SIZE ARRIVAL) UTF-8 ALL",
            "UID SORT (FROM TO DISPLAYTO) UTF-8 TEXT x",
            "THREAD REFERENCES UTF-8 ALL",
            "UID THREAD ORDEREDSUBJECT US-ASCII SINCE 1-Feb-2026",
            "FETCH $ (FLAGS)",
            "ESEARCH IN (selected mailboxes (INBOX box) subtree-one {3+}\r\nbox) RETURN (COUNT PARTIAL 1:2) 1:* TEXT x",
            "ESEARCH IN (personal inboxes subscribed) RETURN (SAVE) CHARSET UTF-8 UNSEEN",
            "NOTIFY SET (SUBTREE \"Other Users\" (MailboxMetadataChange)) (PERSONAL (ServerMetadataChange))",
            "CREATE \"e\u00cc\u0081\"",
            "SEARCH SMALLER 9223372036854775807 SUBJECT \"\u00c7\u0086\"",
            "STATUS INBOX (APPENDLIMIT MAILBOXID)",
            "CAPABILITY",
            "NOOP",
            "LOGOUT",
            "STARTTLS",
            "COMPRESS DEFLATE",
            "EXAMINE INBOX (CONDSTORE)",
            "UNSUBSCRIBE box",
            "NAMESPACE",
            "CHECK",
            "CLOSE",
            "UNSELECT",
            "EXPUNGE",
            "UID STORE 1:* (UNCHANGEDSINCE 3) -FLAGS (\\Deleted k)",
            "UID COPY 1:* box",
            "UID MOVE 1 box",
            "UID REPLACE 1 INBOX (\\Seen) ~{3+}\r\nabc");
    private static final List<String> SHREDS = List.of(
            "(",
            ")",
            "[",
            "]",
            "<",
            ">",
            "\"",
            "\\",
            "{",
            "}",
            "*",
            "%",
            "{5}",
            "{5+}\r\nxxxxx",
            "{0+}\r\n",
            "\r",
            "\n",
            "\0",
            "\u00ff",
            "&",
            "&AP",
            "NIL",
            "1:*,3",
            "4294967295",
            "4294967296",
            "9223372036854775808",
            "0",
            "-1",
            "a".repeat(2_000),
            "((((((((((((",
            "BODY[",
            "BODY[1",
            "BODY[]<",
            "NOT",
            "OR",
            "UID",
            "CHARSET",
            "\r\nz9 NOOP\r\n");
    private static TestServer server;

    @BeforeContainer
    static void start() {
        server = new TestServer();
        MemoryDuplex filling = MemoryDuplex.saying(
                "f1 LOGIN fuzz@example.org secret", "f2 APPEND INBOX {" + MESSAGE.length() + "+}", MESSAGE);
        server.server().serve(filling, server::logIn);
        assertThat(filling.heard()).contains("f2 OK");
    }

    @AfterContainer
    static void stop() {
        server.close();
    }

    @Example
    void thereIsAGoodLineForEachCommand() {
        assertThat(Commands.ALL_COMMANDS).allSatisfy(entry -> assertThat(SEEDS)
                .anyMatch(seed -> seed.equals(entry.name())
                        || seed.startsWith(entry.name() + " ")
                        || seed.startsWith(entry.name() + "\r\n")));
    }

    @Provide
    Arbitrary<String> commands() {
        List<String> words = new ArrayList<>(SHREDS);
        SEEDS.forEach(seed -> words.addAll(List.of(seed.split(" ", -1))));
        Arbitrary<String> name = Arbitraries.of(
                Commands.ALL_COMMANDS.stream().map(Commands.Entry::name).toList());
        Arbitrary<String> broken = Combinators.combine(
                        name, Arbitraries.of(words).list().ofMaxSize(6), Arbitraries.of(" ", ""))
                .as((first, rest, between) -> first + " " + String.join(between, rest));
        Arbitrary<String> cut = Arbitraries.of(SEEDS)
                .flatMap(
                        seed -> Arbitraries.integers().between(0, seed.length()).map(end -> seed.substring(0, end)));
        return Arbitraries.frequencyOf(
                net.jqwik.api.Tuple.of(3, broken),
                net.jqwik.api.Tuple.of(1, cut),
                net.jqwik.api.Tuple.of(1, Arbitraries.of(SEEDS)));
    }

    @Provide
    Arbitrary<List<String>> conversations() {
        return commands().list().ofMinSize(1).ofMaxSize(8);
    }

    @Property(tries = 800)
    void whateverComesIsAnswered(@ForAll("conversations") List<String> commands, @ForAll int state) {
        converse(commands, state);
    }

    /// The long form: `-Dposthouse.fuzz.minutes=60`, and `-Dposthouse.fuzz.seed` to see the same again.
    @Example
    void forAsLongAsTold() {
        long until = System.nanoTime() + TimeUnit.MINUTES.toNanos(Long.getLong("posthouse.fuzz.minutes", 0));
        long seed = Long.getLong("posthouse.fuzz.seed", System.nanoTime());
        Random random = new Random(seed);
        List<String> names =
                Commands.ALL_COMMANDS.stream().map(Commands.Entry::name).toList();
        List<String> words = new ArrayList<>(SHREDS);
        SEEDS.forEach(line -> words.addAll(List.of(line.split(" ", -1))));
        long conversations = 0;
        do {
            List<String> commands = new ArrayList<>();
            for (int left = 1 + random.nextInt(8); left > 0; left--) {
                commands.add(command(random, names, words));
            }
            try {
                converse(commands, random.nextInt(STATES.length));
            } catch (AssertionError e) {
                throw new AssertionError("seed " + seed + ", conversation " + conversations + ": " + commands, e);
            }
            conversations++;
        } while (System.nanoTime() < until);
        System.out.println(conversations + " conversations fuzzed (seed " + seed + ")");
    }

    private static String command(Random random, List<String> names, List<String> words) {
        String seed = SEEDS.get(random.nextInt(SEEDS.size()));
        int kind = random.nextInt(4);
        if (kind == 0) {
            return seed.substring(0, random.nextInt(seed.length() + 1));
        }
        if (kind == 1) { // one good line with another word in it
            String[] parts = seed.split(" ", -1);
            parts[random.nextInt(parts.length)] = words.get(random.nextInt(words.size()));
            return String.join(" ", parts);
        }
        StringBuilder line = new StringBuilder(names.get(random.nextInt(names.size())));
        for (int left = random.nextInt(7); left > 0; left--) {
            line.append(random.nextInt(4) > 0 ? " " : "").append(words.get(random.nextInt(words.size())));
        }
        return line.toString();
    }

    private static void converse(List<String> commands, int state) {
        StringBuilder said = new StringBuilder();
        for (String line : STATES[Math.floorMod(state, STATES.length)]) {
            said.append(line).append("\r\n");
        }
        for (int i = 0; i < commands.size(); i++) {
            said.append("c").append(i).append(' ').append(commands.get(i)).append("\r\n");
        }
        MemoryDuplex client = MemoryDuplex.saying(said.toString().getBytes(StandardCharsets.ISO_8859_1));
        server.server().serve(client, server::logIn);
        assertThat(client.heard())
                .doesNotContain("SERVERBUG")
                .startsWith("* OK ")
                .endsWith("\r\n");
        assertThat(server.server().sessions()).isZero();
    }
}
