package org.posthouse.replication;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32C;

/// What a whole snapshot consists of. A folder without this file, or with one whose checksum is wrong, is no snapshot.
///
/// ```
/// posthouse-snapshot 1
/// position <term> <index>
/// file <length> <crc32c, hexadecimal> <name>
/// end <crc32c of all lines before>
/// ```
///
/// @param position up to which the snapshot has applied the log
/// @param files what it consists of
record Manifest(Position position, List<Replica.CheckpointFile> files) {
    static final String NAME = "MANIFEST";
    private static final String FORMAT = "posthouse-snapshot 1";

    byte[] encode() {
        StringBuilder text = new StringBuilder(FORMAT)
                .append("\nposition ")
                .append(position.term())
                .append(' ')
                .append(position.index())
                .append('\n');
        for (Replica.CheckpointFile file : files) {
            text.append("file ")
                    .append(file.length())
                    .append(' ')
                    .append(Integer.toHexString(file.crc32c()))
                    .append(' ')
                    .append(file.name())
                    .append('\n');
        }
        String end = "end " + checksum(text.toString()) + "\n";
        return text.append(end).toString().getBytes(StandardCharsets.UTF_8);
    }

    /// @throws IOException if the bytes are no manifest or were changed
    static Manifest decode(byte[] bytes) throws IOException {
        String text = new String(bytes, StandardCharsets.UTF_8);
        int end = text.lastIndexOf("end ");
        if (end < 0 || !text.substring(end).equals("end " + checksum(text.substring(0, end)) + "\n")) {
            throw new IOException("a snapshot's manifest is cut short or was changed");
        }
        String[] lines = text.substring(0, end).split("\n");
        if (lines.length < 2 || !lines[0].equals(FORMAT)) {
            throw new IOException("a snapshot's manifest is of another version: " + lines[0]);
        }
        String[] position = lines[1].split(" ");
        List<Replica.CheckpointFile> files = new ArrayList<>();
        for (int i = 2; i < lines.length; i++) {
            String[] words = lines[i].split(" ", 4);
            files.add(new Replica.CheckpointFile(
                    checkedName(words[3]), Long.parseLong(words[1]), Integer.parseUnsignedInt(words[2], 16)));
        }
        return new Manifest(new Position(Long.parseLong(position[1]), Long.parseLong(position[2])), files);
    }

    /// A witness' mark has a manifest too, and no state.
    ///
    /// @throws IOException if there is no file in it
    void mustHoldState(MemberId from) throws IOException {
        if (files.isEmpty()) {
            throw new IOException("what " + from + " gives is no snapshot: there is no state in it");
        }
    }

    static Manifest read(Path folder) throws IOException {
        return decode(Files.readAllBytes(folder.resolve(NAME)));
    }

    /// A name that stays inside the folder it is resolved in: this one may have come over the network.
    static String checkedName(String name) throws IOException {
        Path path = Path.of(name);
        if (name.isEmpty()
                || name.indexOf('\n') >= 0
                || path.isAbsolute()
                || !path.normalize().equals(path)
                || path.startsWith("..")
                || name.equals(NAME)) {
            throw new IOException("not a name for a file of a snapshot: '" + name + "'");
        }
        return name;
    }

    private static String checksum(String text) {
        CRC32C crc = new CRC32C();
        crc.update(text.getBytes(StandardCharsets.UTF_8));
        return Long.toHexString(crc.getValue());
    }
}
