package org.posthouse.replication;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;

/// A witness' replica of a group: none. The member votes and keeps the log; what the entries say is nothing to it. It
/// holds only the position up to which the log was passed, and begins anew behind the log's beginning at each start.
public final class WitnessReplica implements Replica {
    private static final byte[] NO_ANSWER = {};

    private volatile Position applied = Position.START;

    @Override
    public boolean keepsState() {
        return false;
    }

    @Override
    public Position open() {
        return Position.START;
    }

    @Override
    public byte[] apply(Position position, ByteBuffer entry) {
        applied = position;
        return NO_ANSWER;
    }

    @Override
    public void advance(Position position) {
        applied = position;
    }

    @Override
    public Position applied() {
        return applied;
    }

    @Override
    public void prepareCheckpoint() {
        throw new UnsupportedOperationException("a witness has no state to make a checkpoint of");
    }

    @Override
    public List<CheckpointFile> checkpoint(Path folder) {
        throw new UnsupportedOperationException("a witness has no state to make a checkpoint of");
    }

    /// The log begins behind this position now.
    @Override
    public void restore(Path folder, Position position) {
        applied = position;
    }

    @Override
    public void close() {
        // There is nothing to close.
    }
}
