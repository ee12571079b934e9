/// Connections, of two sorts. *Listeners* for mail clients: sockets, TLS, line and literal readers, SASL, limits.
/// *Links* between the processes of a cluster: few standing mutual-TLS connections that carry streams with flow
/// control, calls and notices.
///
/// On disk: what [org.posthouse.wire.Authority] writes. The authority's folder holds `ca.pem` and `ca.key` (which
/// only whoever issues certificates needs); a process's TLS folder holds `peer.key`, `peer.pem` and `ca.pem`
/// ([org.posthouse.wire.PeerIdentity]). All PEM, mode 0600, written whole or not at all.
///
/// Promises: a peer's name is what its certificate says, and a kind of service is used by the peers that may use
/// it. A slow reader of one stream stops its writer and nobody else. A sign of life never waits behind bulk. A
/// silent peer is given up after two seconds; a pause of this process is not taken for silence of the others.
///
/// Read first: [org.posthouse.wire.Duplex] and [org.posthouse.wire.Listener] for clients;
/// [org.posthouse.wire.Link], [org.posthouse.wire.Links] and [org.posthouse.wire.LinkServer] for peers, then
/// `LinkConnection`, where it happens.
package org.posthouse.wire;
