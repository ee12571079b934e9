package org.posthouse.replication;

/// What has to be set in the process before the first class of Ratis' network library is loaded.
final class Runtimes {
    private static final String NETTY = "org.apache.ratis.thirdparty.io.netty.";

    private Runtimes() {}

    /// Bounds the network library's own memory and threads, unless the command line says otherwise. Its defaults are
    /// made for one server that has the machine to itself: sixteen arenas of several MB.
    static void prepare() {
        setIfAbsent(NETTY + "allocator.numDirectArenas", "2");
        setIfAbsent(NETTY + "allocator.numHeapArenas", "1");
        setIfAbsent(NETTY + "allocator.maxOrder", "6");
        setIfAbsent(NETTY + "eventLoopThreads", "2");
    }

    private static void setIfAbsent(String name, String value) {
        if (System.getProperty(name) == null) {
            System.setProperty(name, value);
        }
    }
}
