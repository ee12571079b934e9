package org.posthouse.replication;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.ratis.protocol.RaftGroupId;
import org.apache.ratis.server.RaftServerConfigKeys;
import org.apache.ratis.server.storage.RaftStorage;
import org.apache.ratis.server.storage.StorageImplUtils;
import org.apache.ratis.util.SizeInBytes;

/// A group's folder on disk (see the package comment for the layout): who this process is in the group, where
/// Ratis keeps its log, where the snapshots lie.
///
/// @param path `DIR/n1/raft/<group>`
/// @param id Ratis' name of the group, which names its folder inside
record GroupFolder(Path path, RaftGroupId id) {
    static final String MEMBER = "member";
    private static final String FORMAT = "posthouse-member 1";

    /// How far the folder came into being.
    enum State {
        /// Nothing here.
        ABSENT,
        /// Begun, but Ratis' own files are not known to be complete: a crash in the middle of form or join. The
        /// member's server was never started, so it has not voted.
        BEGUN,
        /// In use: it may have voted, so its files must never be made anew under the same member id.
        MADE
    }

    /// What the file `member` says.
    ///
    /// @param self who this process is in the group
    /// @param initial the members the group was formed with, empty for one that joined; only the first start needs
    ///     them, later ones find the configuration in Ratis' files
    record Identity(MemberId self, List<Member> initial) {}

    Path raft() {
        return path.resolve(id.getUuid().toString());
    }

    /// Where Ratis keeps `raft-meta`, `raft-meta.conf` and the log files.
    Path current() {
        return raft().resolve("current");
    }

    Path snapshots() {
        return path.resolve("snapshots");
    }

    State state() throws IOException {
        if (!Files.exists(path.resolve(MEMBER))) {
            return State.ABSENT;
        }
        return lines().contains("state begun") ? State.BEGUN : State.MADE;
    }

    Identity identity() throws IOException {
        MemberId self = null;
        List<Member> initial = new ArrayList<>();
        for (String line : lines()) {
            String[] words = line.split(" ");
            switch (words[0]) {
                case "self" -> self = MemberId.parse(words[1]);
                case "initial" ->
                    initial.add(new Member(
                            MemberId.parse(words[1]),
                            words[2],
                            Integer.parseInt(words[3]),
                            Member.Role.valueOf(words[4]),
                            Integer.parseInt(words[5])));
                default -> {
                    // The format line and the state are read elsewhere.
                }
            }
        }
        if (self == null) {
            throw new IOException(path.resolve(MEMBER) + " names no member");
        }
        return new Identity(self, initial);
    }

    private List<String> lines() throws IOException {
        List<String> lines = Files.readAllLines(path.resolve(MEMBER));
        if (lines.isEmpty() || !lines.getFirst().equals(FORMAT)) {
            throw new IOException(path.resolve(MEMBER) + " is not a member file of this version");
        }
        return lines;
    }

    /// Makes the folder, or says that it is made. Durable on return.
    void write(Identity identity, State state) throws IOException {
        Files.createDirectories(snapshots());
        List<String> lines = new ArrayList<>();
        lines.add(FORMAT);
        lines.add("self " + identity.self());
        lines.add("state " + (state == State.BEGUN ? "begun" : "made"));
        for (Member member : identity.initial()) {
            lines.add("initial " + member.id() + " " + member.host() + " " + member.port() + " " + member.role() + " "
                    + member.priority());
        }
        Durable.write(path.resolve(MEMBER), (String.join("\n", lines) + "\n").getBytes(StandardCharsets.UTF_8));
        Durable.syncFolder(path.getParent());
    }

    /// Makes Ratis' own files for a member that has not voted. Durable on return.
    void format() throws IOException {
        Durable.deleteTree(raft());
        RaftStorage storage = StorageImplUtils.newRaftStorage(
                raft().toFile(),
                SizeInBytes.valueOf(0),
                RaftStorage.StartupOption.FORMAT,
                RaftServerConfigKeys.Log.CorruptionPolicy.EXCEPTION);
        storage.initialize();
        storage.close();
        Durable.syncFolders(path);
    }

    /// Renames the folder to `<group>.quarantined-<n>`, with the lowest free n.
    ///
    /// @return its new name
    Path setAside() throws IOException {
        for (int n = 1; ; n++) {
            Path target = path.resolveSibling(path.getFileName() + ".quarantined-" + n);
            if (!Files.exists(target)) {
                Files.move(path, target);
                Durable.syncFolder(path.getParent());
                return target;
            }
        }
    }
}
