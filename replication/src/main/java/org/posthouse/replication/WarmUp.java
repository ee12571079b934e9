package org.posthouse.replication;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A group of three in one process that lives for a second: see [RatisHost#warmUp].
final class WarmUp {
    private static final Logger LOG = LoggerFactory.getLogger(WarmUp.class);
    private static final GroupName GROUP = new GroupName("warm-up");
    private static final Duration STEP_MAX = Duration.ofSeconds(10);
    private static final int ENTRIES = 400;
    private static final int ENTRY_BYTES = 2_000;

    private WarmUp() {}

    static void run(Settings settings) throws IOException {
        long began = System.nanoTime();
        Path folder = settings.folder().resolve("warm-up");
        Durable.deleteTree(folder);
        UUID cluster = UUID.randomUUID();
        List<RatisHost> hosts = new ArrayList<>();
        try {
            for (int i = 1; i <= 3; i++) {
                hosts.add(RatisHost.start(new Settings(
                        cluster,
                        "w" + i,
                        settings.host(),
                        0,
                        folder.resolve("w" + i),
                        settings.tls(),
                        new NoSource(),
                        new NoAction(),
                        settings.limits())));
            }
            exercise(hosts, settings.host());
        } catch (ExecutionException | TimeoutException e) {
            throw new IOException("the warm-up did not come to its end: " + e, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("the warm-up was interrupted", e);
        } finally {
            // Channels take their time to end; nobody has to wait for them.
            Thread.ofVirtual().name("warm-up-end").start(() -> end(hosts, folder));
        }
        LOG.info("warmed up in {} ms", (System.nanoTime() - began) / 1_000_000);
    }

    private static void exercise(List<RatisHost> hosts, String host)
            throws IOException, InterruptedException, ExecutionException, TimeoutException {
        List<Member> members = new ArrayList<>();
        for (int i = 0; i < hosts.size(); i++) {
            MemberId id = new MemberId("w" + (i + 1), 1);
            members.add(new Member(id, host, hosts.get(i).port(), Member.Role.VOTER, 0));
        }
        BlockingQueue<MemberId> leaders = new ArrayBlockingQueue<>(64);
        for (int i = 0; i < hosts.size(); i++) {
            MemberId self = members.get(i).id();
            hosts.get(i).form(GROUP, members, new Nothing(), new GroupListener() {
                @Override
                public void leaderReady(long term) {
                    leaders.offer(self);
                }
            });
        }
        MemberId first = leaders.poll(STEP_MAX.toSeconds(), TimeUnit.SECONDS);
        if (first == null) {
            throw new TimeoutException("no leader");
        }
        GroupMember leader = member(hosts, members, first);
        propose(leader);
        await(leader.confirmLeadership());
        await(leader.snapshot());
        MemberId next = members.stream()
                .map(Member::id)
                .filter(id -> !id.equals(first))
                .findFirst()
                .orElseThrow();
        await(leader.transfer(next, STEP_MAX));
        if (next.equals(leaders.poll(STEP_MAX.toSeconds(), TimeUnit.SECONDS))) {
            propose(member(hosts, members, next));
        }
    }

    private static GroupMember member(List<RatisHost> hosts, List<Member> members, MemberId id) {
        for (int i = 0; i < hosts.size(); i++) {
            if (members.get(i).id().equals(id)) {
                return hosts.get(i).member(GROUP).orElseThrow();
            }
        }
        throw new IllegalArgumentException(id + " is no member");
    }

    private static void propose(GroupMember leader) throws InterruptedException, ExecutionException, TimeoutException {
        List<CompletableFuture<byte[]>> waiting = new ArrayList<>();
        for (int i = 0; i < ENTRIES; i++) {
            waiting.add(leader.propose(new byte[ENTRY_BYTES]));
        }
        await(CompletableFuture.allOf(waiting.toArray(CompletableFuture[]::new)));
    }

    private static void await(CompletableFuture<?> future)
            throws InterruptedException, ExecutionException, TimeoutException {
        future.get(STEP_MAX.toMillis(), TimeUnit.MILLISECONDS);
    }

    private static void end(List<RatisHost> hosts, Path folder) {
        hosts.forEach(RatisHost::close);
        try {
            Durable.deleteTree(folder);
        } catch (IOException e) {
            LOG.warn("the warm-up's folder {} could not be removed", folder, e);
        }
    }

    /// A replica of nothing.
    private static final class Nothing implements Replica {
        private volatile Position applied = Position.START;

        @Override
        public Position open() {
            return applied;
        }

        @Override
        public byte[] apply(Position position, ByteBuffer entry) {
            applied = position;
            return new byte[0];
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
            // Nothing to do.
        }

        @Override
        public List<CheckpointFile> checkpoint(Path folder) throws IOException {
            Path file = Files.write(folder.resolve("nothing"), new byte[] {1});
            return List.of(new CheckpointFile("nothing", 1, SnapshotFetch.crc32c(file)));
        }

        @Override
        public void restore(Path folder, Position position) {
            applied = position;
        }

        @Override
        public void close() {
            // Nothing is open.
        }
    }

    private record NoSource() implements SnapshotSource {
        @Override
        public byte[] manifest(MemberId from, GroupName group) throws IOException {
            throw new IOException("nothing is sent in a warm-up");
        }

        @Override
        public InputStream file(MemberId from, GroupName group, long index, String name, long offset)
                throws IOException {
            throw new IOException("nothing is sent in a warm-up");
        }
    }

    private record NoAction() implements Settings.GrayOwner {
        @Override
        public void gray(GroupName group, String reason) {
            // It ends in a moment anyway.
        }

        @Override
        public void halt(GroupName group, String reason) {
            // It ends in a moment anyway.
        }
    }
}
