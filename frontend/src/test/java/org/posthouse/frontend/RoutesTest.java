package org.posthouse.frontend;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.posthouse.cluster.Route;
import org.posthouse.smtp.Owners;

class RoutesTest {
    private final Routes routes = new Routes(_ -> Optional.empty());

    private static Route route(String line) {
        return Route.parse(line);
    }

    @Test
    void onlyAHigherEpochIsTaken() {
        assertThat(routes.take(route("vs1 1-100 n1"))).isTrue();
        assertThat(routes.take(route("vs1 1-99 n2"))).isFalse();
        assertThat(routes.take(route("vs1 1-100 n1"))).isFalse();
        assertThat(routes.take(route("vs1 1-100 n2"))).isFalse();
        assertThat(routes.route("vs1")).contains(route("vs1 1-100 n1"));
        assertThat(routes.take(route("vs1 1-101 n2"))).isTrue();
        // A generation counts for more than an index.
        assertThat(routes.take(route("vs1 2-3 n3"))).isTrue();
        assertThat(routes.take(route("vs1 1-5000 n1"))).isFalse();
        assertThat(routes.take(route("vs0 1-1 n1"))).isTrue();
        assertThat(routes.all()).isEqualTo(List.of(route("vs0 1-1 n1"), route("vs1 2-3 n3")));
    }

    @Test
    void watchersHearOfTheirVirtualServerAndOfLinks() {
        AtomicInteger heard = new AtomicInteger();
        Owners.Watch watch = routes.watch("vs1", heard::incrementAndGet);
        Owners.Watch second = routes.watch("vs1", heard::incrementAndGet);
        second.close();
        routes.take(route("vs2 1-1 n1"));
        assertThat(heard).hasValue(0);
        routes.take(route("vs1 1-1 n1"));
        assertThat(heard).hasValue(1);
        routes.take(route("vs1 1-1 n1"));
        assertThat(heard).hasValue(1);
        routes.linksChanged();
        assertThat(heard).hasValue(2);
        watch.close();
        routes.take(route("vs1 1-2 n1"));
        assertThat(heard).hasValue(2);
    }

    @Test
    void aWaitEndsWithAChangeOrItsTime() throws Exception {
        long seen = routes.changes();
        routes.await(seen, Duration.ofMillis(1));
        assertThat(routes.changes()).isEqualTo(seen);
        CountDownLatch ended = new CountDownLatch(1);
        Thread.ofVirtual().start(() -> {
            try {
                routes.await(seen, Duration.ofMinutes(5));
                ended.countDown();
            } catch (InterruptedException _) {
                Thread.currentThread().interrupt();
            }
        });
        routes.take(route("vs1 1-1 n1"));
        assertThat(ended.await(10, TimeUnit.SECONDS)).isTrue();
        // What changed before the wait began is not missed.
        routes.await(seen, Duration.ofMinutes(5));
    }
}
