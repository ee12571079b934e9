package org.posthouse.wire;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Calls, streams and notices over a link that stands.
@Timeout(60)
class LinkTest {
    private static final Duration SOON = LinkPair.SOON;

    @TempDir
    private Path folder;

    private LinkPair pair;

    @BeforeEach
    void start() throws IOException {
        pair = new LinkPair(folder, LinkSettings.DEFAULT.withMaxima(5_000, 50));
    }

    @AfterEach
    void stop() {
        pair.close();
    }

    @FunctionalInterface
    private interface Conversation {
        void carryOn(LinkStream stream) throws Exception;
    }

    private void serveStreams(String kind, Conversation conversation) {
        pair.offered.register(kind, LinkServices::everyone, new LinkService() {
            @Override
            public void stream(Link from, LinkStream stream) throws IOException {
                try {
                    conversation.carryOn(stream);
                } catch (IOException | RuntimeException e) {
                    throw e;
                } catch (Exception e) {
                    throw new IOException(e);
                }
            }
        });
    }

    @FunctionalInterface
    private interface Answerer {
        byte[] answer(Link from, Opening head, byte[] request) throws IOException;
    }

    private void serveCalls(String kind, Answerer answerer) {
        pair.offered.register(kind, LinkServices::everyone, new LinkService() {
            @Override
            public byte[] call(Link from, Opening head, byte[] request) throws IOException {
                return answerer.answer(from, head, request);
            }
        });
    }

    private static void echo(LinkStream stream) throws IOException {
        stream.input().transferTo(stream.output());
    }

    private static byte[] random(int length) {
        byte[] bytes = new byte[length];
        new Random(length).nextBytes(bytes);
        return bytes;
    }

    @Test
    void aCallBringsTheFieldsThereAndTheAnswerBack() throws IOException {
        serveCalls("greet", (from, head, request) -> (from.peer() + " " + head.field("who") + " "
                        + new String(request, UTF_8))
                .getBytes(UTF_8));
        byte[] answer = pair.link().call(LinkPair.opening("greet", "who", "Grüße"), "x".getBytes(UTF_8), SOON);
        assertThat(new String(answer, UTF_8)).isEqualTo("front-end:f1 Grüße x");
    }

    @Test
    void callsOfEverySizeUpToFourMegabytes() throws IOException {
        serveCalls("echo", (from, head, request) -> request);
        Link link = pair.link();
        for (int length : new int[] {0, 1, 32 << 10, 64 << 10, 300_000, 4 << 20}) {
            byte[] bytes = random(length);
            assertThat(link.call(LinkPair.opening("echo"), bytes, SOON)).isEqualTo(bytes);
        }
        assertThatThrownBy(() -> link.call(LinkPair.opening("echo"), new byte[(4 << 20) + 1], SOON))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void aRefusalReachesTheCallerWithItsMessage() throws IOException {
        serveCalls("refuse", (from, head, request) -> {
            throw new IOException("not today");
        });
        serveCalls("need", (from, head, request) -> head.field("missing").getBytes(UTF_8));
        Link link = pair.link();
        assertThatThrownBy(() -> link.call(LinkPair.opening("refuse"), new byte[0], SOON))
                .isInstanceOf(RemoteException.class)
                .hasMessage("not today");
        assertThatThrownBy(() -> link.call(LinkPair.opening("need"), new byte[0], SOON))
                .isInstanceOf(RemoteException.class)
                .hasMessageContaining("'missing'");
        assertThatThrownBy(() -> link.call(LinkPair.opening("nothing"), new byte[0], SOON))
                .isInstanceOf(RemoteException.class)
                .hasMessageContaining("nothing of kind 'nothing' here");
    }

    @Test
    void aCallEndsAtItsDeadline() throws Exception {
        CountDownLatch asked = new CountDownLatch(1);
        CountDownLatch release = new CountDownLatch(1);
        serveCalls("slow", (from, head, request) -> {
            asked.countDown();
            try {
                assertThat(release.await(30, TimeUnit.SECONDS)).isTrue();
            } catch (InterruptedException e) {
                throw new IOException(e);
            }
            return request;
        });
        Link link = pair.link();
        assertThatThrownBy(() -> link.call(LinkPair.opening("slow"), new byte[0], Duration.ofMillis(50)))
                .isInstanceOf(SocketTimeoutException.class)
                .hasMessageContaining("did not answer 'slow'");
        assertThat(asked.await(10, TimeUnit.SECONDS)).isTrue();
        release.countDown();
    }

    @Test
    void aPeerMayNotHaveMoreCallsUnderWayThanTheLimit() throws Exception {
        CountDownLatch asked = new CountDownLatch(50);
        CountDownLatch release = new CountDownLatch(1);
        serveCalls("slow", (from, head, request) -> {
            asked.countDown();
            try {
                assertThat(release.await(30, TimeUnit.SECONDS)).isTrue();
            } catch (InterruptedException e) {
                throw new IOException(e);
            }
            return request;
        });
        Link link = pair.link();
        try (ExecutorService callers = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<byte[]>> answers = new ArrayList<>();
            for (int i = 0; i < 50; i++) {
                answers.add(callers.submit(() -> link.call(LinkPair.opening("slow"), new byte[0], SOON)));
            }
            assertThat(asked.await(10, TimeUnit.SECONDS)).isTrue();
            assertThatThrownBy(() -> link.call(LinkPair.opening("slow"), new byte[0], SOON))
                    .isInstanceOf(RemoteException.class)
                    .hasMessage("too many calls on this link");
            release.countDown();
            for (Future<byte[]> answer : answers) {
                assertThat(answer.get(10, TimeUnit.SECONDS)).isEmpty();
            }
        }
    }

    @Test
    void aStreamKnowsWhatItsOpenerSaid() throws Exception {
        CompletableFuture<LinkStream> seen = new CompletableFuture<>();
        serveStreams("imap", seen::complete);
        Link link = pair.link();
        try (LinkStream here = link.open(LinkPair.opening("imap", "remote", "[2001:db8::1]:4711", "secure", "false"))) {
            LinkStream there = seen.get(10, TimeUnit.SECONDS);
            assertThat(there.remote()).isEqualTo(new InetSocketAddress("2001:db8::1", 4711));
            assertThat(there.secure()).isFalse();
            assertThat(there.offersTls()).isFalse();
            assertThat(there.opening()).isEqualTo(here.opening());
        }
    }

    @Test
    void oneSideFinishesAndTheOtherStillAnswers() throws IOException {
        serveStreams("sum", stream -> {
            byte[] all = stream.input().readAllBytes();
            stream.output().write(("got " + all.length).getBytes(UTF_8));
        });
        try (LinkStream stream = pair.link().open(LinkPair.opening("sum"))) {
            stream.output().write(random(700_000));
            stream.finish();
            assertThat(new String(stream.input().readAllBytes(), UTF_8)).isEqualTo("got 700000");
            assertThatThrownBy(() -> stream.output().write(1)).hasMessageContaining("closed for writing");
        }
    }

    @Test
    void whatWasWrittenBeforeACloseArrives() throws IOException {
        byte[] bytes = random(200_000);
        serveStreams("give", stream -> {
            stream.output().write(bytes);
            stream.close();
        });
        try (LinkStream stream = pair.link().open(LinkPair.opening("give"))) {
            assertThat(stream.input().readAllBytes()).isEqualTo(bytes);
        }
    }

    @Test
    void whatWasWrittenBeforeTheLinkIsClosedArrives() throws Exception {
        byte[] bytes = random(200_000);
        CountDownLatch written = new CountDownLatch(1);
        serveStreams("give", stream -> {
            stream.output().write(bytes);
            stream.close();
            written.countDown();
        });
        try (LinkStream stream = pair.link().open(LinkPair.opening("give"))) {
            assertThat(written.await(10, TimeUnit.SECONDS)).isTrue();
            pair.server.close();
            assertThat(stream.input().readAllBytes()).isEqualTo(bytes);
            assertThatThrownBy(() -> stream.output().write(1)).isInstanceOf(IOException.class);
        }
    }

    @Test
    void writingToAStreamThatTheOtherSideClosedFails() throws IOException {
        serveStreams("hang-up", LinkStream::close);
        try (LinkStream stream = pair.link().open(LinkPair.opening("hang-up"))) {
            assertThat(stream.input().read()).isEqualTo(-1);
            assertThatThrownBy(() -> stream.output().write(random(1_000_000)))
                    .isInstanceOf(IOException.class)
                    .hasMessage("the other side closed the stream");
        }
    }

    @Test
    void aResetEndsReadsWithItsReason() throws Exception {
        CompletableFuture<Throwable> end = new CompletableFuture<>();
        serveStreams("wait", stream -> {
            stream.output().write(1);
            try {
                int unused = stream.input().read();
            } catch (IOException e) {
                end.complete(e);
            }
        });
        LinkStream stream = pair.link().open(LinkPair.opening("wait"));
        assertThat(stream.input().read()).isEqualTo(1);
        stream.reset("the client went away");
        assertThat(end.get(10, TimeUnit.SECONDS))
                .isInstanceOf(RemoteException.class)
                .hasMessage("the client went away");
        assertThatThrownBy(() -> stream.input().read()).hasMessageContaining("the client went away");
    }

    @Test
    void aReadTimesOutAndCanBeRepeated() throws IOException {
        serveStreams("echo", LinkTest::echo);
        try (LinkStream stream = pair.link().open(LinkPair.opening("echo"))) {
            stream.readTimeout(Duration.ofMillis(20));
            assertThatThrownBy(() -> stream.input().read()).isInstanceOf(SocketTimeoutException.class);
            stream.output().write('x');
            stream.readTimeout(SOON);
            assertThat(stream.input().read()).isEqualTo('x');
        }
    }

    @Test
    void closingFromAnotherThreadEndsABlockedRead() throws Exception {
        serveStreams("echo", LinkTest::echo);
        LinkStream stream = pair.link().open(LinkPair.opening("echo"));
        CompletableFuture<Throwable> end = new CompletableFuture<>();
        Thread reader = Thread.ofVirtual().start(() -> {
            try {
                int unused = stream.input().read();
            } catch (IOException e) {
                end.complete(e);
            }
        });
        stream.close();
        assertThat(end.get(10, TimeUnit.SECONDS)).hasMessage("the stream is closed");
        reader.join();
    }

    @Test
    void aSlowReaderStopsItsWriterAndNobodyElse() throws Exception {
        CountDownLatch readOn = new CountDownLatch(1);
        serveStreams("slow", stream -> {
            assertThat(readOn.await(30, TimeUnit.SECONDS)).isTrue();
            byte[] all = stream.input().readAllBytes();
            stream.output().write(Arrays.hashCode(all) == Arrays.hashCode(random(2_000_000)) ? 1 : 0);
        });
        serveCalls("echo", (from, head, request) -> request);
        Link link = pair.link();
        try (ExecutorService writers = Executors.newVirtualThreadPerTaskExecutor();
                LinkStream slow = link.open(LinkPair.opening("slow"))) {
            Future<?> writer = writers.submit(() -> {
                slow.output().write(random(2_000_000));
                slow.finish();
                return null;
            });
            for (int i = 0; i < 100; i++) {
                assertThat(link.call(LinkPair.opening("echo"), random(10_000), SOON))
                        .hasSize(10_000);
            }
            // 256 kB of window, never 2 MB: the writer cannot be done.
            assertThat(writer.isDone()).isFalse();
            readOn.countDown();
            writer.get(20, TimeUnit.SECONDS);
            assertThat(slow.input().read()).isEqualTo(1);
        }
    }

    @Test
    void thousandsOfStreamsSideBySide() throws Exception {
        serveStreams("echo", LinkTest::echo);
        Link link = pair.link();
        List<LinkStream> streams = new ArrayList<>();
        for (int i = 0; i < 4_000; i++) {
            LinkStream stream = link.open(LinkPair.opening("echo"));
            stream.output().write(("stream " + i + "\n").getBytes(UTF_8));
            streams.add(stream);
        }
        for (int i = 0; i < streams.size(); i++) {
            WireReader reader = new WireReader(streams.get(i).input());
            byte[] expected = ("stream " + i + "\n").getBytes(UTF_8);
            assertThat(reader.readFully(expected.length)).isEqualTo(expected);
        }
        streams.forEach(LinkStream::close);
        assertThat(link.up()).isTrue();
    }

    @Test
    void moreStreamsThanTheLimitAreRefusedOneByOne() throws Exception {
        serveStreams("echo", LinkTest::echo);
        Link link = pair.link();
        List<LinkStream> streams = new ArrayList<>();
        for (int i = 0; i < 5_000; i++) {
            streams.add(link.open(LinkPair.opening("echo")));
        }
        try (LinkStream oneTooMany = link.open(LinkPair.opening("echo"))) {
            assertThatThrownBy(() -> oneTooMany.input().read())
                    .isInstanceOf(RemoteException.class)
                    .hasMessage("too many streams on this link");
        }
        LinkStream last = streams.getLast();
        last.output().write('x');
        assertThat(last.input().read()).isEqualTo('x');
    }

    @Test
    void noticesComeInOrderAndOvertakeBulk() throws Exception {
        BlockingQueue<Integer> notices = new LinkedBlockingQueue<>();
        pair.offered.register("heartbeat", LinkServices::everyone, new LinkService() {
            @Override
            public void notice(Link from, Opening head, byte[] message) {
                notices.add((int) message[0]);
            }
        });
        CompletableFuture<Long> drained = new CompletableFuture<>();
        serveStreams("bulk", stream -> drained.complete(stream.input().transferTo(OutputStream.nullOutputStream())));
        Link link = pair.link();
        try (ExecutorService writers = Executors.newVirtualThreadPerTaskExecutor();
                LinkStream bulk = link.open(LinkPair.opening("bulk"))) {
            CountDownLatch running = new CountDownLatch(1);
            CountDownLatch enough = new CountDownLatch(1);
            Future<Long> writer = writers.submit(() -> {
                byte[] piece = random(100_000);
                long written = 0;
                while (enough.getCount() > 0) {
                    bulk.output().write(piece);
                    written += piece.length;
                    running.countDown();
                }
                bulk.finish();
                return written;
            });
            assertThat(running.await(10, TimeUnit.SECONDS)).isTrue();
            for (int i = 0; i < 100; i++) {
                assertThat(link.notice(LinkPair.opening("heartbeat"), new byte[] {(byte) i}))
                        .isTrue();
                // Each one arrives while the bulk goes on, so it did not wait behind it.
                assertThat(notices.poll(1, TimeUnit.SECONDS)).isEqualTo(i);
            }
            enough.countDown();
            assertThat(drained.get(20, TimeUnit.SECONDS)).isEqualTo(writer.get(20, TimeUnit.SECONDS));
        }
    }

    @Test
    void theAcceptingEndMayOpenToo() throws IOException {
        pair.offeredBack.register("hello", "node:n1"::equals, new LinkService() {
            @Override
            public byte[] call(Link from, Opening head, byte[] request) {
                return from.peer().getBytes(UTF_8);
            }
        });
        Link link = pair.link();
        assertThat(link.up()).isTrue();
        // Refused, for nothing is offered there; but whoever answers has linked in.
        assertThatThrownBy(() -> link.call(LinkPair.opening("hello"), new byte[0], SOON))
                .isInstanceOf(RemoteException.class);
        Link back = pair.server.links().getFirst();
        assertThat(back.peer()).isEqualTo("front-end:f1");
        assertThat(new String(back.call(LinkPair.opening("hello"), new byte[0], SOON), UTF_8))
                .isEqualTo("node:n1");
    }

    @Test
    void aKindIsRefusedToPeersThatMayNotUseIt() throws IOException {
        CountDownLatch used = new CountDownLatch(1);
        pair.offered.register("submit", LinkServices::nodes, new LinkService() {
            @Override
            public byte[] call(Link from, Opening head, byte[] request) {
                used.countDown();
                return request;
            }
        });
        Link link = pair.link();
        assertThatThrownBy(() -> link.call(LinkPair.opening("submit"), new byte[0], SOON))
                .isInstanceOf(RemoteException.class)
                .hasMessage("front-end:f1 may not use 'submit' here");
        assertThat(used.getCount()).isOne();
    }

    @Test
    void anOpeningThatIsTooLongIsRefusedHere() throws IOException {
        Link link = pair.link();
        assertThatThrownBy(() -> link.open(LinkPair.opening("x", "field", "y".repeat(70_000))))
                .isInstanceOf(IllegalArgumentException.class);
        assertThat(link.up()).isTrue();
    }
}
