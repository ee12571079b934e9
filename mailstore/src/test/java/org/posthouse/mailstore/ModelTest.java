package org.posthouse.mailstore;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.posthouse.mail.Flags;
import org.posthouse.mailstore.StoreException.Kind;

/// Random actions on the store and on [Model]: the same outcome and the same contents.
final class ModelTest {
    @TempDir
    Path folder;

    private StoreFixture at;
    private final Model model = new Model();

    @ParameterizedTest
    @ValueSource(longs = {101, 102, 103})
    void theStoreDoesWhatTheModelDoes(long seed) {
        at = new StoreFixture(
                folder, StoreSettings.defaults().withFlushBytes(20_000).withSegmentBytesMax(200_000));
        Workload.USERS.forEach(user -> at.run(new Action.Welcome(user)));
        Workload.USERS.forEach(model::user);
        Workload workload = new Workload(seed, at.store);
        for (int step = 0; step < 500; step++) {
            Action<?> action = workload.next();
            Model.Box from = box(mailbox(action, false));
            Model.Box to = box(mailbox(action, true));
            Object result = workload.step(action);
            Object expected = apply(action, result, from, to);
            assertThat(result instanceof Kind ? result : "")
                    .as("seed %d step %d: %s", seed, step, action)
                    .isEqualTo(expected);
            if (step % 20 == 0) {
                compare("seed " + seed + " step " + step + " after " + action);
            }
        }
        compare("seed " + seed);
        at.close();
        at = new StoreFixture(folder);
        compare("seed " + seed + " after a restart");
        at.close();
    }

    private static long mailbox(Action<?> action, boolean target) {
        return switch (action) {
            case Action.StoreFlags store -> store.mailboxId();
            case Action.Copy copy -> target ? copy.toMailboxId() : copy.mailboxId();
            case Action.Move move -> target ? move.toMailboxId() : move.mailboxId();
            case Action.Expunge expunge -> expunge.mailboxId();
            case Action.Replace replace -> replace.mailboxId();
            case Action.ClaimRecent claim -> claim.mailboxId();
            case Action.SetAcl set -> set.mailboxId();
            case Action.Annotate annotate -> annotate.mailboxId();
            default -> 0;
        };
    }

    private Model.Box box(long id) {
        return at.store
                .mailbox(id)
                .map(mailbox -> model.user(mailbox.user()).get(mailbox.name()))
                .orElse(null);
    }

    private Object apply(Action<?> action, Object result, Model.Box from, Model.Box to) {
        return switch (action) {
            case Action.Deliver deliver -> model.deliver(deliver);
            case Action.Append append -> model.append(append);
            case Action.Replace replace -> from == null ? Kind.NO_SUCH_MAILBOX : model.replace(from, replace);
            case Action.Create create -> model.create(create);
            case Action.Delete delete -> model.delete(delete);
            case Action.Rename rename -> model.rename(rename);
            case Action.Subscribe subscribe -> model.subscribe(subscribe);
            case Action.StoreFlags store -> {
                if (from == null) {
                    yield Kind.NO_SUCH_MAILBOX;
                }
                Model.store(
                        from,
                        store,
                        new HashSet<>(((Action.Stored) result)
                                .modified().stream().boxed().toList()));
                yield "";
            }
            case Action.Copy copy -> from == null || to == null ? Kind.NO_SUCH_MAILBOX : Model.copy(from, copy, to);
            case Action.Move move -> from == null || to == null ? Kind.NO_SUCH_MAILBOX : Model.move(from, move, to);
            case Action.Expunge expunge -> from == null ? Kind.NO_SUCH_MAILBOX : Model.expunge(from, expunge);
            case Action.ClaimRecent _ -> {
                if (from == null) {
                    yield Kind.NO_SUCH_MAILBOX;
                }
                assertThat(((Action.RecentClaimed) result).firstRecent()).isEqualTo(from.firstRecent);
                from.firstRecent = from.uidNext;
                yield "";
            }
            case Action.SetAcl _ -> from == null ? Kind.NO_SUCH_MAILBOX : "";
            case Action.Annotate _ -> from == null ? Kind.NO_SUCH_MAILBOX : "";
            case Action.Welcome _, Action.Forget _, Action.MakeUrlKey _, Action.DropUrlKeys _ -> "";
        };
    }

    private static Set<String> lower(Flags flags) {
        Set<String> names = new TreeSet<>();
        flags.names().forEach(name -> names.add(name.toLowerCase(java.util.Locale.ROOT)));
        return names;
    }

    private void compare(String when) {
        for (String user : Workload.USERS) {
            List<Mailbox> mailboxes = at.store.mailboxes(user);
            assertThat(mailboxes.stream().map(Mailbox::name))
                    .as(when)
                    .containsExactlyInAnyOrderElementsOf(model.user(user).keySet());
            assertThat(at.store.subscriptions(user))
                    .as(when)
                    .containsExactlyInAnyOrderElementsOf(model.subscriptions.getOrDefault(user, Set.of()));
            long messages = 0;
            long bytes = 0;
            for (Mailbox mailbox : mailboxes) {
                Model.Box box = model.user(user).get(mailbox.name());
                compare(when + ", " + user + " " + mailbox.name(), mailbox.id(), box);
                messages += box.messages.size();
                bytes += box.messages.stream().mapToLong(m -> m.size).sum();
            }
            assertThat(at.store.usage(user)).as(when).isEqualTo(new Usage(messages, bytes));
        }
    }

    private void compare(String when, long id, Model.Box box) {
        MailboxStatus status = at.store.status(id);
        MailboxView view = at.store.view(id);
        assertThat(status.messages()).as(when).isEqualTo(box.messages.size());
        assertThat(view.size()).as(when).isEqualTo(box.messages.size());
        assertThat(status.uidNext()).as(when).isEqualTo(box.uidNext);
        assertThat(view.uidNext()).as(when).isEqualTo(box.uidNext);
        assertThat(view.highestModSeq()).as(when).isEqualTo(status.highestModSeq());
        assertThat(status.bytes())
                .as(when)
                .isEqualTo(box.messages.stream().mapToLong(m -> m.size).sum());
        assertThat(status.unseen())
                .as(when)
                .isEqualTo(box.messages.stream()
                        .filter(m -> !m.flags.has(Flags.SEEN))
                        .count());
        assertThat(status.deleted())
                .as(when)
                .isEqualTo(box.messages.stream()
                        .filter(m -> m.flags.has(Flags.DELETED))
                        .count());
        for (int i = 0; i < view.size(); i++) {
            Model.Message message = box.messages.get(i);
            assertThat(view.uid(i)).as(when).isEqualTo(message.uid);
            assertThat(view.indexOf(message.uid)).as(when).isEqualTo(i);
            assertThat(lower(view.flags(i))).as(when).isEqualTo(lower(message.flags));
            MessageRow row = at.store.message(id, message.uid).orElseThrow();
            assertThat(row.flags()).as(when).isEqualTo(view.flags(i));
            assertThat(row.modSeq()).as(when).isEqualTo(view.modSeq(i));
            assertThat(row.internalDateSeconds()).as(when).isEqualTo(message.stamp.seconds());
            assertThat(Hashes.crc32c(at.bytes(row.bodyId()))).as(when).isEqualTo(message.bodySum);
        }
    }
}
