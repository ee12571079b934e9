package org.posthouse.mailstore;

import java.security.SecureRandom;
import java.util.Arrays;

/// Takes in a body: kept here up to 256 kB, sent ahead in pieces beyond.
final class StagingUpload extends MailStore.Upload {
    private static final SecureRandom IDS = new SecureRandom();
    private static final int CAPACITY_FIRST = 8 << 10;

    private final StoreService store;
    private final Epoch epoch;
    private byte[] buffer = new byte[CAPACITY_FIRST];
    private int buffered;
    private long stagedId;
    private long stagedLength;
    private int stagedSum;
    private boolean finished;

    StagingUpload(StoreService store) {
        this.store = store;
        this.epoch = store.enter();
    }

    static long newId() {
        return IDS.nextLong();
    }

    @Override
    public void write(int octet) {
        write(new byte[] {(byte) octet}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) {
        if (finished) {
            throw new IllegalStateException("the upload is finished");
        }
        int done = 0;
        while (done < length) {
            if (buffered == Limits.INLINE_BYTES_MAX) {
                stage();
            }
            int some = Math.min(length - done, Limits.INLINE_BYTES_MAX - buffered);
            if (buffered + some > buffer.length) {
                int capacity = Math.max(buffered + some, Math.min(Limits.INLINE_BYTES_MAX, buffer.length * 2));
                buffer = Arrays.copyOf(buffer, capacity);
            }
            System.arraycopy(bytes, offset + done, buffer, buffered, some);
            buffered += some;
            done += some;
        }
    }

    private void stage() {
        if (stagedLength == 0) {
            stagedId = newId();
        }
        byte[] piece = Arrays.copyOf(buffer, buffered);
        store.stage(epoch, stagedId, stagedLength, piece);
        stagedSum = Hashes.crc32cOfBoth(stagedSum, Hashes.crc32c(piece), piece.length);
        stagedLength += piece.length;
        buffered = 0;
    }

    @Override
    public NewBody finish() {
        return finish(false);
    }

    @Override
    public NewBody finishAhead() {
        return finish(true);
    }

    private NewBody finish(boolean ahead) {
        if (finished) {
            throw new IllegalStateException("the upload is finished");
        }
        NewBody body;
        if (stagedLength == 0 && !ahead) {
            body = new NewBody.Inline(Arrays.copyOf(buffer, buffered));
        } else {
            if (buffered > 0) {
                stage();
            }
            body = new NewBody.Staged(stagedId, stagedLength, stagedSum);
        }
        close();
        return body;
    }

    /// What was sent ahead and is named by nobody, housekeeping drops.
    @Override
    public void close() {
        finished = true;
        buffer = new byte[0];
        buffered = 0;
    }
}
