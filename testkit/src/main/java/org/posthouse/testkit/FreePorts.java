package org.posthouse.testkit;

import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.List;
import java.util.Random;

/// Ports that nobody listens on now.
public final class FreePorts {
    // Below the ports that Linux gives to outgoing connections (32768), which could take one at any moment.
    private static final int LOWEST = 10_000;
    private static final int HIGHEST = 30_000;
    private static final int TRIES = 200;

    private FreePorts() {}

    /// One free port on 127.0.0.1.
    public static int one() throws IOException {
        return base(List.of("127.0.0.1"), List.of(0));
    }

    /// A port such that it plus each of these offsets is free on each of these addresses.
    public static int base(List<String> addresses, List<Integer> offsets) throws IOException {
        int span = offsets.stream().mapToInt(Integer::intValue).max().orElse(0);
        Random random = new Random(ProcessHandle.current().pid() ^ System.nanoTime());
        for (int attempt = 0; attempt < TRIES; attempt++) {
            int base = random.nextInt(LOWEST, HIGHEST - span);
            if (free(base, addresses, offsets)) {
                return base;
            }
        }
        throw new IOException(
                "no free ports for " + addresses + " at offsets " + offsets + " after " + TRIES + " tries");
    }

    private static boolean free(int base, List<String> addresses, List<Integer> offsets) throws IOException {
        for (String address : addresses) {
            for (int offset : offsets) {
                try (ServerSocket probe = new ServerSocket()) {
                    probe.bind(new InetSocketAddress(InetAddress.getByName(address), base + offset));
                } catch (BindException _) {
                    return false;
                }
            }
        }
        return true;
    }
}
