package org.posthouse.mailstore;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.UUID;

/// One entry of a storage group's log. A version byte, the kind, the leader's time; all kinds but `Open`, `Close`
/// and `Recovered` carry the epoch under which they were proposed, and apply refuses any other than the current one.
sealed interface Entry {
    /// A replica stops at an entry of a version that it does not know.
    int VERSION = 2;

    /// Leader's clock, Unix time. Nothing expires by it.
    long timeMillis();

    /// A new leader takes the storage group, under the permission of an image version.
    ///
    /// @param generation of the epoch that begins, unless it was higher already; above 1 the entry is of a kind of
    ///     its own, which earlier releases cannot read
    record Open(long timeMillis, String node, long version, long generation) implements Entry {
        Open(long timeMillis, String node, long version) {
            this(timeMillis, node, version, 1);
        }
    }

    /// The image of that version withdrew permission.
    record Close(long timeMillis, long version) implements Entry {}

    /// Some bytes of a body that a later entry names.
    record Stage(long timeMillis, Epoch epoch, long stagedId, long offset, byte[] bytes) implements Entry {
        @Override
        public boolean equals(Object other) {
            return other instanceof Stage stage
                    && stagedId == stage.stagedId
                    && offset == stage.offset
                    && epoch.equals(stage.epoch)
                    && Arrays.equals(bytes, stage.bytes);
        }

        @Override
        public int hashCode() {
            return Long.hashCode(stagedId * 31 + offset);
        }

        @Override
        public String toString() {
            return "Stage[" + stagedId + " at " + offset + ", " + bytes.length + " bytes]";
        }
    }

    /// One user action.
    ///
    /// @param requestHash of what the client asked ([ActionCodec])
    record Act(long timeMillis, Epoch epoch, CommandId command, Action<?> action, long requestHash) implements Entry {}

    /// Drops what is old enough.
    ///
    /// @param elapsedMillis what the owner's monotonic clock counted since its `Open`
    /// @param recordsMillis how long expunged rows, exactly-once records and the like are kept
    /// @param historyMillis how long expunge history is kept
    /// @param rowsMax rows dropped by this entry at most
    record Expire(long timeMillis, Epoch epoch, long elapsedMillis, long recordsMillis, long historyMillis, int rowsMax)
            implements Entry {}

    /// The storage group goes on in another Raft group, from one replica: a new generation begins, closed. Orders to
    /// close are void, since the image that they came from may never have reached that replica's node.
    record Recovered(long timeMillis) implements Entry {}

    private static ByteWriter begin(int capacity, int kind, long timeMillis) {
        return new ByteWriter(capacity).octet(VERSION).octet(kind).number(timeMillis);
    }

    private static ByteWriter epoch(ByteWriter out, Epoch epoch) {
        return out.number(epoch.generation()).number(epoch.openIndex());
    }

    /// The bytes of an action's entry.
    static byte[] encodeAct(long timeMillis, Epoch epoch, CommandId command, Action<?> action) {
        ActionCodec.Encoded encoded = ActionCodec.encode(action);
        int capacity = 96 + encoded.asked().length + encoded.rest().length;
        ByteWriter out = epoch(begin(capacity, 4, timeMillis), epoch);
        boolean recorded = !command.session().equals(CommandId.NONE.session());
        out.flag(recorded);
        if (recorded) {
            out.fixed64(command.session().getMostSignificantBits());
            out.fixed64(command.session().getLeastSignificantBits());
            out.number(command.number()).number(command.forwarded());
        }
        return out.blob(encoded.asked()).raw(encoded.rest()).done();
    }

    /// The bytes of an entry of another kind.
    static byte[] encode(Entry entry) {
        return switch (entry) {
            case Open open -> {
                boolean first = open.generation == 1;
                ByteWriter out = begin(64, first ? 1 : 6, open.timeMillis)
                        .text(open.node)
                        .number(open.version);
                yield first ? out.done() : out.number(open.generation).done();
            }
            case Close close ->
                begin(16, 2, close.timeMillis).number(close.version).done();
            case Stage stage ->
                epoch(begin(64 + stage.bytes.length, 3, stage.timeMillis), stage.epoch)
                        .fixed64(stage.stagedId)
                        .number(stage.offset)
                        .blob(stage.bytes)
                        .done();
            case Act act -> encodeAct(act.timeMillis, act.epoch, act.command, act.action);
            case Expire expire ->
                epoch(begin(64, 5, expire.timeMillis), expire.epoch)
                        .number(expire.elapsedMillis)
                        .number(expire.recordsMillis)
                        .number(expire.historyMillis)
                        .number(expire.rowsMax)
                        .done();
            case Recovered recovered -> begin(16, 7, recovered.timeMillis).done();
        };
    }

    /// @throws IllegalArgumentException if this release cannot read it
    static Entry decode(ByteBuffer bytes) {
        ByteReader in = new ByteReader(bytes);
        int version = in.octet();
        if (version != VERSION) {
            throw new IllegalArgumentException("a log entry of version " + version + "; this release reads " + VERSION);
        }
        int kind = in.octet();
        long time = in.number();
        return switch (kind) {
            case 1 -> new Open(time, in.text(), in.number());
            case 2 -> new Close(time, in.number());
            case 3 -> new Stage(time, epoch(in), in.fixed64(), in.number(), in.blob());
            case 4 -> act(time, in);
            case 5 -> new Expire(time, epoch(in), in.number(), in.number(), in.number(), in.smallNumber());
            case 6 -> new Open(time, in.text(), in.number(), in.number());
            case 7 -> new Recovered(time);
            default -> throw new IllegalArgumentException("a log entry of unknown kind " + kind);
        };
    }

    private static Epoch epoch(ByteReader in) {
        return new Epoch(in.number(), in.number());
    }

    private static Act act(long time, ByteReader in) {
        Epoch epoch = epoch(in);
        CommandId command = CommandId.NONE;
        if (in.flag()) {
            command = new CommandId(new UUID(in.fixed64(), in.fixed64()), in.number(), in.number());
        }
        byte[] asked = in.blob();
        return new Act(time, epoch, command, ActionCodec.decode(asked, in), Hashes.of(asked, 0, asked.length, 0));
    }
}
