package org.posthouse.replication;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Properties;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.CRC32C;
import org.apache.ratis.proto.RaftProtos.LogEntryProto;
import org.apache.ratis.thirdparty.com.google.protobuf.InvalidProtocolBufferException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Looks through a group's log before Ratis opens it, because Ratis can only refuse the whole log or silently drop
/// whatever follows a bad byte, in closed files too.
///
/// A loss of power can tear the end of the file that was being written: what was not yet forced to disk is missing or
/// garbage. Nothing there was acknowledged, so it is cut, but only where no valid entry follows it. Anything else was
/// on disk once, may have been acknowledged, and makes the group's folder unusable: [Damaged].
///
/// The format is that of Ratis 3.3.0: a file is `RaftLog1`, then entries, then zeroes or nothing; an entry is its
/// length (variable-length integer), its bytes (a `LogEntryProto`), and the CRC-32C of both (four bytes). A closed file
/// is called `log_<first>-<last>`, the one being written `log_inprogress_<first>`.
final class LogInspector {
    private static final Logger LOG = LoggerFactory.getLogger(LogInspector.class);
    private static final byte[] HEADER = "RaftLog1".getBytes(StandardCharsets.US_ASCII);
    private static final Pattern FILE = Pattern.compile("log_(?:inprogress_(\\d+)|(\\d+)-(\\d+))");
    private static final int CHECKSUM_BYTES = 4;
    /// First byte of every entry's protobuf: field 1, the term.
    private static final byte FIRST_TAG = 0x08;

    /// The log or the files beside it cannot be trusted.
    static final class Damaged extends IOException {
        private static final long serialVersionUID = 1;

        Damaged(String message) {
            super(message);
        }

        Damaged(String message, Throwable cause) {
            super(message, cause);
        }
    }

    /// What is on disk.
    ///
    /// @param first index of the first entry, -1 for an empty log
    /// @param last index of the last entry, -1 for an empty log
    /// @param cutBytes length of the torn tail that was cut, or is to be
    /// @param tail the file that was being written, if there is one
    record Findings(long first, long last, long cutBytes, Optional<Tail> tail) {}

    /// The file that was being written.
    ///
    /// @param first index of its first entry
    /// @param end how many of its bytes hold entries, the header included; what follows is padding
    record Tail(Path path, long first, int end) {}

    private record Segment(Path path, long first, long last) {
        boolean open() {
            return last < 0;
        }
    }

    /// One decoded entry and where it ends.
    private record Entry(LogEntryProto proto, int end) {
        long index() {
            return proto.getIndex();
        }
    }

    private LogInspector() {}

    /// Inspects, and cuts a torn tail.
    ///
    /// @param current Ratis' folder of the group
    /// @param snapshotIndex index of the newest whole snapshot, -1 for none
    /// @throws Damaged if entries are missing or bad
    static Findings inspect(Path current, long snapshotIndex) throws IOException {
        return inspect(current, snapshotIndex, true, _ -> {});
    }

    /// Inspects and changes nothing.
    ///
    /// @param each is given every entry, in order
    static Findings look(Path current, long snapshotIndex, Consumer<LogEntryProto> each) throws IOException {
        return inspect(current, snapshotIndex, false, each);
    }

    private static Findings inspect(Path current, long snapshotIndex, boolean mend, Consumer<LogEntryProto> each)
            throws IOException {
        inspectMeta(current);
        long first = -1;
        long last = -1;
        long cut = 0;
        Optional<Tail> tail = Optional.empty();
        for (Segment segment : segments(current)) {
            if (last >= 0 && segment.first() != last + 1) {
                throw new Damaged("log entries " + (last + 1) + " to " + (segment.first() - 1) + " are missing before "
                        + segment.path());
            }
            byte[] bytes = Files.readAllBytes(segment.path());
            int valid = HEADER.length;
            long next = segment.first();
            if (startsWithHeader(bytes)) {
                for (Entry entry; (entry = decode(bytes, valid)) != null && entry.index() == next; next++) {
                    valid = entry.end();
                    each.accept(entry.proto());
                    if (!segment.open() && next == segment.last()) {
                        next++;
                        break;
                    }
                }
            } else {
                valid = 0;
            }
            if (segment.open()) {
                cut += cutTail(segment, bytes, valid, next, mend);
                tail = valid < HEADER.length
                        ? Optional.empty()
                        : Optional.of(new Tail(segment.path(), segment.first(), valid));
            } else if (next - 1 != segment.last()) {
                throw new Damaged("entry " + next + " in " + segment.path() + " is damaged at byte " + valid);
            }
            if (next > segment.first()) {
                first = first < 0 ? segment.first() : first;
                last = next - 1;
            }
        }
        if (first > snapshotIndex + 1) {
            throw new Damaged("log entries " + (snapshotIndex + 1) + " to " + (first - 1)
                    + " are missing between the snapshot and the log in " + current);
        }
        return new Findings(first, last, cut, tail);
    }

    /// Sizes of the closed log files, newest first, for [Snapshots].
    static List<long[]> closedFilesNewestFirst(Path current) throws IOException {
        List<long[]> files = new ArrayList<>();
        for (Segment segment : segments(current).reversed()) {
            if (!segment.open()) {
                files.add(new long[] {segment.last(), Files.size(segment.path())});
            }
        }
        return files;
    }

    /// The closed log files, oldest first.
    static List<Path> closedFiles(Path current) throws IOException {
        return segments(current).stream()
                .filter(segment -> !segment.open())
                .map(Segment::path)
                .toList();
    }

    /// Entries as a log file holds them, behind its header.
    static byte[] encode(List<LogEntryProto> entries) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        for (LogEntryProto entry : entries) {
            ByteArrayOutputStream one = new ByteArrayOutputStream();
            entry.writeDelimitedTo(one);
            CRC32C crc = new CRC32C();
            crc.update(one.toByteArray());
            one.writeBytes(ByteBuffer.allocate(CHECKSUM_BYTES)
                    .putInt((int) crc.getValue())
                    .array());
            one.writeTo(bytes);
        }
        return bytes.toByteArray();
    }

    /// What a log file begins with.
    static byte[] header() {
        return HEADER.clone();
    }

    private static List<Segment> segments(Path current) throws IOException {
        List<Segment> segments = new ArrayList<>();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(current, "log_*")) {
            for (Path file : files) {
                Matcher name = FILE.matcher(file.getFileName().toString());
                if (name.matches()) {
                    segments.add(
                            name.group(1) != null
                                    ? new Segment(file, Long.parseLong(name.group(1)), -1)
                                    : new Segment(file, Long.parseLong(name.group(2)), Long.parseLong(name.group(3))));
                }
            }
        }
        segments.sort(Comparator.comparingLong(Segment::first));
        return segments;
    }

    private static void inspectMeta(Path current) throws IOException {
        Path meta = current.resolve("raft-meta");
        Properties properties = new Properties();
        try (InputStream in = Files.newInputStream(meta)) {
            properties.load(in);
            if (Long.parseLong(properties.getProperty("term", "-")) < 0) {
                throw new Damaged(meta + " holds no valid term");
            }
        } catch (IOException | IllegalArgumentException e) {
            throw new Damaged(meta + ", which holds this member's vote, cannot be read: " + e.getMessage(), e);
        }
        Path configuration = current.resolve("raft-meta.conf");
        if (Files.exists(configuration)) {
            try {
                if (!LogEntryProto.parseFrom(Files.readAllBytes(configuration)).hasConfigurationEntry()) {
                    throw new Damaged(configuration + " holds no configuration");
                }
            } catch (InvalidProtocolBufferException e) {
                throw new Damaged(configuration + " cannot be read", e);
            }
        }
    }

    private static boolean startsWithHeader(byte[] bytes) {
        return bytes.length >= HEADER.length
                && ByteBuffer.wrap(bytes, 0, HEADER.length).equals(ByteBuffer.wrap(HEADER));
    }

    private static long cutTail(Segment segment, byte[] bytes, int valid, long next, boolean mend) throws IOException {
        boolean onlyPadding = true;
        for (int at = valid; at < bytes.length && onlyPadding; at++) {
            onlyPadding = bytes[at] == 0;
        }
        if (onlyPadding && valid >= HEADER.length) {
            return 0;
        }
        for (int at = valid; at < bytes.length; at++) {
            Entry entry = decode(bytes, at);
            if (entry != null && entry.index() >= next && entry.index() - next < bytes.length) {
                throw new Damaged("entry " + next + " in " + segment.path() + " is damaged at byte " + valid
                        + ", yet entry " + entry.index() + " behind it is whole");
            }
        }
        int cut = bytes.length - valid;
        if (!mend) {
            return cut;
        }
        LOG.warn(
                "{}: the last {} bytes, behind entry {}, were not written whole before the last stop and are cut",
                segment.path(),
                cut,
                next - 1);
        if (valid < HEADER.length) {
            Files.delete(segment.path());
        } else {
            try (FileChannel channel = FileChannel.open(segment.path(), StandardOpenOption.WRITE)) {
                channel.truncate(valid);
                channel.force(true);
            }
        }
        Durable.syncFolder(segment.path().getParent());
        return cut;
    }

    /// The entry at an offset, or null if there is none that is whole.
    private static Entry decode(byte[] bytes, int at) {
        long length = 0;
        int position = at;
        for (int shift = 0; ; shift += 7) {
            if (position >= bytes.length || shift > 28) {
                return null;
            }
            byte b = bytes[position++];
            length |= (long) (b & 0x7f) << shift;
            if (b >= 0) {
                break;
            }
        }
        long end = position + length + CHECKSUM_BYTES;
        if (length == 0 || end > bytes.length || bytes[position] != FIRST_TAG) {
            return null;
        }
        int contentEnd = (int) (position + length);
        CRC32C crc = new CRC32C();
        crc.update(bytes, at, contentEnd - at);
        if (ByteBuffer.wrap(bytes, contentEnd, CHECKSUM_BYTES).getInt() != (int) crc.getValue()) {
            return null;
        }
        try {
            return new Entry(LogEntryProto.parseFrom(ByteBuffer.wrap(bytes, position, (int) length)), (int) end);
        } catch (InvalidProtocolBufferException _) {
            return null;
        }
    }
}
