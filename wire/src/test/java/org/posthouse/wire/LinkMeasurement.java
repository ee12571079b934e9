package org.posthouse.wire;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/// Prints what a link costs on this machine, both ends in one process: not a test, but a program to run by hand.
///
///     mvn -B -o -q -pl wire test-compile && java -cp wire/target/classes:wire/target/test-classes:... \
///         org.posthouse.wire.LinkMeasurement FOLDER
final class LinkMeasurement {
    private static final int IDLE_STREAMS = 10_000;

    private LinkMeasurement() {}

    public static void main(String[] arguments) throws Exception {
        Path folder = Files.createTempDirectory(Path.of(arguments[0]), "links");
        try (LinkPair pair = new LinkPair(folder, LinkSettings.DEFAULT)) {
            pair.offered.register("echo", LinkServices::everyone, new LinkService() {
                @Override
                public byte[] call(Link from, Opening head, byte[] request) {
                    return request;
                }

                @Override
                public void stream(Link from, LinkStream stream) throws IOException {
                    stream.input().transferTo(stream.output());
                }
            });
            pair.offered.register("sink", LinkServices::everyone, new LinkService() {
                @Override
                public void stream(Link from, LinkStream stream) throws IOException {
                    stream.input().transferTo(OutputStream.nullOutputStream());
                    stream.output().write(1);
                }
            });
            Link link = pair.link();
            for (int round = 0; round < 4; round++) {
                roundTrips(link, 100);
                roundTrips(link, 10_000);
                concurrentCalls(link, 32);
                streamRoundTrips(link);
                bulk(link);
            }
            idle(link);
        }
    }

    private static void roundTrips(Link link, int bytes) throws IOException {
        byte[] request = new byte[bytes];
        long[] nanos = new long[10_000];
        for (int i = 0; i < nanos.length; i++) {
            long from = System.nanoTime();
            byte[] unused = link.call(LinkPair.opening("echo"), request, Duration.ofSeconds(10));
            nanos[i] = System.nanoTime() - from;
        }
        print("call of " + bytes + " bytes and back", nanos);
    }

    private static void streamRoundTrips(Link link) throws IOException {
        byte[] request = new byte[10_000];
        long[] nanos = new long[10_000];
        try (LinkStream stream = link.open(LinkPair.opening("echo"))) {
            WireReader reader = new WireReader(stream.input());
            for (int i = 0; i < nanos.length; i++) {
                long from = System.nanoTime();
                stream.output().write(request);
                byte[] unused = reader.readFully(request.length);
                nanos[i] = System.nanoTime() - from;
            }
        }
        print("10000 bytes and back on a stream", nanos);
    }

    private static void concurrentCalls(Link link, int callers) throws Exception {
        byte[] request = new byte[10_000];
        int each = 1_000;
        long from = System.nanoTime();
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<?>> all = new ArrayList<>();
            for (int i = 0; i < callers; i++) {
                all.add(threads.submit(() -> {
                    for (int n = 0; n < each; n++) {
                        byte[] unused = link.call(LinkPair.opening("echo"), request, Duration.ofSeconds(10));
                    }
                    return null;
                }));
            }
            for (Future<?> one : all) {
                one.get();
            }
        }
        double seconds = (System.nanoTime() - from) / 1e9;
        System.out.printf("%d callers of 10000 bytes: %.0f calls/s%n", callers, callers * each / seconds);
    }

    private static void bulk(Link link) throws IOException {
        byte[] piece = new byte[64 << 10];
        long bytes = 0;
        long from = System.nanoTime();
        try (LinkStream stream = link.open(LinkPair.opening("sink"))) {
            while (bytes < 400L << 20) {
                stream.output().write(piece);
                bytes += piece.length;
            }
            stream.finish();
            int unused = stream.input().read();
        }
        System.out.printf("one stream: %.0f MB/s%n", bytes / 1e6 / ((System.nanoTime() - from) / 1e9));
    }

    private static void idle(Link link) throws IOException {
        List<LinkStream> streams = new ArrayList<>();
        long before = usedBytes();
        for (int i = 0; i < IDLE_STREAMS; i++) {
            LinkStream stream = link.open(LinkPair.opening("echo", "user", "user" + i, "remote", "127.0.0.1:" + i));
            stream.output().write(1);
            int unused = stream.input().read();
            streams.add(stream);
        }
        long after = usedBytes();
        System.out.printf(
                "an idle stream: %d bytes for both ends and the virtual thread that waits at one of them%n",
                (after - before) / streams.size());
    }

    private static long usedBytes() {
        for (int i = 0; i < 3; i++) {
            System.gc();
        }
        return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
    }

    private static void print(String what, long[] nanos) {
        Arrays.sort(nanos);
        System.out.printf(
                "%s: median %.0f us, p99 %.0f us%n",
                what, nanos[nanos.length / 2] / 1e3, nanos[nanos.length * 99 / 100] / 1e3);
    }
}
