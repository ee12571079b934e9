package org.posthouse.mailstore;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Collectors;
import java.util.zip.CRC32C;

/// The folder of body segments: append-only files named by number. One is open and grows by [#append]; all others are
/// closed, never change, and are marked read-only once they are on disk. What a crash left behind the length that the
/// index notes is cut off at the next start, and the file is closed then.
///
/// Appending belongs to the thread that applies the log; [#sync] and reading to any thread. Which records are alive
/// is the index' business, not this class'.
final class Segments implements Closeable {
    private static final int OPEN_FILES_MAX = 64;

    private final Path folder;
    private final AtomicInteger next = new AtomicInteger(1);
    private final ReentrantLock syncLock = new ReentrantLock();
    private final List<Writing> unsynced = new ArrayList<>(); // under syncLock
    private final ReentrantLock filesLock = new ReentrantLock();
    private final LinkedHashMap<Integer, Reading> files = new LinkedHashMap<>(16, 0.75f, true); // under filesLock
    private Writing open; // of the applying thread

    /// One closed segment, as it goes into its row.
    record Closed(int number, long length, int crc32c) {}

    /// A file being written: the open segment, or one that compaction makes.
    static final class Writing {
        final int number;
        final Path file;
        final FileChannel channel;
        final CRC32C crc = new CRC32C();
        volatile long length;
        volatile boolean dirty = true;
        volatile long synced; // bytes known to be on stable storage
        private boolean named; // under syncLock: whether the folder knows it on disk
        private boolean finished; // under syncLock: nothing more will be written

        Writing(int number, Path file, FileChannel channel) {
            this.number = number;
            this.file = file;
            this.channel = channel;
        }
    }

    private static final class Reading {
        final Path file;
        FileChannel channel;
        int users;
        boolean dropped;

        Reading(Path file, FileChannel channel) {
            this.file = file;
            this.channel = channel;
        }
    }

    Segments(Path folder) throws IOException {
        this.folder = folder;
        Files.createDirectories(folder);
    }

    Path file(int number) {
        return folder.resolve(String.format("%08x.seg", number));
    }

    /// The number that the next new segment gets.
    int next() {
        return next.get();
    }

    /// Numbers below are not given again.
    void nextAtLeast(int number) {
        next.accumulateAndGet(number, Math::max);
    }

    /// Numbers of the files that are there.
    Set<Integer> numbers() throws IOException {
        Set<Integer> numbers = new TreeSet<>();
        try (DirectoryStream<Path> found = Files.newDirectoryStream(folder, "*.seg")) {
            for (Path file : found) {
                String name = file.getFileName().toString();
                numbers.add(Integer.parseInt(name.substring(0, name.length() - 4), 16));
            }
        }
        return numbers;
    }

    long lengthOnDisk(int number) throws IOException {
        Path file = file(number);
        return Files.exists(file) ? Files.size(file) : -1;
    }

    /// Starts a new file. With `open` it becomes the one that [#append] writes to.
    Writing begin() throws IOException {
        int number = next.getAndIncrement();
        Path file = file(number);
        Writing writing = new Writing(
                number, file, FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE));
        syncLock.lock();
        try {
            unsynced.add(writing);
        } finally {
            syncLock.unlock();
        }
        return writing;
    }

    /// The number of the open segment, 0 if there is none.
    int openNumber() {
        return open == null ? 0 : open.number;
    }

    /// How far the open segment reaches.
    long openLength() {
        return open == null ? 0 : open.length;
    }

    /// Appends to the open segment, starting one if there is none.
    Rows.Place append(long bodyId, long offset, byte[] bytes, int crc32c) throws IOException {
        if (open == null) {
            open = begin();
        }
        return append(open, bodyId, offset, bytes, crc32c);
    }

    /// Appends to a file that one is writing.
    Rows.Place append(Writing to, long bodyId, long offset, byte[] bytes, int crc32c) throws IOException {
        byte[] header = new SegmentRecord(bodyId, offset, bytes.length, crc32c).encode();
        ByteBuffer[] record = {ByteBuffer.wrap(header), ByteBuffer.wrap(bytes)};
        long left = header.length + (long) bytes.length;
        while (left > 0) {
            left -= to.channel.write(record);
        }
        to.crc.update(header, 0, header.length);
        to.crc.update(bytes, 0, bytes.length);
        Rows.Place place = new Rows.Place(to.number, to.length, bytes.length);
        to.length = place.position() + place.space();
        to.dirty = true;
        return place;
    }

    /// Closes the open segment, if there is one: later bytes go to a new one. Its bytes reach the disk by the
    /// next [#sync].
    ///
    /// @return its row without its live bytes, or null
    Closed closeOpen() {
        Writing closed = open;
        open = null;
        return closed == null ? null : closed(closed);
    }

    /// What a finished file's row says.
    static Closed closed(Writing writing) {
        return new Closed(writing.number, writing.length, (int) writing.crc.getValue());
    }

    /// After a start: cuts a file off behind `length` and reads its checksum.
    Closed cut(int number, long length) throws IOException {
        Path file = file(number);
        if (Files.size(file) > length) {
            mark(file, true);
            try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
                channel.truncate(length);
                channel.force(true);
            }
        }
        mark(file, false);
        return new Closed(number, length, FileSums.crc32c(file(number)));
    }

    /// A file that is not writable is closed and on disk for good; see [StoreContents].
    private static void mark(Path file, boolean writable) {
        if (!file.toFile().setWritable(writable)) {
            StorageGroup.LOG.debug("the mode of {} cannot be changed", file);
        }
    }

    /// Brings every byte written so far to stable storage.
    void sync() throws IOException {
        syncLock.lock();
        try {
            boolean fresh = false;
            Iterator<Writing> each = unsynced.iterator();
            while (each.hasNext()) {
                Writing writing = each.next();
                if (writing.dirty) {
                    writing.dirty = false; // before the force: what is written during it is forced again
                    long written = writing.length;
                    writing.channel.force(false);
                    writing.synced = written;
                }
                fresh |= !writing.named;
                writing.named = true;
                if (writing.finished) {
                    writing.channel.close();
                    mark(writing.file, false);
                    each.remove();
                }
            }
            if (fresh) {
                FileSums.syncFolder(folder);
            }
        } finally {
            syncLock.unlock();
        }
    }

    /// How much of each file not let go yet is known to be on stable storage.
    Map<Integer, Long> synced() {
        syncLock.lock();
        try {
            return unsynced.stream().collect(Collectors.toMap(writing -> writing.number, writing -> writing.synced));
        } finally {
            syncLock.unlock();
        }
    }

    /// Says that a file is written no more: the next [#sync] lets go of it.
    void writtenUp(int number) {
        syncLock.lock();
        try {
            unsynced.stream().filter(writing -> writing.number == number).forEach(writing -> writing.finished = true);
        } finally {
            syncLock.unlock();
        }
    }

    /// Keeps a segment's file readable until [#unpin], even if it is deleted meanwhile.
    void pin(int number) throws IOException {
        filesLock.lock();
        try {
            Reading reading = files.get(number);
            if (reading == null) {
                Path file = file(number);
                reading = new Reading(file, FileChannel.open(file, StandardOpenOption.READ));
                files.put(number, reading);
            }
            reading.users++;
            evict();
        } finally {
            filesLock.unlock();
        }
    }

    void unpin(int number) {
        filesLock.lock();
        try {
            Reading reading = files.get(number);
            if (reading != null && --reading.users == 0 && reading.dropped) {
                files.remove(number);
                closeQuietly(reading);
            }
            evict();
        } finally {
            filesLock.unlock();
        }
    }

    private void evict() {
        Iterator<Map.Entry<Integer, Reading>> eldest = files.entrySet().iterator();
        while (files.size() > OPEN_FILES_MAX && eldest.hasNext()) {
            Reading reading = eldest.next().getValue();
            if (reading.users == 0) {
                eldest.remove();
                closeQuietly(reading);
            }
        }
    }

    private static void closeQuietly(Reading reading) {
        try {
            reading.channel.close();
        } catch (IOException e) {
            // Only read from: nothing can be lost by a failing close.
            StorageGroup.LOG.debug("closing {}", reading.file, e);
        }
    }

    /// Reads a record from a pinned segment, in one piece, and checks it.
    ///
    /// @return the bytes behind a header of [SegmentRecord#HEADER_BYTES]; null if header or checksum are wrong, or
    ///     the file ends early
    byte[] read(Rows.Place place, long bodyId, long offset) throws IOException {
        byte[] bytes = new byte[SegmentRecord.HEADER_BYTES + place.length()];
        if (!readFully(place.segment(), place.position(), ByteBuffer.wrap(bytes))) {
            return null;
        }
        SegmentRecord record = SegmentRecord.decode(bytes);
        boolean whole = record != null
                && record.bodyId() == bodyId
                && record.offset() == offset
                && record.length() == place.length()
                && record.crc32c() == Hashes.crc32c(bytes, SegmentRecord.HEADER_BYTES, place.length());
        return whole ? bytes : null;
    }

    /// The header at a position of a pinned segment, or null if there is none.
    SegmentRecord header(int number, long position) throws IOException {
        byte[] header = new byte[SegmentRecord.HEADER_BYTES];
        return readFully(number, position, ByteBuffer.wrap(header)) ? SegmentRecord.decode(header) : null;
    }

    private boolean readFully(int number, long position, ByteBuffer into) throws IOException {
        FileChannel channel = channel(number);
        long at = position;
        while (into.hasRemaining()) {
            int count;
            try {
                count = channel.read(into, at);
            } catch (ClosedChannelException e) {
                if (Thread.currentThread().isInterrupted()) {
                    throw e;
                }
                // Another reader was interrupted, which closes the file under everybody's feet.
                channel = channel(number);
                continue;
            }
            if (count < 0) {
                return false;
            }
            at += count;
        }
        return true;
    }

    private FileChannel channel(int number) throws IOException {
        filesLock.lock();
        try {
            Reading reading = files.get(number);
            if (!reading.channel.isOpen()) {
                reading.channel = FileChannel.open(reading.file, StandardOpenOption.READ);
            }
            return reading.channel;
        } finally {
            filesLock.unlock();
        }
    }

    /// Deletes a segment's file; who has it pinned reads on.
    void delete(int number) throws IOException {
        filesLock.lock();
        try {
            Files.deleteIfExists(file(number));
            Reading reading = files.get(number);
            if (reading != null) {
                reading.dropped = true;
                if (reading.users == 0) {
                    files.remove(number);
                    closeQuietly(reading);
                }
            }
        } finally {
            filesLock.unlock();
        }
    }

    @Override
    public void close() throws IOException {
        sync();
        syncLock.lock();
        try {
            for (Writing writing : unsynced) {
                writing.channel.close();
            }
            unsynced.clear();
            open = null;
        } finally {
            syncLock.unlock();
        }
        filesLock.lock();
        try {
            files.values().forEach(Segments::closeQuietly);
            files.clear();
        } finally {
            filesLock.unlock();
        }
    }
}
