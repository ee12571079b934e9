package org.posthouse.bench;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.posthouse.bench.ImapLoad.Connection;
import org.posthouse.bench.ImapLoad.Filling;

/// What `bench imap` measures. Single connections work for the first user, whose mailbox `many` holds 10,000
/// letters and `large` some of 5 MB; crowds are spread over all users' INBOXes.
final class ImapLoads {
    private static final String MANY = "many";
    private static final String LARGE = "large";
    private static final String COPIES = "copies";
    private static final int LARGE_COUNT = 20;
    private static final int LARGE_BYTES = 5_000_000;
    private static final int BODIES = 1_000;
    private static final int INBOX_COUNT = 200;
    private static final int CROWD = 50;
    private static final int FILLERS = 8;
    private static final Duration FILL_LIMIT = Duration.ofMinutes(10);
    private static final Filling NOTHING = _ -> {};

    private final int messages;
    private final Letters letters;
    private final Duration warmUp;
    private final Filling withoutIndex;
    private final Filling withIndex;
    private final Letters large = new Letters(LARGE_BYTES);

    /// @param messages in the large mailbox
    /// @param letters to fill it with, and to append
    /// @param warmUp of each line before it is measured
    /// @param withoutIndex has texts searched by reading
    /// @param withIndex has all texts indexed, where the server can do that
    ImapLoads(int messages, Letters letters, Duration warmUp, Filling withoutIndex, Filling withIndex) {
        this.messages = messages;
        this.letters = letters;
        this.warmUp = warmUp;
        this.withoutIndex = withoutIndex;
        this.withIndex = withIndex;
    }

    /// All, in the order in which they are to run: what only reads first.
    List<Workload> all() {
        Filling many = this::fillMany;
        Filling inboxes = target -> {
            for (int k = 0; k < target.users().size(); k++) {
                fill(target, k, "INBOX", INBOX_COUNT, letters);
            }
        };
        String bodies = "FETCH 1:" + BODIES + " BODY.PEEK[]";
        return List.of(
                new ImapLoad("log in, select, log out", 1, inboxes, "", warmUp, ImapLoads::logIn),
                new ImapLoad("log in, select, log out", 32, inboxes, "", warmUp, ImapLoads::logIn),
                new ImapLoad("noop", 1, NOTHING, "INBOX", warmUp, (client, _) -> client.run("NOOP")),
                new ImapLoad("noop", 32, NOTHING, "INBOX", warmUp, (client, _) -> client.run("NOOP")),
                new ImapLoad("select", 1, many, "", warmUp, (client, _) -> client.run("SELECT " + MANY)),
                onMany("fetch uid, flags", "UID FETCH 1:* (UID FLAGS)"),
                onMany("fetch envelope, size", "FETCH 1:* (ENVELOPE RFC822.SIZE)"),
                onMany("fetch header fields", "FETCH 1:* BODY.PEEK[HEADER.FIELDS (DATE FROM TO CC SUBJECT)]"),
                onMany("fetch whole headers", "FETCH 1:* BODY.PEEK[HEADER]"),
                onMany("fetch structure", "FETCH 1:* BODYSTRUCTURE"),
                onMany("fetch " + BODIES + " bodies", bodies),
                new ImapLoad(
                        "fetch " + LARGE_COUNT + " of 5 MB",
                        1,
                        target -> fill(target, 0, LARGE, LARGE_COUNT, large),
                        LARGE,
                        warmUp,
                        (client, _) -> client.run("FETCH 1:* BODY.PEEK[]")),
                onMany("search subject", "SEARCH SUBJECT " + Letters.SUBJECT),
                searchText("search text", withoutIndex),
                searchText("search text, indexed", withIndex),
                onMany("sort by subject", "SORT (SUBJECT) UTF-8 ALL"),
                onMany("thread", "THREAD REFERENCES UTF-8 ALL"),
                new ImapLoad(
                        "store flags",
                        1,
                        many,
                        MANY,
                        warmUp,
                        (client, round) ->
                                client.run("STORE 1:* " + (round % 2 == 0 ? '+' : '-') + "FLAGS.SILENT (\\Flagged)")),
                new ImapLoad("copy", 1, many, MANY, warmUp, (client, round) -> {
                    client.aside("CREATE " + COPIES + round);
                    client.run("COPY 1:* " + COPIES + round);
                    client.aside("DELETE " + COPIES + round);
                }),
                new ImapLoad("append", 1, NOTHING, "", warmUp, this::append),
                new ImapLoad("append", 32, NOTHING, "", warmUp, this::append),
                new ImapLoad("append, not indexed", 32, withoutIndex, "", warmUp, this::append),
                new ImapLoad("append, indexed", 32, withIndex, "", warmUp, this::append),
                new ImapLoad("mixed", CROWD, inboxes, "INBOX", warmUp, this::mixed));
    }

    private void fillMany(Target target) throws IOException {
        fill(target, 0, MANY, messages, letters);
    }

    private ImapLoad searchText(String name, Filling index) {
        Filling fills = target -> {
            fillMany(target);
            index.fill(target);
        };
        return new ImapLoad(name, 1, fills, MANY, warmUp, (client, _) -> client.run("SEARCH TEXT " + Letters.RARE));
    }

    private ImapLoad onMany(String name, String command) {
        return new ImapLoad(name, 1, this::fillMany, MANY, warmUp, (client, _) -> client.run(command));
    }

    private static void logIn(Connection client, int round) throws IOException {
        if (round > 0) {
            client.again();
        }
        client.run("SELECT INBOX");
    }

    private void append(Connection client, int round) throws IOException {
        client.run(letters.append("INBOX"));
    }

    /// What mail programs do all day: look, fetch a little, read, mark, now and then save or search.
    private void mixed(Connection client, int round) throws IOException {
        int message = 1 + round % INBOX_COUNT;
        switch (round % 10) {
            case 0 -> client.run("SELECT INBOX");
            case 1 -> client.run("FETCH 1:50 (UID FLAGS ENVELOPE RFC822.SIZE)");
            case 2, 5, 8 -> client.run("FETCH " + message + " BODY.PEEK[]");
            case 3 -> client.run("STORE " + message + (round % 20 == 3 ? " +" : " -") + "FLAGS.SILENT (\\Seen)");
            case 4 -> client.run("SEARCH UNSEEN");
            case 6 -> client.run("STATUS INBOX (MESSAGES UNSEEN UIDNEXT)");
            case 7 -> client.run(letters.append("INBOX"));
            default -> client.run("NOOP");
        }
    }

    /// Appends what is missing. A user's mailboxes stay from line to line.
    static void fill(Target target, int user, String mailbox, int count, Letters from) throws IOException {
        long missing;
        try (var client = target.imap(user, target.user(user))) {
            if (client.command("LIST \"\" " + mailbox).stream()
                    .noneMatch(answer -> answer.name().equals("LIST"))) {
                var _ = client.command("CREATE " + mailbox);
            }
            missing = count - client.messages(mailbox);
            client.logout();
        }
        if (missing > 0) {
            ImapLoad appending = new ImapLoad(
                    "fill", FILLERS, NOTHING, "", Duration.ZERO, (client, _) -> client.run(from.append(mailbox)));
            Target alone = new Target(
                    target.name(),
                    target.protocol(),
                    target.deliveries(),
                    target.imaps(),
                    List.of(target.user(user)),
                    target.password());
            var _ = Crowd.run(FILLERS, k -> new Connection(alone, k, appending), FILL_LIMIT, missing);
        }
    }

    /// Opens as many connections as told, spread over all users, and leaves them in IDLE on INBOX.
    static List<RawImap> idlers(Target target, int count) throws IOException {
        List<RawImap> idlers = new ArrayList<>();
        for (int k = 0; k < count; k++) {
            RawImap client = ImapLoad.open(target, k);
            idlers.add(client);
            var _ = client.run("SELECT INBOX");
            client.idle();
        }
        return idlers;
    }
}
