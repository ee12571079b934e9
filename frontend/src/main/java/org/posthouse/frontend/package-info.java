/// The stateless relay between mail clients and virtual servers: it knows which node owns which virtual server,
/// and brings each client there. It speaks `wire` to the nodes, never Ratis, and is no member of the cluster.
///
/// On disk: nothing but spool files of large messages on their way, which are of no use after the process.
///
/// Promises: it listens from its start, with or without nodes, and holds clients for the times that DESIGN.md
/// section 6 gives. A route is taken only with a higher epoch, and what was begun under a lower one is ended. An
/// IMAP session whose owner is lost ends with `* BYE [UNAVAILABLE]`, never in the middle of a response; an SMTP
/// message that was received whole is repeated with one delivery id until an owner has answered for it.
///
/// Read first: [org.posthouse.frontend.FrontEnd] (the process), [org.posthouse.frontend.Routes] (who owns what),
/// [org.posthouse.frontend.ImapRelay] (a session).
package org.posthouse.frontend;
