package org.posthouse.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Addresses on real interfaces: two network namespaces, `here` and `there`, with a cable between them.
@Timeout(120)
class HeldAddressTest {
    private static final String ID = Long.toString(ProcessHandle.current().pid());
    private static final String HERE = "ph-here-" + ID;
    private static final String THERE = "ph-there-" + ID;
    private static final String FOUR = "192.0.2.7/24";
    private static final String SIX = "2001:db8::7/64";

    private final AtomicLong lease = new AtomicLong(4_000);
    private final List<HeldAddress> held = new ArrayList<>();
    private boolean made;

    @BeforeEach
    void connect() throws IOException {
        skipUnless(succeeds("ip", "netns", "add", HERE), "network namespaces cannot be made here (root, iproute2)");
        made = true;
        skipUnless(succeeds("arping", "-V"), "arping is not installed (Debian: iputils-arping)");
        must("ip", "netns", "add", THERE);
        must("ip", "-n", HERE, "link", "add", "ph0", "type", "veth", "peer", "name", "ph0", "netns", THERE);
        must("ip", "-n", HERE, "link", "set", "ph0", "up");
        must("ip", "-n", THERE, "link", "set", "ph0", "up");
        must("ip", "-n", HERE, "addr", "add", "192.0.2.1/24", "dev", "ph0");
        must("ip", "-n", THERE, "addr", "add", "192.0.2.2/24", "dev", "ph0");
    }

    private static void skipUnless(boolean holds, String reason) {
        if (!holds) {
            System.out.println("HeldAddressTest is skipped: " + reason);
        }
        assumeTrue(holds, reason);
    }

    @AfterEach
    void disconnect() throws IOException {
        held.forEach(HeldAddress::close);
        if (made) {
            Tool.REAL.run(List.of("ip", "netns", "del", HERE));
            Tool.REAL.run(List.of("ip", "netns", "del", THERE));
        }
    }

    private static boolean succeeds(String... words) {
        try {
            return Tool.REAL.run(List.of(words)).done();
        } catch (IOException _) {
            return false; // It is not installed.
        }
    }

    private static void must(String... words) throws IOException {
        Tool.Result result = Tool.REAL.run(List.of(words));
        assertThat(result.done())
                .as(String.join(" ", words) + ": " + result.output())
                .isTrue();
    }

    private HeldAddress open(String address) {
        ServiceContext context = new ServiceContext(
                "vs1",
                "ip",
                "n1",
                new LocalStore("vs1"),
                new TreeMap<>(Map.of(IpAddress.ADDRESS, address, IpAddress.INTERFACE, "ph0")),
                what -> {},
                lease::get,
                new Upkeep(),
                List::of);
        HeldAddress opened = new HeldAddress(context, HeldAddressTest::here);
        held.add(opened);
        return opened;
    }

    private static Tool.Result here(List<String> words) throws IOException {
        List<String> all = new ArrayList<>(List.of("ip", "netns", "exec", HERE));
        all.addAll(words);
        return Tool.REAL.run(all);
    }

    private static String shown(String address) throws IOException {
        return here(List.of("ip", "-o", "addr", "show", "dev", "ph0", "to", address))
                .output();
    }

    private static void await(String what, Condition condition) throws IOException {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (!condition.holds()) {
            assertThat(System.nanoTime() < end).as("in vain: " + what).isTrue();
            LockSupport.parkNanos(50_000_000);
        }
    }

    private interface Condition {
        boolean holds() throws IOException;
    }

    @Test
    void isTakenRenewedAndGivenUp() throws IOException {
        HeldAddress address = open(FOUR);
        address.online();
        assertThat(shown("192.0.2.7")).contains("valid_lft").doesNotContain("forever");
        assertThat(address.isAlive()).isTrue();
        assertThat(succeeds("ip", "netns", "exec", THERE, "arping", "-c", "1", "-w", "2", "-I", "ph0", "192.0.2.7"))
                .as("the neighbour finds it")
                .isTrue();
        LockSupport.parkNanos(TimeUnit.SECONDS.toNanos(5));
        assertThat(shown("192.0.2.7")).as("renewed").isNotEmpty();
        address.offline();
        assertThat(shown("192.0.2.7")).isEmpty();
        assertThat(address.isAlive()).isFalse();
    }

    @Test
    void neighboursLearnWhereItIsNow() throws IOException {
        must(
                "ip",
                "-n",
                THERE,
                "neigh",
                "replace",
                "192.0.2.7",
                "lladdr",
                "02:00:00:00:00:01",
                "nud",
                "stale",
                "dev",
                "ph0");
        open(FOUR).online();
        await("the neighbour's entry is corrected", () -> !Tool.REAL
                .run(List.of("ip", "-n", THERE, "neigh", "show", "192.0.2.7"))
                .output()
                .contains("02:00:00:00:00:01"));
    }

    @Test
    void oneThatIsInUseIsRefusedAndItsUserNamed() throws IOException {
        must("ip", "-n", THERE, "addr", "add", FOUR, "dev", "ph0");
        assertThatThrownBy(() -> open(FOUR).online())
                .hasMessageContaining("192.0.2.7 is in use on ph0")
                .hasMessageContaining("reply from 192.0.2.7");
        assertThat(shown("192.0.2.7")).isEmpty();
    }

    @Test
    void theMachinesOwnIsRefused() {
        assertThatThrownBy(() -> open("192.0.2.1/24").online()).hasMessageContaining("of this machine's own on ph0");
    }

    @Test
    void theKernelDropsItWhenTheLeaseIsNotHeldAnyMore() throws IOException {
        HeldAddress address = open(FOUR);
        address.online();
        lease.set(0);
        await("dropped", () -> shown("192.0.2.7").isEmpty());
        assertThat(address.looksAlive()).isFalse();
        assertThat(address.isAlive()).isFalse();
        assertThatThrownBy(() -> open(FOUR).online()).hasMessageContaining("does not hold the node lease");
    }

    @Test
    void sixIsTakenByTheKernelsOwnDetection() throws IOException {
        HeldAddress address = open(SIX);
        address.online();
        assertThat(shown("2001:db8::7")).contains("valid_lft").doesNotContain("tentative");
        address.offline();
        assertThat(shown("2001:db8::7")).isEmpty();
        must("ip", "-n", THERE, "addr", "add", SIX, "dev", "ph0", "nodad");
        assertThatThrownBy(() -> open(SIX).online()).hasMessageContaining("2001:db8::7 is in use on ph0");
    }
}
