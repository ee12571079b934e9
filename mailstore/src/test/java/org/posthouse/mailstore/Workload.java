package org.posthouse.mailstore;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.Random;
import java.util.UUID;
import org.posthouse.mail.Flags;
import org.posthouse.mail.Rights;
import org.posthouse.mail.UidSet;

/// Random actions by seed, good ones and ones to be refused, on few users and mailboxes, so that they meet.
final class Workload {
    static final List<String> USERS = List.of("ann@example.org", "bob@example.org");
    private static final List<String> NAMES = List.of("INBOX", "inbox", "a", "a/b", "a/b/c", "b", "d/e", "bad//name");
    static final List<String> ENTRIES = List.of("/private/comment", "/shared/comment", "/private/vendor/a/b");
    private static final List<Action.Change> CHANGES = List.of(Action.Change.values());
    private static final List<String> IDENTIFIERS =
            List.of("ann@example.org", "bob@example.org", "anyone", "-bob@example.org");
    private static final List<String> KEYWORDS = List.of("red", "Green", "$Junk", "RED");

    private final Random random;
    private final StoreService store;
    private int texts;
    private int deliveries;
    private int commands;

    Workload(long seed, StoreService store) {
        this.random = new Random(seed);
        this.store = store;
    }

    String user() {
        return USERS.get(random.nextInt(USERS.size()));
    }

    private <T> T pick(List<T> from) {
        return from.get(random.nextInt(from.size()));
    }

    private String name() {
        return NAMES.get(random.nextInt(NAMES.size()));
    }

    /// An id of a mailbox that is there, or, now and then, of none.
    private long mailbox() {
        List<Mailbox> mailboxes = store.mailboxes(user());
        return random.nextInt(40) == 0
                ? 1000
                : mailboxes.get(random.nextInt(mailboxes.size())).id();
    }

    private UidSet uids(long mailbox) {
        long next =
                store.mailbox(mailbox).map(m -> store.status(m.id()).uidNext()).orElse(5L);
        if (random.nextInt(4) == 0) {
            return UidSet.of(1 + random.nextLong(next), 1 + random.nextLong(next));
        }
        long first = 1 + random.nextLong(next);
        return UidSet.range(first, first + random.nextInt(6));
    }

    private Flags flags() {
        List<String> keywords = new ArrayList<>();
        while (random.nextInt(3) == 0) {
            keywords.add(KEYWORDS.get(random.nextInt(KEYWORDS.size())));
        }
        return new Flags(random.nextInt(32), keywords);
    }

    private Action.Stamp stamp() {
        return new Action.Stamp(random.nextInt(1_000_000), random.nextInt(120) - 60);
    }

    NewBody body() {
        int length = random.nextInt(60) == 0 ? 300_000 + random.nextInt(400_000) : random.nextInt(3000);
        byte[] bytes = new byte[length];
        random.nextBytes(bytes);
        byte[] start = ("Subject: " + texts++ + "\r\n\r\n").getBytes(StandardCharsets.UTF_8);
        try (MailStore.Upload upload = store.upload()) {
            upload.write(start);
            upload.write(bytes);
            return upload.finish();
        } catch (java.io.IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    Action<?> next() {
        int dice = random.nextInt(100);
        if (dice < 35) {
            List<Action.Target> targets = new ArrayList<>();
            do {
                targets.add(new Action.Target(user(), random.nextInt(3) == 0 ? name() : "INBOX", flags()));
            } while (random.nextInt(3) == 0);
            return new Action.Deliver("delivery " + deliveries++, targets, body(), stamp());
        }
        long mailbox = mailbox();
        if (dice < 45) {
            List<Action.NewMessage> messages = new ArrayList<>();
            do {
                messages.add(new Action.NewMessage(body(), flags(), stamp()));
            } while (random.nextInt(3) == 0);
            Action.Append append = new Action.Append(user(), name(), messages);
            UidSet uids = uids(mailbox);
            return messages.size() > 1 || random.nextBoolean()
                    ? append
                    : new Action.Replace(mailbox, uids.first(0), append);
        } else if (dice < 60) {
            OptionalLong since = random.nextInt(3) > 0 ? OptionalLong.empty() : OptionalLong.of(random.nextInt(40));
            Action.Change change = List.of(Action.Change.ADD, Action.Change.REMOVE, Action.Change.REPLACE)
                    .get(random.nextInt(3));
            return new Action.StoreFlags(mailbox, uids(mailbox), change, flags(), since);
        } else if (dice < 66) {
            return new Action.Copy(mailbox, uids(mailbox), mailbox());
        } else if (dice < 72) {
            return new Action.Move(mailbox, uids(mailbox), mailbox());
        } else if (dice < 82) {
            return new Action.Expunge(mailbox, uids(mailbox));
        } else if (dice < 88) {
            return new Action.Create(user(), name(), "");
        } else if (dice < 91) {
            return new Action.Delete(user(), name());
        } else if (dice < 95) {
            return new Action.Rename(user(), name(), name());
        } else if (dice < 96) {
            return new Action.SetAcl(mailbox, pick(IDENTIFIERS), pick(CHANGES), new Rights(random.nextInt(2048)));
        } else if (dice < 97) {
            List<Annotation> entries = new ArrayList<>();
            do {
                String value = random.nextInt(3) == 0 ? null : "value " + random.nextInt();
                entries.add(new Annotation(pick(ENTRIES), value));
            } while (random.nextBoolean());
            return new Action.Annotate(mailbox, user(), entries);
        } else if (dice < 98) {
            return new Action.Subscribe(user(), name(), random.nextBoolean());
        }
        return new Action.ClaimRecent(mailbox);
    }

    /// Carries out one action; some by a session, and of these some twice.
    ///
    /// @return its result, or the refusal
    Object step(Action<?> action) {
        commands++;
        boolean recorded = random.nextInt(3) == 0;
        CommandId command =
                recorded ? new CommandId(new UUID(7, random.nextInt(3)), commands, commands - 5) : CommandId.NONE;
        try {
            Object result = store.execute(command, action, Duration.ofSeconds(20));
            if (recorded && random.nextInt(3) == 0) {
                Object again = store.execute(command, action, Duration.ofSeconds(20));
                if (!result.equals(again)) {
                    throw new AssertionError(result + " became " + again + " when repeated: " + action);
                }
            }
            return result;
        } catch (StoreException refusal) {
            return refusal.kind();
        }
    }

    void run(int steps) {
        for (int i = 0; i < steps; i++) {
            step(next());
        }
    }
}
