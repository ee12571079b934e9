package org.posthouse.replication;

import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Function;

/// What a [RatisHost] is started with.
///
/// @param clusterId the cluster's id; with a group's name it makes the Raft group's id, so that nodes of two
///     clusters never mistake each other's groups
/// @param node this node's name, the first half of every member id here
/// @param host address on which the replication port listens
/// @param port that port; 0 takes a free one (see [RatisHost#port])
/// @param folder the folder that holds a folder for each group (`DIR/n1/raft`)
/// @param tls key, certificates and who may connect; empty only in tests
/// @param snapshots how another member's snapshot is reached
/// @param grayOwner what to do about a leader whose disk or apply hangs
/// @param limits sizes and times
public record Settings(
        UUID clusterId,
        String node,
        String host,
        int port,
        Path folder,
        Optional<Tls> tls,
        SnapshotSource snapshots,
        GrayOwner grayOwner,
        Limits limits) {

    /// Mutual TLS between nodes. Both sides check the other's certificate chain against the authority and then ask
    /// `refusal`; names and addresses in the certificate are not compared with the address dialled, because a node
    /// is who its certificate says wherever it runs.
    ///
    /// @param key private key, PKCS#8 in PEM
    /// @param chain this node's certificate, then its issuers, PEM
    /// @param authority certificates of the cluster's authority, PEM
    /// @param refusal why the owner of a certificate of this authority may not take part in replication, empty if
    ///     it may: nodes may, but not those that were evicted; front ends and operators may not. Asked at each
    ///     handshake, and of standing connections with each message
    public record Tls(Path key, Path chain, Path authority, Function<X509Certificate, Optional<String>> refusal) {}

    /// Told of a leader that the host found gray: leading, with work waiting, and getting nothing done. Called on the
    /// watchdog's thread, which holds no lock.
    public interface GrayOwner {

        /// The group's leader here makes no progress; the host makes it step down now.
        void gray(GroupName group, String reason);

        /// It still leads after [Limits.Gray#haltAfter]. Nobody outside can depose it: end the process.
        void halt(GroupName group, String reason);
    }
}
