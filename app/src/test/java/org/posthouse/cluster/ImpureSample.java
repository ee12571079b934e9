package org.posthouse.cluster;

import java.nio.file.Path;
import java.util.Set;
import org.bouncycastle.util.IPAddress;

/// Breaks every rule that `FloorsTest` holds, to show that it would notice.
public final class ImpureSample {
    Class<?> upward = org.posthouse.app.FloorsTest.class;
    Path file = Path.of("/");
    long now = System.nanoTime();
    Set<String> unordered = Set.of("a", "b");
    boolean foreign = IPAddress.isValid("::1");
}
