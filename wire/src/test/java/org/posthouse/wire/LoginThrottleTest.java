package org.posthouse.wire;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/// Failed logins on a clock of our own.
class LoginThrottleTest {
    private static final LoginThrottle.Limits LIMITS =
            new LoginThrottle.Limits(3, 5, Duration.ofSeconds(30), Duration.ofMillis(500), Duration.ofSeconds(2), 4);

    private final AtomicLong clock = new AtomicLong(-7_000_000_000L);
    private final LoginThrottle throttle = new LoginThrottle(LIMITS, clock::get);

    private static InetAddress address(int... bytes) throws Exception {
        byte[] raw = new byte[bytes.length];
        for (int i = 0; i < raw.length; i++) {
            raw[i] = (byte) bytes[i];
        }
        return InetAddress.getByAddress(raw);
    }

    private void pass(Duration time) {
        clock.addAndGet(time.toNanos());
    }

    @Test
    void delaysGrowToTheLimit() throws Exception {
        InetAddress one = address(192, 0, 2, 1);
        assertThat(throttle.failed(one, "a")).isEqualTo(Duration.ofMillis(500));
        assertThat(throttle.failed(one, "b")).isEqualTo(Duration.ofSeconds(1));
        assertThat(throttle.failed(one, "c")).isEqualTo(Duration.ofSeconds(2));
        assertThat(throttle.failed(one, "d")).isEqualTo(Duration.ofSeconds(2));
    }

    @Test
    void refusesAnAddressUntilFailuresAreForgiven() throws Exception {
        InetAddress one = address(192, 0, 2, 1);
        for (int i = 0; i < 3; i++) {
            assertThat(throttle.admits(one, "user" + i)).isTrue();
            throttle.failed(one, "user" + i);
        }
        assertThat(throttle.admits(one, "user9")).isFalse();
        assertThat(throttle.admits(address(192, 0, 2, 2), "user9")).isTrue();
        pass(Duration.ofSeconds(29));
        assertThat(throttle.admits(one, "user9")).isFalse();
        pass(Duration.ofSeconds(1));
        assertThat(throttle.admits(one, "user9")).isTrue();
        throttle.failed(one, "user9");
        assertThat(throttle.admits(one, "user9")).isFalse();
        pass(Duration.ofSeconds(90));
        assertThat(throttle.failed(one, "user8")).isEqualTo(Duration.ofMillis(500));
    }

    @Test
    void refusesAUserFromEverywhereAtTheHigherLimit() throws Exception {
        for (int i = 0; i < 5; i++) {
            assertThat(throttle.admits(address(192, 0, 2, i), "Victim")).isTrue();
            throttle.failed(address(192, 0, 2, i), "victim");
        }
        assertThat(throttle.admits(address(192, 0, 2, 200), "VICTIM")).isFalse();
        assertThat(throttle.admits(address(192, 0, 2, 200), "other")).isTrue();
    }

    @Test
    void anIpv6CustomerIsOneAddress() throws Exception {
        for (int i = 0; i < 3; i++) {
            throttle.failed(address(0x20, 1, 0xd, 0xb8, 0, 0, 0, 1, 9, 9, 9, 9, 9, 9, 9, i), "user" + i);
        }
        assertThat(throttle.admits(address(0x20, 1, 0xd, 0xb8, 0, 0, 0, 1, 1, 2, 3, 4, 5, 6, 7, 8), "x"))
                .isFalse();
        assertThat(throttle.admits(address(0x20, 1, 0xd, 0xb8, 0, 0, 0, 2, 1, 2, 3, 4, 5, 6, 7, 8), "x"))
                .isTrue();
    }

    @Test
    void remembersNoMoreThanItsTableHolds() throws Exception {
        InetAddress first = address(192, 0, 2, 1);
        for (int i = 0; i < 3; i++) {
            throttle.failed(first, "user" + i);
        }
        assertThat(throttle.admits(first, "x")).isFalse();
        for (int i = 10; i < 14; i++) {
            throttle.failed(address(192, 0, 2, i), "user" + i);
        }
        assertThat(throttle.admits(first, "x")).isTrue();
    }
}
