package org.posthouse.app;

import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.SortedMap;
import org.posthouse.frontend.FrontEndSettings.Port;

/// What a front end's process is told, before it can ask anybody.
///
/// @param folder its own: `tls/` and `spool/`
/// @param nodes link addresses of nodes, at least one; it learns of others from them
/// @param listeners where mail clients and other mail servers connect to
/// @param hostName as it greets
/// @param domain whose postmaster is meant by `postmaster` alone
/// @param loginInClear whether passwords may be sent without TLS
record FrontEndSetup(
        String name,
        Path folder,
        SortedMap<String, InetSocketAddress> nodes,
        SortedMap<Port, InetSocketAddress> listeners,
        String hostName,
        String domain,
        boolean loginInClear) {

    /// Certificates.
    Path tls() {
        return folder.resolve("tls");
    }
}
