package org.posthouse.bench;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import org.posthouse.bench.ImapLoad.Act;

/// What `bench imap --scale` measures: what a user does who has a mailbox of a million messages and ten thousand
/// folders.
final class ImapScale {
    private static final String SEEDS = "seeds";
    private static final String HUGE = "huge";
    private static final String TREE = "tree";
    private static final int TIMES = 100;
    private static final int BRANCH = 100;

    private final int folders;
    private final Letters letters;
    private final Duration warmUp;

    /// @param folders in the tree; the mailbox has a hundred times as many messages
    ImapScale(int folders, Letters letters, Duration warmUp) {
        this.folders = folders;
        this.letters = letters;
        this.warmUp = warmUp;
    }

    /// All, in the order in which they are to run.
    List<Workload> all() {
        String messages = String.format("%,d", folders * TIMES);
        String some = String.format("%,d", folders);
        int last = folders * TIMES - 49;
        return List.of(
                huge("select " + messages, "", (client, _) -> client.run("SELECT " + HUGE)),
                huge("fetch uid, flags of " + messages, HUGE, (client, _) -> client.run("UID FETCH 1:* (UID FLAGS)")),
                huge(
                        "fetch envelope of last 50",
                        HUGE,
                        (client, _) ->
                                client.run("FETCH " + last + ":" + (last + 49) + " (UID FLAGS ENVELOPE RFC822.SIZE)")),
                huge(
                        "store one flag of " + messages,
                        HUGE,
                        (client, round) -> client.run(
                                "STORE " + last + (round % 2 == 0 ? " +" : " -") + "FLAGS.SILENT (\\Flagged)")),
                huge("search flagged in " + messages, HUGE, (client, _) -> client.run("SEARCH FLAGGED")),
                huge("append to " + messages, HUGE, (client, _) -> client.run(letters.append(HUGE))),
                tree("list " + some + " folders", "LIST \"\" *"),
                tree("list the top level", "LIST \"\" %"),
                tree("list with status", "LIST \"\" * RETURN (STATUS (MESSAGES UNSEEN))"),
                new ImapLoad("create, delete a folder", 1, this::fillTree, "", warmUp, (client, round) -> {
                    client.run("CREATE " + TREE + "/new" + round);
                    client.run("DELETE " + TREE + "/new" + round);
                }));
    }

    private ImapLoad huge(String name, String selected, Act act) {
        return new ImapLoad(name, 1, this::fillHuge, selected, warmUp, act);
    }

    private ImapLoad tree(String name, String command) {
        return new ImapLoad(name, 1, this::fillTree, "", warmUp, (client, _) -> client.run(command));
    }

    /// By copying: to append so many would take an hour.
    private void fillHuge(Target target) throws IOException {
        if (messages(target, HUGE) > 0) {
            return;
        }
        ImapLoads.fill(target, 0, SEEDS, folders, letters);
        try (RawImap client = ImapLoad.open(target, 0)) {
            var _ = client.run("CREATE " + HUGE);
            var _ = client.run("SELECT " + SEEDS);
            for (int i = 0; i < TIMES; i++) {
                var _ = client.run("COPY 1:* " + HUGE);
            }
        }
    }

    private static long messages(Target target, String mailbox) throws IOException {
        try (var client = target.imap(0, target.user(0))) {
            boolean there = client.command("LIST \"\" " + mailbox).stream()
                    .anyMatch(answer -> answer.name().equals("LIST"));
            return there ? client.messages(mailbox) : 0;
        }
    }

    private void fillTree(Target target) throws IOException {
        try (var client = target.imap(0, target.user(0))) {
            boolean there = client.command("LIST \"\" " + TREE + "/b0").stream()
                    .anyMatch(answer -> answer.name().equals("LIST"));
            if (there) {
                return;
            }
        }
        try (RawImap client = ImapLoad.open(target, 0)) {
            for (int i = 0; i < folders; i++) {
                String branch = TREE + "/b" + i / BRANCH;
                var _ = client.run("CREATE " + (i % BRANCH == 0 ? branch : branch + "/leaf" + i));
            }
        }
    }
}
