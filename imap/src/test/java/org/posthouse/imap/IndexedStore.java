package org.posthouse.imap;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.posthouse.fulltext.TextIndex.Where;
import org.posthouse.imap.TextSearch.Needle;
import org.posthouse.mail.Flags;
import org.posthouse.mail.UidSet;
import org.posthouse.mailstore.Action;
import org.posthouse.mailstore.CommandId;
import org.posthouse.mailstore.Gate;
import org.posthouse.mailstore.KeptBody;
import org.posthouse.mailstore.MailStore;
import org.posthouse.mailstore.NewBody;
import org.posthouse.mailstore.StorageGroup;
import org.posthouse.mailstore.StoreMemory;
import org.posthouse.mailstore.StoreService;
import org.posthouse.mailstore.StoreSettings;
import org.posthouse.testkit.LocalLog;

/// A real store, to be searched with an index and without.
final class IndexedStore implements AutoCloseable {
    static final Duration SOON = Duration.ofSeconds(60);
    private static final String USER = "user@example.org";

    private final StoreMemory memory = new StoreMemory();
    private final StorageGroup group;
    final StoreService store;

    IndexedStore(Path folder) {
        group = new StorageGroup(folder, memory, StoreSettings.defaults(), new Gate("n1.1"));
        store = StoreService.openAlone(group, new LocalLog(group));
    }

    /// An index of it, kept from now on.
    FullText keep(Path folder) {
        FullText index = new FullText("test", folder, store, Duration.ZERO);
        index.begin();
        return index;
    }

    static void awaitCaughtUp(FullText index) throws InterruptedException {
        assertThat(index.awaitCaughtUp(SOON)).as("caught up in time").isTrue();
    }

    /// @return its body's number
    long append(byte[] message) throws IOException {
        NewBody body;
        try (MailStore.Upload upload = store.upload()) {
            upload.write(message);
            body = upload.finish();
        }
        Action.Appended appended = store.execute(
                CommandId.NONE,
                new Action.Append(
                        USER, "INBOX", List.of(new Action.NewMessage(body, Flags.NONE, new Action.Stamp(1_000, 0)))),
                SOON);
        UidSet uids = appended.uids();
        return store.message(appended.mailboxId(), uids.first(0)).orElseThrow().bodyId();
    }

    long append(String message) throws IOException {
        return append(message.replace("\n", "\r\n").getBytes(java.nio.charset.StandardCharsets.UTF_8));
    }

    List<Long> bodies() {
        return store.keptBodies(0, 10_000).stream().map(KeptBody::bodyId).toList();
    }

    /// By reading the message.
    int read(Needle needle, Where where, long body) throws IOException {
        try (OpenMessage message = new OpenMessage(store, body)) {
            return TextSearch.in(message, where, needle);
        }
    }

    /// As a search does with an index. A mailbox so large that the index is always asked.
    int search(Optional<FullText> index, Needle needle, Where where, long body) throws IOException {
        try (OpenMessage message = new OpenMessage(store, body)) {
            return new IndexedText(index, 1_000_000, () -> {}).relevance(needle, where, body, () -> message);
        }
    }

    /// All bodies, each way, by every needle.
    void agrees(FullText index, String... looked) throws IOException {
        for (String text : looked) {
            for (boolean fuzzy : new boolean[] {false, true}) {
                Needle needle = new Needle(text, fuzzy);
                for (Where where : Where.values()) {
                    for (long body : bodies()) {
                        assertThat(search(Optional.of(index), needle, where, body))
                                .as("'%s' in %s of body %d%s", text, where, body, fuzzy ? ", fuzzily" : "")
                                .isEqualTo(read(needle, where, body));
                    }
                }
            }
        }
    }

    @Override
    public void close() {
        group.close();
        memory.close();
    }
}
