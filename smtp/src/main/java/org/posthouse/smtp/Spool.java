package org.posthouse.smtp;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;

/// The bytes of one message, to be read as often as need be: in memory, then in a file that goes with the process.
final class Spool implements AutoCloseable {
    private static final int FIRST_BYTES = 16 << 10;
    private static final int COPY_BYTES = 64 << 10;

    private final SpoolSpace space;
    private final Path path;
    private byte[] memory = new byte[0];
    private int inMemory; // bytes used of it
    private FileChannel file; // holds everything once it is there
    private long onDisk;
    private boolean full;

    Spool(SpoolSpace space, Path path) {
        this.space = space;
        this.path = path;
    }

    long length() {
        return file == null ? inMemory : onDisk;
    }

    /// Appends.
    ///
    /// @throws IOException if the disk is full or fails, or the space for all messages is used up
    void write(byte[] bytes, int offset, int length) throws IOException {
        if (full) {
            throw new IOException("no room in the spool");
        }
        if (file == null && fitsMemory(length)) {
            System.arraycopy(bytes, offset, memory, inMemory, length);
            inMemory += length;
            return;
        }
        if (file == null) {
            moveToFile();
        }
        append(ByteBuffer.wrap(bytes, offset, length));
    }

    private boolean fitsMemory(int more) {
        int wanted = inMemory + more;
        if (wanted <= memory.length) {
            return true;
        }
        int most = space.messageMemoryMax();
        int capacity = Math.min(most, Math.max(FIRST_BYTES, Math.max(wanted, memory.length * 2)));
        if (wanted > most || !space.takeMemory(capacity - memory.length)) {
            return false;
        }
        memory = Arrays.copyOf(memory, capacity);
        return true;
    }

    private void moveToFile() throws IOException {
        file = FileChannel.open(
                path,
                StandardOpenOption.CREATE_NEW,
                StandardOpenOption.READ,
                StandardOpenOption.WRITE,
                StandardOpenOption.DELETE_ON_CLOSE);
        append(ByteBuffer.wrap(memory, 0, inMemory));
        space.giveMemory(memory.length);
        memory = new byte[0];
        inMemory = 0;
    }

    private void append(ByteBuffer bytes) throws IOException {
        if (!space.takeDisk(bytes.remaining())) {
            full = true;
            throw new IOException("no room in the spool");
        }
        onDisk += bytes.remaining();
        while (bytes.hasRemaining()) {
            file.write(bytes);
        }
    }

    /// Writes everything to a stream.
    void copyTo(OutputStream out) throws IOException {
        if (file == null) {
            out.write(memory, 0, inMemory);
            return;
        }
        byte[] block = new byte[COPY_BYTES];
        for (long at = 0; at < onDisk; ) {
            int taken = file.read(ByteBuffer.wrap(block), at);
            if (taken < 0) {
                throw new IOException("the spool file " + path + " is shorter than what was written to it");
            }
            out.write(block, 0, taken);
            at += taken;
        }
    }

    @Override
    public void close() throws IOException {
        space.giveMemory(memory.length);
        memory = new byte[0];
        inMemory = 0;
        if (file != null) {
            space.giveDisk(onDisk);
            onDisk = 0;
            file.close();
        }
    }
}
