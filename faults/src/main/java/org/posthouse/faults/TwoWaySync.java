package org.posthouse.faults;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.IntPredicate;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.posthouse.faults.ClientDesk.Seen;
import org.posthouse.testkit.ImapClient;

/// A client that keeps a folder and a mailbox the same. Both are changed, then it has to bring them to agreement, and
/// then to find nothing more to do.
abstract class TwoWaySync implements MailClient {
    private static final String OTHER = "work";

    /// Of ten messages, what happens to which: flags there, here, on both sides; deletions there, here, on both sides;
    /// and one that is deleted there and gets a flag here. Three are left alone.
    private static final int KINDS = 10;

    private static final int FLAGGED_THERE = 0;
    private static final int SEEN_HERE = 1;
    private static final int SEEN_THERE_ANSWERED_HERE = 2;
    private static final int GONE_THERE = 3;
    private static final int GONE_HERE = 4;
    private static final int GONE_BOTH = 5;
    private static final int GONE_THERE_FLAGGED_HERE = 6;

    /// How many messages it gets.
    abstract int count(ClientDesk desk);

    /// Writes its configuration.
    abstract void prepare(ClientDesk desk) throws IOException;

    /// Runs it once.
    abstract void sync(ClientDesk desk) throws IOException;

    /// Where it keeps a mailbox.
    abstract Path folder(ClientDesk desk, String mailbox);

    @Override
    public void use(ClientDesk desk) throws IOException {
        int count = count(desk);
        int added = Math.max(1, count / 20);
        desk.fill("INBOX", 0, count);
        try (ImapClient client = desk.connect()) {
            var _ = client.command("CREATE " + OTHER);
            client.logout();
        }
        desk.fill(OTHER, 0, added);
        prepare(desk);
        sync(desk);
        Maildir inbox = new Maildir(folder(desk, "INBOX"));
        Maildir other = new Maildir(folder(desk, OTHER));
        desk.expectAgreement(inbox.read(), desk.read("INBOX"), name() + ": INBOX after the first run");
        desk.expectAgreement(other.read(), desk.read(OTHER), name() + ": " + OTHER + " after the first run");

        changeThere(desk, count, added);
        changeHere(desk, inbox, count, added);
        sync(desk);
        SortedMap<String, Seen> there = desk.read("INBOX");
        desk.expectAgreement(inbox.read(), there, name() + ": INBOX after changes on both sides");
        desk.expectAgreement(wanted(count, added), there, name() + ": as it was changed on either side");

        String before = state(desk, inbox);
        sync(desk);
        desk.report()
                .expect(state(desk, inbox).equals(before), "%s: another run changes nothing on either side", name());
    }

    private static void changeThere(ClientDesk desk, int count, int added) throws IOException {
        try (ImapClient client = desk.connect()) {
            long exists = client.select("INBOX").exists();
            if (exists != count) {
                throw new IOException("INBOX has " + exists + " messages, not " + count);
            }
            var _ = client.store(false, numbers(count, kind -> kind == FLAGGED_THERE), "+FLAGS.SILENT (\\Flagged)");
            var _ = client.store(
                    false, numbers(count, kind -> kind == SEEN_THERE_ANSWERED_HERE), "+FLAGS.SILENT (\\Seen)");
            var _ = client.store(
                    false,
                    numbers(count, kind -> kind == GONE_THERE || kind == GONE_BOTH || kind == GONE_THERE_FLAGGED_HERE),
                    "+FLAGS.SILENT (\\Deleted)");
            var _ = client.command("EXPUNGE");
            client.logout();
        }
        desk.fill("INBOX", count, count + added);
    }

    /// Sequence numbers of all messages of a kind.
    private static String numbers(int count, IntPredicate kind) {
        return IntStream.range(0, count)
                .filter(number -> kind.test(number % KINDS))
                .mapToObj(number -> Integer.toString(number + 1))
                .collect(Collectors.joining(","));
    }

    private static void changeHere(ClientDesk desk, Maildir inbox, int count, int added) throws IOException {
        SortedMap<String, Path> files = inbox.files();
        for (int number = 0; number < count; number++) {
            Path file = files.get(ClientDesk.id(number));
            if (file == null) {
                throw new IOException("the client did not fetch " + ClientDesk.id(number));
            }
            switch (number % KINDS) {
                case SEEN_HERE -> Maildir.flag(file, 'S');
                case SEEN_THERE_ANSWERED_HERE -> Maildir.flag(file, 'R');
                case GONE_THERE_FLAGGED_HERE -> Maildir.flag(file, 'F');
                case GONE_HERE, GONE_BOTH -> Files.delete(file);
                default -> {} // changed there, or left alone
            }
        }
        for (int number = count + added; number < count + 2 * added; number++) {
            inbox.add(number, desk.message(number));
        }
    }

    private static SortedMap<String, Seen> wanted(int count, int added) {
        SortedMap<String, Seen> wanted = new TreeMap<>();
        for (int number = 0; number < count + 2 * added; number++) {
            int kind = number < count ? number % KINDS : KINDS - 1;
            List<String> flags =
                    switch (kind) {
                        case FLAGGED_THERE -> List.of("\\Flagged");
                        case SEEN_HERE -> List.of("\\Seen");
                        case SEEN_THERE_ANSWERED_HERE -> List.of("\\Seen", "\\Answered");
                        default -> List.of();
                    };
            if (kind < GONE_THERE || kind > GONE_THERE_FLAGGED_HERE) {
                wanted.put(ClientDesk.id(number), Seen.of(flags, true));
            }
        }
        return wanted;
    }

    /// What must not change: the names of all files here, and the mod-sequence there.
    private static String state(ClientDesk desk, Maildir inbox) throws IOException {
        try (ImapClient client = desk.connect()) {
            String there = client.command("STATUS INBOX (MESSAGES UIDNEXT HIGHESTMODSEQ)")
                    .toString();
            client.logout();
            return there + inbox.files().values();
        }
    }
}
