package org.posthouse.replication;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A folder on storage that several machines mount, used by one process at a time, its *holder*; whoever takes it
/// over begins a new *epoch*.
///
/// ```
/// DIR/storage  what it holds, and the id that its Raft groups are named after
/// DIR/lock     locked by the holder's process
/// DIR/claim    the epoch that somebody takes or has, and who
/// DIR/beat     the holder's epoch, a count that rises every second, and whether it has the lock
/// DIR/current  the epoch whose holder began last, for people to read
/// DIR/7/       the files of epoch 7; `manifest` says what of them came from epoch 6, and that all of it is there
/// ```
///
/// Software cannot stop a write that a paused machine had already begun. So such a write is made harmless: a new
/// holder makes a folder of its own out of the last one, by links to files that never change and copies of the others
/// up to the length that they had then, and nothing in the old one is looked at again.
///
/// **What is acknowledged is in the next epoch.** A holder acknowledges nothing later than 4 s after it began its
/// last good beat ([#valid]), and asks *after* the write has reached the disk. A beat is good if, once it is on disk,
/// `claim` still names the holder's own epoch. The one who takes over either has the lock, which the holder's process
/// or machine had, as it said in its last beat, and has lost; or has seen no new beat for 6 s. Then it wrote its claim,
/// and saw no new beat even then: so a beat under way will find the claim, and every write acknowledged is on disk
/// before the first file is looked at.
///
/// **Of several who take it over one has it**, though each may be paused at any step for as long as it likes, and have
/// the lock or not. Each makes its epoch's folder first, which only one can under a number: so none writes into
/// another's, and whoever comes later has a higher number. After its claim each looks again: it goes on only if there
/// is no higher number, and no new beat. Only then it looks which epoch to go on from, the highest with a manifest: a
/// holder's is written before its first good beat, so before any later claim. Nothing that one who wakes late still
/// writes is relied on: it can end an epoch, by its claim, but not have its own taken for the newest.
///
/// Both rely on the file system: what was forced to disk is seen by whoever opens the file afterwards (NFS calls that
/// close-to-open consistency), and a lock is one machine's at a time.
public final class SharedFolder implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(SharedFolder.class);
    private static final String STORAGE = "storage";
    private static final String FORMAT = "posthouse-shared 1";
    private static final String LOCK = "lock";
    private static final String CLAIM = "claim";
    private static final String BEAT = "beat";
    private static final String CURRENT = "current";
    private static final String MANIFEST = "manifest";
    private static final String LOCKED = "locked";
    private static final int SEAL_TRIES = 3;
    private static final Set<String> HARMLESS = Set.of("lost+found", ".snapshot");

    private final Settings settings;
    private final UUID id;
    /// Opened once only: POSIX gives a process' locks back when it closes any of its descriptors of the file.
    private final FileChannel lockFile;
    private final Consumer<String> at;
    private final List<String> manifest = new ArrayList<>();
    private FileLock lock; // of the beating thread once that runs; null while a paused process keeps it
    private long before; // the epoch that this one is made of, 0 for none
    private long number;
    private long beats;
    private volatile long validUntil;
    private volatile String lost;
    private volatile boolean closed;
    private Thread beating;

    /// How a folder is taken over.
    ///
    /// @param folder exists already: it is a mount point, or in one
    /// @param holds what is kept there, e.g. `virtual server vs4`; a folder that holds anything else is left alone
    /// @param holder who takes it, for messages
    /// @param first whether nothing was ever kept there, so that an empty folder is right
    /// @param contents what a new epoch takes from the one before
    /// @param clock milliseconds that run on while the machine is suspended
    /// @param permitted asked while waiting: whether it is still to be taken
    /// @param lost told once, by another thread, when the folder is not held any more, and why
    public record Settings(
            Path folder,
            String holds,
            String holder,
            boolean first,
            Contents contents,
            LongSupplier clock,
            BooleanSupplier permitted,
            Consumer<String> lost,
            Times times) {}

    /// How long what lasts.
    ///
    /// @param beat between two beats
    /// @param valid how long a holder relies on a beat, from when it began it
    /// @param still without a new beat for so long, a holder is not alive
    /// @param patience how long a takeover waits for a holder that is
    public record Times(Duration beat, Duration valid, Duration still, Duration patience) {
        /// 1 s, 4 s, 6 s, 20 s.
        public static final Times DEFAULT =
                new Times(Duration.ofSeconds(1), Duration.ofSeconds(4), Duration.ofSeconds(6), Duration.ofSeconds(20));
    }

    /// What a new epoch takes from the one before.
    @FunctionalInterface
    public interface Contents {
        /// Names the files, relative to the epoch's folder, in the order in which they are to be taken: what refers to
        /// others comes before them. Called step by step while it is taken over: a file that is listed late is
        /// looked for late.
        ///
        /// @param epoch the folder of the epoch before
        void forEach(Path epoch, Taker taker) throws IOException;
    }

    /// Takes files.
    public interface Taker {
        /// One that never changes any more.
        void link(String name) throws IOException;

        /// One that may: as far as it reaches now.
        void copy(String name) throws IOException;
    }

    private SharedFolder(Settings settings, UUID id, FileChannel lockFile, Consumer<String> at) {
        this.settings = settings;
        this.id = id;
        this.lockFile = lockFile;
        this.at = at;
    }

    // ---- taking over

    /// Takes the folder over: waits until nobody else holds it, begins an epoch, and keeps it from then on.
    ///
    /// @throws IOException if it is not there, holds something else, is held by somebody who is alive, or fails;
    ///     its holder then goes on, unless `claim` names this epoch already: that ends it at its next beat
    public static SharedFolder takeOver(Settings settings) throws IOException {
        return takeOver(settings, _ -> {});
    }

    /// @param at told of each step before it is taken; for tests
    static SharedFolder takeOver(Settings settings, Consumer<String> at) throws IOException {
        UUID id = identify(settings);
        FileChannel lockFile =
                FileChannel.open(settings.folder().resolve(LOCK), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        SharedFolder taken = new SharedFolder(settings, id, lockFile, at);
        try {
            taken.take();
            return taken;
        } catch (IOException | RuntimeException e) {
            taken.closed = true;
            taken.release();
            throw e;
        }
    }

    /// A folder that should be mounted and is not looks like an empty one: it is made ready only where nothing was
    /// ever kept.
    private static UUID identify(Settings settings) throws IOException {
        Path folder = settings.folder();
        if (!Files.isDirectory(folder)) {
            throw new IOException("there is no folder " + folder + ": is its file system mounted?");
        }
        Path storage = folder.resolve(STORAGE);
        if (!Files.exists(storage)) {
            try (Stream<Path> found = Files.list(folder)) {
                List<String> names = found.map(file -> file.getFileName().toString())
                        .filter(name -> !HARMLESS.contains(name))
                        .toList();
                if (!settings.first()) {
                    throw new IOException(folder + " does not hold " + settings.holds()
                            + ", which was there before: is its file system mounted?");
                }
                if (!names.isEmpty()) {
                    throw new IOException(folder + " is to hold " + settings.holds() + ", but is not empty: " + names);
                }
            }
            write(storage, FORMAT + "\nid " + UUID.randomUUID() + "\nholds " + settings.holds() + "\n");
        }
        List<String> lines = Files.readAllLines(storage);
        if (lines.size() < 3 || !lines.getFirst().equals(FORMAT)) {
            throw new IOException(storage + " is not of this version");
        }
        String holds = lines.get(2).substring("holds ".length());
        if (!holds.equals(settings.holds())) {
            throw new IOException(folder + " holds " + holds + ", not " + settings.holds());
        }
        return UUID.fromString(lines.get(1).substring("id ".length()));
    }

    private void take() throws IOException {
        at.accept("wait");
        String still = awaitLetGo();
        at.accept("number");
        number = newNumber();
        String holderBefore = holderText();
        at.accept("claim");
        overwrite(CLAIM, String.format("%-126s%n", number + " " + settings.holder()));
        Durable.syncFolder(settings.folder());
        at.accept("look again");
        lookAgain(still, holderBefore);
        at.accept("seal");
        seal();
        at.accept("name");
        if (Line.read(settings.folder().resolve(CLAIM)).number() != number) {
            throw new IOException(holderText() + " takes " + settings.folder() + " over as well");
        }
        write(settings.folder().resolve(CURRENT), number + " " + settings.holder() + " " + Instant.now() + "\n");
        at.accept("beat");
        if (!beatOnce()) {
            throw new IOException("its first beat failed: " + lost);
        }
        beating = Thread.ofPlatform()
                .daemon()
                .name("beat-" + settings.folder().getFileName())
                .start(this::beat);
        LOG.info("{} holds {} from epoch {} on", settings.holder(), settings.folder(), number);
    }

    /// Also with the lock: while this process was paused another may have taken that for the lock of one that is lost.
    private void lookAgain(String still, String holderBefore) throws IOException {
        if (!beatText().equals(still)) {
            throw new IOException(holderBefore + " is alive after all");
        }
        before = 0;
        for (long epoch : epochs()) {
            if (epoch > number) {
                throw new IOException(holderText() + " takes " + settings.folder() + " over as well");
            }
            if (epoch > before
                    && Files.exists(
                            settings.folder().resolve(Long.toString(epoch)).resolve(MANIFEST))) {
                before = epoch;
            }
        }
        if (before == 0 && !settings.first()) {
            throw new IOException(settings.folder() + " has no epoch, though there was one before");
        }
    }

    /// Waits until this process has the lock, or whoever has it has shown no life for long enough.
    ///
    /// @return the last beat seen
    private String awaitLetGo() throws IOException {
        long began = settings.clock().getAsLong();
        long stillSince = began;
        String last = beatText();
        while (true) {
            if (lock == null) {
                lock = tryLock();
            }
            String now = beatText();
            long at = settings.clock().getAsLong();
            if (lock != null && lockWasHolders()) {
                return now;
            }
            if (!now.equals(last)) {
                last = now;
                stillSince = at;
            }
            if (at - stillSince >= settings.times().still().toMillis()) {
                LOG.warn(
                        "{} holds {} but has not shown life for {} s: it is paused, and its epoch is ended",
                        holderText(),
                        settings.folder(),
                        settings.times().still().toSeconds());
                return now;
            }
            if (!settings.permitted().getAsBoolean()) {
                throw new IOException("it is not to be taken over here any more");
            }
            if (at - began >= settings.times().patience().toMillis()) {
                throw new IOException(holderText() + " holds " + settings.folder() + " and is alive");
            }
            LockSupport.parkNanos(Duration.ofMillis(100).toNanos());
        }
    }

    /// Whether who claimed the folder last had the lock, so that it is lost if another has it now. Else
    /// somebody who was paused and deposed let go of it, or wakes and beats once more, while the holder may be
    /// alive.
    private boolean lockWasHolders() throws IOException {
        long claimed = Line.read(settings.folder().resolve(CLAIM)).number();
        Line beat = Line.read(settings.folder().resolve(BEAT));
        return claimed == 0 || (beat.number() == claimed && beat.rest().endsWith(LOCKED));
    }

    private FileLock tryLock() throws IOException {
        try {
            return lockFile.tryLock();
        } catch (OverlappingFileLockException _) {
            return null; // This process has it.
        }
    }

    private String holderText() throws IOException {
        return Line.read(settings.folder().resolve(CLAIM)).rest();
    }

    private String beatText() throws IOException {
        Path beat = settings.folder().resolve(BEAT);
        return Files.exists(beat) ? Files.readString(beat) : "";
    }

    /// Higher than any that was ever begun, and nobody else's: its folder is made here.
    private long newNumber() throws IOException {
        long highest = Line.read(settings.folder().resolve(CLAIM)).number();
        for (long epoch : epochs()) {
            highest = Math.max(highest, epoch);
        }
        while (true) {
            highest++;
            try {
                Files.createDirectory(settings.folder().resolve(Long.toString(highest)));
                Durable.syncFolder(settings.folder());
                return highest;
            } catch (FileAlreadyExistsException e) {
                LOG.debug("another takes {} over under number {}", settings.folder(), highest, e);
            }
        }
    }

    private List<Long> epochs() throws IOException {
        try (Stream<Path> found = Files.list(settings.folder())) {
            return found.map(file -> file.getFileName().toString())
                    .filter(name -> name.matches("\\d{1,18}"))
                    .map(Long::valueOf)
                    .toList();
        }
    }

    /// In its place and at one stroke, so that whoever opens the file afterwards sees it. The content's length never
    /// changes.
    private void overwrite(String name, String content) throws IOException {
        try (FileChannel file = FileChannel.open(
                settings.folder().resolve(name), StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            ByteBuffer left = ByteBuffer.wrap(bytes(content));
            while (left.hasRemaining()) {
                file.write(left, left.position());
            }
            file.force(true);
        }
    }

    // ---- the epoch before

    /// Files that vanish in between are those of a holder that woke up and goes on for a moment: then it is begun anew.
    private void seal() throws IOException {
        for (int attempt = 1; true; attempt++) {
            empty(epoch());
            manifest.clear();
            try {
                if (before > 0) {
                    Sealing taker = new Sealing();
                    settings.contents().forEach(taker.from, taker);
                }
                break;
            } catch (NoSuchFileException e) {
                if (attempt == SEAL_TRIES) {
                    throw new IOException("epoch " + before + " changes while it is taken over: " + e.getMessage(), e);
                }
            }
        }
        manifest.addFirst("from " + before);
        Durable.syncFolders(epoch());
        write(epoch().resolve(MANIFEST), String.join("\n", manifest) + "\n");
    }

    /// The folder itself stays: its name is what nobody else may take.
    private static void empty(Path folder) throws IOException {
        try (Stream<Path> found = Files.list(folder)) {
            for (Path file : found.toList()) {
                Durable.deleteTree(file);
            }
        }
    }

    private final class Sealing implements Taker {
        private final Path from = settings.folder().resolve(Long.toString(before));

        private Path target(String name) throws IOException {
            Path target = epoch().resolve(name);
            Files.createDirectories(target.getParent());
            return target;
        }

        @Override
        public void link(String name) throws IOException {
            try {
                Files.createLink(target(name), from.resolve(name));
                manifest.add("link " + Files.size(epoch().resolve(name)) + " " + name);
            } catch (NoSuchFileException e) {
                throw e;
            } catch (UnsupportedOperationException | IOException e) {
                LOG.debug("{} is copied, for it cannot be linked", name, e);
                copy(name);
            }
        }

        @Override
        public void copy(String name) throws IOException {
            try (FileChannel source = FileChannel.open(from.resolve(name), StandardOpenOption.READ);
                    FileChannel target =
                            FileChannel.open(target(name), StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
                long length = source.size();
                for (long at = 0; at < length; ) {
                    long copied = source.transferTo(at, length - at, target);
                    if (copied <= 0) {
                        throw new NoSuchFileException(name, null, "it became shorter");
                    }
                    at += copied;
                }
                target.force(true);
                manifest.add("copy " + length + " " + name);
            }
        }
    }

    /// What no holder needs any more: all but this epoch and, for a minute, the one before.
    private void deleteBelow(long kept) {
        try {
            for (long epoch : epochs()) {
                if (epoch < kept) {
                    Durable.deleteTree(settings.folder().resolve(Long.toString(epoch)));
                }
            }
        } catch (IOException e) {
            LOG.warn("An old epoch in {} cannot be deleted: {}", settings.folder(), e.toString());
        }
    }

    // ---- keeping it

    private void beat() {
        long interval = settings.times().beat().toNanos();
        boolean tidied = false;
        deleteBelow(before);
        while (!closed && lost == null) {
            LockSupport.parkNanos(interval);
            if (closed) {
                return;
            }
            boolean good = beatOnce();
            if (good
                    && !tidied
                    && beats > Duration.ofMinutes(1).dividedBy(settings.times().beat())) {
                tidied = true;
                deleteBelow(number);
            }
        }
        if (lost != null && !closed) {
            LOG.error("{} does not hold {} any more: {}", settings.holder(), settings.folder(), lost);
            settings.lost().accept(lost);
        }
    }

    /// Says that the holder is alive, and looks whether it is still the holder.
    ///
    /// @return whether both came true
    boolean beatOnce() {
        long began = settings.clock().getAsLong();
        try {
            overwrite(BEAT, String.format("%019d %019d %-8s%n", number, ++beats, lock == null ? "another" : LOCKED));
            Line claimed = Line.read(settings.folder().resolve(CLAIM));
            if (claimed.number() != number) {
                lost = claimed.rest() + " has taken it over in epoch " + claimed.number();
                return false;
            }
            if (lock == null) {
                lock = tryLock(); // The paused one may have woken up and let go.
            }
            validUntil = began + settings.times().valid().toMillis();
            return true;
        } catch (IOException e) {
            LOG.warn("{} cannot be reached: {}", settings.folder(), e.toString());
            if (!valid()) {
                lost = "it cannot be written to: " + e.getMessage();
            }
            return false;
        }
    }

    /// Whether what has reached the disk by now may be acknowledged. False for a while after this process was paused.
    public boolean valid() {
        return lost == null && !closed && settings.clock().getAsLong() < validUntil;
    }

    /// Why the folder is not held any more; empty while it is.
    public Optional<String> lost() {
        return Optional.ofNullable(lost);
    }

    /// The number of the epoch: higher than all before.
    public long number() {
        return number;
    }

    /// The epoch's own folder, in which this process may do what it likes.
    public Path epoch() {
        return settings.folder().resolve(Long.toString(number));
    }

    /// What Raft groups in it are named after, whoever holds it.
    public UUID id() {
        return id;
    }

    /// Lets go of the folder; whoever waits for it takes it at once. To be called when nothing writes to it any more.
    @Override
    public void close() {
        closed = true;
        if (beating != null) {
            LockSupport.unpark(beating);
            try {
                beating.join(settings.times().valid());
            } catch (InterruptedException _) {
                Thread.currentThread().interrupt();
            }
        }
        release();
    }

    private void release() {
        try {
            lockFile.close(); // and with it the lock
        } catch (IOException e) {
            LOG.warn("{} was not let go in order: {}", settings.folder(), e.toString());
        }
    }

    // ---- small files

    /// A number and what follows it.
    private record Line(long number, String rest) {
        static Line read(Path file) throws IOException {
            String text = Files.exists(file) ? Files.readString(file).strip() : "";
            int space = text.indexOf(' ');
            try {
                return space < 0
                        ? new Line(0, "nobody")
                        : new Line(Long.parseLong(text.substring(0, space)), text.substring(space + 1));
            } catch (NumberFormatException e) {
                throw new IOException(file + " cannot be read: '" + text + "'", e);
            }
        }
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static void write(Path file, String text) throws IOException {
        Durable.write(file, bytes(text));
    }
}
