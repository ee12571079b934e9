package org.posthouse.agent;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import org.posthouse.cluster.ResourceType;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// One address, see [IpAddress].
final class HeldAddress implements ResourceType.Resource {
    private static final Logger LOG = LoggerFactory.getLogger(HeldAddress.class);
    private static final long RENEW_MILLIS = 1_000;
    private static final int LIFE_SECONDS = 3;
    private static final long DETECTION_MILLIS = 4_000;
    private static final long LOOK_MILLIS = 100;

    private final ServiceContext context;
    private final Tool tool;
    private final String prefixed;
    private final String address;
    private final String device;
    private final boolean six;
    private final ReentrantLock lock = new ReentrantLock();
    private long held; // under lock: above 0 while it is to be held; another number each time
    private long times; // under lock
    private volatile boolean renewed;

    HeldAddress(ServiceContext context, Tool tool) {
        this.context = context;
        this.tool = tool;
        this.prefixed = context.properties().get(IpAddress.ADDRESS);
        this.address = prefixed.substring(0, prefixed.indexOf('/'));
        this.device = context.properties().get(IpAddress.INTERFACE);
        this.six = address.contains(":");
    }

    // ---- coming online

    @Override
    public void online() throws IOException {
        if (shown().contains("valid_lft forever")) {
            throw new IOException(address + " is an address of this machine's own on " + device
                    + "; take it out of the machine's network configuration first");
        }
        if (!six) {
            askWhoHasIt();
        }
        long now = take();
        Thread.ofPlatform().daemon().name("address-" + address).start(() -> renew(now));
        if (six) {
            awaitDetection();
        }
        LOG.info("{}/{}: {} is on {} here", context.virtualServer(), context.resource(), prefixed, device);
        Thread.ofVirtual().name("announce-" + address).start(this::tellNeighbours);
    }

    /// Duplicate address detection by ARP (RFC 5227): nobody answers, or it is somebody else's.
    private void askWhoHasIt() throws IOException {
        Tool.Result result = tool.run(List.of("arping", "-D", "-c", "2", "-w", "2", "-I", device, address));
        if (result.done()) {
            return;
        }
        String who = result.output()
                .lines()
                .filter(line -> line.contains("reply from"))
                .findFirst()
                .orElse("");
        throw new IOException(
                who.isEmpty()
                        ? "nobody could be asked for " + address + " on " + device + ": " + result.output()
                        : address + " is in use on " + device + ": " + who.strip());
    }

    private long take() throws IOException {
        lock.lock();
        try {
            int life = life();
            if (life == 0) {
                throw new IOException("this node does not hold the node lease");
            }
            put(life);
            held = ++times;
            renewed = true;
            return held;
        } finally {
            lock.unlock();
        }
    }

    /// Seconds for which the kernel may have it: never longer than this node holds the lease.
    private int life() {
        return (int) Math.min(LIFE_SECONDS, context.lease().leftMillis() / 1000);
    }

    private void put(int life) throws IOException {
        must("addr", "replace", prefixed, "dev", device, "valid_lft", "" + life, "preferred_lft", "" + life);
    }

    private void must(String... words) throws IOException {
        Tool.Result result = ip(words);
        if (!result.done()) {
            throw new IOException("ip " + String.join(" ", words) + ": " + result.output());
        }
    }

    private Tool.Result ip(String... words) throws IOException {
        List<String> all = new ArrayList<>(List.of("ip"));
        all.addAll(List.of(words));
        return tool.run(all);
    }

    /// The kernel asks for an IPv6 address by itself (RFC 4862), and has it as tentative until then.
    private void awaitDetection() throws IOException {
        for (long waited = 0; waited < DETECTION_MILLIS; waited += LOOK_MILLIS) {
            String shown = shown();
            if (shown.contains("dadfailed")) {
                offline();
                throw new IOException(address + " is in use on " + device + ": another machine answered for it");
            }
            if (!shown.isEmpty() && !shown.contains("tentative")) {
                return;
            }
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(LOOK_MILLIS));
        }
        offline();
        throw new IOException("the kernel did not find out within " + DETECTION_MILLIS + " ms whether " + address
                + " is in use on " + device);
    }

    /// Those who talked to its last holder must learn the new one's hardware address. Failing that they still do,
    /// later.
    private void tellNeighbours() {
        List<String> words = six
                ? List.of("ndsend", address, device)
                : List.of("arping", "-U", "-c", "3", "-w", "3", "-I", device, address);
        try {
            Tool.Result result = tool.run(words);
            // Nobody answers to an unsolicited announcement, which arping takes for a failure.
            LOG.debug("{}: {}", String.join(" ", words), result);
        } catch (IOException e) {
            LOG.warn(
                    "{}: neighbours are not told that it is here now; they notice when what they know grows stale: {}",
                    address,
                    e.getMessage());
        }
    }

    private void renew(long now) {
        while (renewOnce(now)) {
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(RENEW_MILLIS));
        }
    }

    /// @return whether it is still to be held
    private boolean renewOnce(long now) {
        lock.lock();
        try {
            if (held != now) {
                return false;
            }
            int life = life();
            if (life > 0) {
                put(life);
            }
            renewed = life > 0;
        } catch (IOException e) {
            LOG.warn("{}: it could not be renewed on {}: {}", address, device, e.getMessage());
            renewed = false;
        } finally {
            lock.unlock();
        }
        return true;
    }

    // ---- going offline

    @Override
    public void offline() {
        lock.lock();
        try {
            if (held == 0) {
                return;
            }
            held = 0;
            Tool.Result result = ip("addr", "del", prefixed, "dev", device);
            LOG.info(
                    "{}/{}: {} is not on {} here any more{}",
                    context.virtualServer(),
                    context.resource(),
                    prefixed,
                    device,
                    result.done() ? "" : " (" + result.output() + ")");
        } catch (IOException e) {
            LOG.warn("{}: it is not removed; the kernel drops it within {} s", address, LIFE_SECONDS, e);
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void terminate() {
        offline();
    }

    @Override
    public void close() {
        offline();
    }

    // ---- health

    @Override
    public boolean looksAlive() {
        return renewed;
    }

    /// Whether the kernel still has it.
    @Override
    public boolean isAlive() {
        try {
            String shown = shown();
            return !shown.isEmpty() && !shown.contains("dadfailed");
        } catch (IOException e) {
            LOG.warn("{}: it cannot be seen whether it is on {}: {}", address, device, e.getMessage());
            return false;
        }
    }

    private String shown() throws IOException {
        return ip("-o", "addr", "show", "dev", device, "to", address).output();
    }
}
