package org.posthouse.bench;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;

/// One thing that IMAP clients ask for, again and again, on a number of connections.
///
/// @param fills brings a user's mailboxes into the state that the acts need; called again when it is there already
/// @param selects what each connection selects first, or `""`
/// @param warmUp how long it acts before it is measured
/// @param act once; what the histogram measures
record ImapLoad(String name, int connections, Filling fills, String selects, Duration warmUp, Act act)
        implements Workload {
    private static final Duration LIMIT = Duration.ofMinutes(2);

    /// Fills mailboxes.
    @FunctionalInterface
    interface Filling {
        void fill(Target target) throws IOException;
    }

    /// Does it once.
    @FunctionalInterface
    interface Act {
        /// @param round counts from 0 on each connection
        void on(Connection connection, int round) throws IOException;
    }

    /// One client's connection.
    static final class Connection implements Crowd.Member {
        private final Target target;
        private final int number;
        private final ImapLoad load;
        private RawImap client;
        private int round;
        private long asideNanos;

        Connection(Target target, int number, ImapLoad load) throws IOException {
            this.target = target;
            this.number = number;
            this.load = load;
            this.client = open(target, number);
            if (!load.selects.isEmpty()) {
                run("SELECT " + load.selects);
            }
        }

        void run(String command) throws IOException {
            var _ = client.run(command);
        }

        /// Carries out what only makes room for what is measured: its time does not count.
        void aside(String command) throws IOException {
            long before = System.nanoTime();
            run(command);
            asideNanos += System.nanoTime() - before;
        }

        @Override
        public long asideNanos() {
            return asideNanos;
        }

        /// Logs out and in again on a new connection.
        void again() throws IOException {
            run("LOGOUT");
            client.close();
            client = open(target, number);
        }

        @Override
        public void act() throws IOException {
            load.act.on(this, round++);
        }

        @Override
        public void close() throws IOException {
            client.close();
        }
    }

    static RawImap open(Target target, int number) throws IOException {
        InetSocketAddress door = target.imaps().get(number % target.imaps().size());
        return RawImap.login(door, target.user(number), target.password(), LIMIT);
    }

    @Override
    public Measured.Unit unit() {
        return Measured.Unit.OPERATIONS;
    }

    @Override
    public void prepare(Target target) throws IOException {
        fills.fill(target);
        var _ = turn(target, warmUp);
    }

    @Override
    public Measured turn(Target target, Duration duration) throws IOException {
        return Crowd.run(connections, k -> new Connection(target, k, this), duration, Long.MAX_VALUE);
    }
}
