package org.posthouse.replication;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// A folder that several would hold. A holder that is paused is one that never beats of itself; time passes when a
/// taker looks at the clock.
@Timeout(60)
class SharedFolderTest {
    /// The steps of a takeover, in order.
    private static final List<String> STEPS = List.of("wait", "number", "claim", "look again", "seal", "name", "beat");

    private static final SharedFolder.Contents LOG = (epoch, taker) -> {
        if (Files.exists(epoch.resolve("log"))) {
            taker.copy("log");
        }
    };
    private static final Duration NEVER = Duration.ofHours(1);
    private static final SharedFolder.Times PAUSED = times(NEVER);

    private final AtomicLong time = new AtomicLong(1_000_000);
    private final List<SharedFolder> open = new ArrayList<>();
    private final AtomicReference<String> lost = new AtomicReference<>("");

    @TempDir
    Path folder;

    @AfterEach
    void end() {
        open.forEach(SharedFolder::close);
    }

    private static SharedFolder.Times times(Duration beat) {
        return new SharedFolder.Times(beat, Duration.ofSeconds(4), Duration.ofSeconds(6), Duration.ofSeconds(20));
    }

    private SharedFolder.Settings settings(String holder, boolean first, long pace, SharedFolder.Times times) {
        return new SharedFolder.Settings(
                folder,
                "virtual server vs4",
                holder,
                first,
                LOG,
                () -> time.addAndGet(pace),
                () -> true,
                lost::set,
                times);
    }

    private SharedFolder first() throws IOException {
        return kept(SharedFolder.takeOver(settings("n1", true, 0, PAUSED)));
    }

    private SharedFolder kept(SharedFolder taken) {
        open.add(taken);
        return taken;
    }

    /// One for whom time passes while it waits.
    private SharedFolder.Settings waiting(String holder) {
        return settings(holder, false, 2_500, PAUSED);
    }

    private SharedFolder.Settings waiting(String holder, SharedFolder.Contents contents, BooleanSupplier permitted) {
        SharedFolder.Settings same = waiting(holder);
        return new SharedFolder.Settings(
                same.folder(),
                same.holds(),
                same.holder(),
                same.first(),
                contents,
                same.clock(),
                permitted,
                same.lost(),
                same.times());
    }

    /// Writes an entry and forces it to disk, as Raft does.
    private static void write(SharedFolder by, String entry) {
        try (var log =
                FileChannel.open(by.epoch().resolve("log"), StandardOpenOption.CREATE, StandardOpenOption.APPEND)) {
            log.write(ByteBuffer.wrap((entry + "\n").getBytes(StandardCharsets.UTF_8)));
            log.force(true);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static List<String> log(SharedFolder of) throws IOException {
        return Files.readAllLines(of.epoch().resolve("log"));
    }

    @Test
    void whatWasWrittenIsThereForTheNext() throws IOException {
        SharedFolder n1 = first();
        assertThat(n1.valid()).isTrue();
        write(n1, "a");
        n1.close();
        assertThat(n1.valid()).isFalse();
        SharedFolder n2 = kept(SharedFolder.takeOver(waiting("n2")));
        assertThat(n2.number()).isEqualTo(2);
        assertThat(n2.id()).isEqualTo(n1.id());
        assertThat(log(n2)).containsExactly("a");
        assertThat(Files.readString(n2.epoch().resolve("manifest"))).isEqualTo("from 1\ncopy 2 log\n");
    }

    @Test
    void aHolderThatLivesKeepsIt() throws IOException {
        SharedFolder n1 = first();
        // Whoever waits sees it beat.
        SharedFolder.Settings watching = waiting("n2", LOG, n1::beatOnce);
        assertThatThrownBy(() -> SharedFolder.takeOver(watching))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("n1 holds")
                .hasMessageContaining("is alive");
        assertThat(n1.valid()).isTrue();
        assertThat(n1.lost()).isEmpty();
    }

    @Test
    void oneThatMayNotTakeItAnyMoreStopsWaiting() throws IOException {
        SharedFolder n1 = first();
        SharedFolder.Settings withdrawn = waiting("n2", LOG, () -> false);
        assertThatThrownBy(() -> SharedFolder.takeOver(withdrawn)).hasMessageContaining("not to be taken over");
        assertThat(n1.beatOnce()).isTrue();
    }

    /// How a holder goes on that wakes.
    private enum Beats {
        NEVER,
        /// When it wakes.
        ONCE,
        ALWAYS
    }

    /// The owner is frozen, and wakes before each step of the takeover in turn; it writes before each later one too.
    @Test
    void aPausedHolderThatWakesAtAnyStepHarmsNothing() throws IOException {
        for (String step : STEPS) {
            for (Beats beats : Beats.values()) {
                for (long wakesAt : new long[] {0, 3_900, 5_000}) {
                    wakes(step, beats, wakesAt);
                }
            }
        }
    }

    private void wakes(String step, Beats beats, long wakesAt) throws IOException {
        String what = "wakes before '" + step + "', beats " + beats + ", after " + wakesAt;
        Durable.deleteTree(folder);
        Files.createDirectory(folder);
        SharedFolder n1 = first();
        TreeSet<String> acknowledged = new TreeSet<>();
        write(n1, "before");
        acknowledged.add("before");
        time.addAndGet(wakesAt);
        SharedFolder n2 = null;
        try {
            n2 = kept(SharedFolder.takeOver(waiting("n2"), at -> {
                if (STEPS.indexOf(at) >= STEPS.indexOf(step)) {
                    boolean beaten =
                            (beats == Beats.ALWAYS || (beats == Beats.ONCE && at.equals(step))) && n1.beatOnce();
                    write(n1, at);
                    if (n1.valid()) {
                        acknowledged.add(at);
                    }
                    assertThat(!beaten || n1.valid()).as(what).isTrue();
                }
            }));
        } catch (IOException e) {
            assertThat(e).as(what).hasMessageContaining("alive");
        }
        if (n2 == null) {
            assertThat(beats).as(what + ": it was alive").isNotEqualTo(Beats.NEVER);
        } else {
            assertThat(log(n2)).as(what).containsAll(acknowledged);
            assertThat(n1.beatOnce()).as(what).isFalse();
            assertThat(n1.valid()).as(what).isFalse();
            assertThat(n1.lost()).as(what).hasValueSatisfying(why -> assertThat(why)
                    .contains("n2 has taken it over"));
            List<String> taken = log(n2);
            write(n1, "after");
            write(n2, "new");
            assertThat(log(n2))
                    .as(what)
                    .hasSize(taken.size() + 1)
                    .contains("new")
                    .doesNotContain("after");
            n2.close();
        }
        n1.close();
    }

    @Test
    void afterATakeoverThatFailedTheNextGoesOnFromTheSameEpoch() throws IOException {
        SharedFolder n1 = first();
        write(n1, "a");
        time.addAndGet(10_000);
        assertThatThrownBy(() -> SharedFolder.takeOver(waiting("n2"), at -> {
                    if (at.equals("name")) {
                        throw new IllegalStateException("n2 dies");
                    }
                }))
                .hasMessage("n2 dies");
        SharedFolder n3 = kept(SharedFolder.takeOver(waiting("n3")));
        assertThat(n3.number()).isEqualTo(3);
        assertThat(log(n3)).containsExactly("a");
        assertThat(n1.beatOnce()).isFalse();
    }

    @Test
    void epochsThatNobodyNeedsGo() throws IOException {
        first().close();
        SharedFolder.takeOver(waiting("n2")).close();
        Files.createDirectory(folder.resolve("7")); // of a takeover that failed
        kept(SharedFolder.takeOver(waiting("n3")));
        TestCluster.await("epoch 1 is gone", () -> !Files.exists(folder.resolve("1")));
        assertThat(folder.resolve("2")).as("for whoever is still reading").exists();
        assertThat(folder.resolve("8")).exists();
    }

    @Test
    void ofTwoWhoTakeItOverOneHasIt() throws IOException {
        SharedFolder n1 = first();
        write(n1, "a");
        time.addAndGet(10_000);
        AtomicReference<SharedFolder> n3 = new AtomicReference<>();
        assertThatThrownBy(() -> SharedFolder.takeOver(waiting("n2"), at -> {
                    if (at.equals("name")) {
                        try {
                            n3.set(kept(SharedFolder.takeOver(waiting("n3"))));
                        } catch (IOException e) {
                            throw new UncheckedIOException(e);
                        }
                    }
                }))
                .hasMessageContaining("n3")
                .hasMessageContaining("as well");
        assertThat(n3.get().valid()).isTrue();
        assertThat(n3.get().beatOnce()).isTrue();
    }

    /// n1 was paused and deposed and kept the lock, so n2 never had it. Then n1 ends, having beaten once more or not.
    @Test
    void aFreeLockThatWasNotTheHoldersProvesNothing() throws IOException {
        for (boolean wakes : new boolean[] {false, true}) {
            Durable.deleteTree(folder);
            Files.createDirectory(folder);
            SharedFolder n1 = first();
            time.addAndGet(10_000);
            SharedFolder n2 = kept(SharedFolder.takeOver(waiting("n2")));
            if (wakes) {
                assertThat(n1.beatOnce()).isFalse();
            }
            n1.close();
            SharedFolder.Settings watching = waiting("n3", LOG, n2::beatOnce);
            assertThatThrownBy(() -> SharedFolder.takeOver(watching))
                    .as("n1 wakes: " + wakes)
                    .hasMessageContaining("n2 holds")
                    .hasMessageContaining("is alive");
            assertThat(n2.beatOnce()).isTrue();
            assertThat(n2.valid()).isTrue();
            n2.close();
            SharedFolder n3 = kept(SharedFolder.takeOver(waiting("n3")));
            assertThat(n3.number()).isEqualTo(3);
        }
    }

    /// n2 is frozen before each step of its takeover in turn, with the lock or without; meanwhile n3 takes the folder
    /// over and answers clients. Then n2 goes on.
    @Test
    void aPausedTakerThatWakesAtAnyStepHarmsNothing() throws IOException {
        for (String step : STEPS) {
            for (boolean locked : new boolean[] {true, false}) {
                for (long wakesAfter : new long[] {0, 5_000}) {
                    takerWakes(step, locked, wakesAfter);
                }
            }
        }
    }

    private void takerWakes(String step, boolean locked, long wakesAfter) throws IOException {
        String what = "n2 wakes before '" + step + "', with lock " + locked + ", after " + wakesAfter;
        Durable.deleteTree(folder);
        Files.createDirectory(folder);
        SharedFolder n1 = first();
        TreeSet<String> acknowledged = new TreeSet<>();
        writes(n1, "by n1", acknowledged);
        if (locked) {
            n1.close();
        }
        time.addAndGet(10_000);
        AtomicReference<SharedFolder> n3 = new AtomicReference<>();
        SharedFolder n2 = null;
        try {
            n2 = kept(SharedFolder.takeOver(waiting("n2"), at -> {
                if (at.equals(step)) {
                    n3.set(taken("n3"));
                    writes(n3.get(), "by n3", acknowledged);
                    time.addAndGet(wakesAfter);
                }
            }));
            assertThat(n3.get().valid()).as(what).isFalse();
            writes(n2, "by n2", acknowledged);
        } catch (IOException e) {
            assertThat(e.getMessage()).as(what).containsAnyOf("n3", "is alive after all");
        }
        writes(n3.get(), "by n3, when n2 is awake", acknowledged);
        time.addAndGet(10_000);
        SharedFolder n4 = kept(SharedFolder.takeOver(waiting("n4")));
        assertThat(acknowledged).as(what).contains("by n1", "by n3");
        assertThat(log(n4)).as(what).containsAll(acknowledged);
        for (SharedFolder open : open) {
            open.close();
        }
    }

    private SharedFolder taken(String holder) {
        try {
            return kept(SharedFolder.takeOver(waiting(holder)));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void writes(SharedFolder by, String entry, Set<String> acknowledged) {
        write(by, entry);
        if (by.valid()) {
            acknowledged.add(entry);
        }
    }

    @Test
    void aFolderThatIsNotWhatItShouldBeIsLeftAlone() throws IOException {
        assertThatThrownBy(() -> SharedFolder.takeOver(waiting("n1")))
                .hasMessageContaining("does not hold virtual server vs4, which was there before: is its file system");
        assertThat(folder).isEmptyDirectory();
        Files.writeString(folder.resolve("letter.txt"), "mine");
        assertThatThrownBy(this::first).hasMessageContaining("is not empty: [letter.txt]");
        Files.delete(folder.resolve("letter.txt"));
        Files.createDirectory(folder.resolve("lost+found"));
        first().close();
        var other = new SharedFolder.Settings(
                folder,
                "virtual server vs5",
                "n1",
                true,
                (epoch, taker) -> {},
                time::get,
                () -> true,
                lost::set,
                PAUSED);
        assertThatThrownBy(() -> SharedFolder.takeOver(other))
                .hasMessageContaining("holds virtual server vs4, not virtual server vs5");
        Durable.deleteTree(folder);
        assertThatThrownBy(this::first).hasMessageContaining("is its file system mounted?");
        Files.createDirectory(folder);
    }

    @Test
    void aHolderThatIsReplacedIsTold() throws Exception {
        SharedFolder n1 = kept(SharedFolder.takeOver(settings("n1", true, 0, times(Duration.ofMillis(20)))));
        Files.writeString(folder.resolve("claim"), "7 n9\n");
        TestCluster.await("it is told", () -> lost.get().contains("n9 has taken it over in epoch 7"));
        assertThat(n1.valid()).isFalse();
    }

    @Test
    void filesThatVanishMeanwhileAreLookedForAnew() throws IOException {
        SharedFolder n1 = first();
        write(n1, "a");
        n1.close();
        AtomicLong turns = new AtomicLong();
        SharedFolder.Settings vanishing = waiting(
                "n2",
                (epoch, taker) -> {
                    taker.link("log");
                    if (turns.incrementAndGet() == 1) {
                        taker.copy("renamed-meanwhile");
                    }
                },
                () -> true);
        SharedFolder n2 = kept(SharedFolder.takeOver(vanishing));
        assertThat(turns.get()).isEqualTo(2);
        assertThat(log(n2)).containsExactly("a");
        assertThat(n2.epoch()).isDirectoryContaining("glob:**/log").isDirectoryNotContaining("glob:**/renamed*");
    }
}
