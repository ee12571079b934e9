/// SMTP: the receiving server, submission and LMTP, and how a front end hands a message to its owner.
///
/// One conversation is one thread: [SmtpServer] makes an `SmtpSession`, which reads a command, acts, answers; the
/// commands are listed in `Verb`, and those with arguments have a file each. What is received goes to a [Reception]:
/// [StoreReception] on the owner, [RemoteReception] on a front end, whose messages reach the owner's [DeliverService]
/// over a link.
///
/// Promises:
/// - 250 after the final dot means that the message is on stable storage of a majority of its replicas, for every
///   recipient (P1), and a repeat by a front end delivers once (P2): see [RemoteReception].
/// - Only CR LF `.` CR LF ends a message, and a message with a CR or LF alone is refused: see `DotReader`.
/// - A message is never whole in memory here, but for small ones on a front end; every line, message, count and wait
///   has a limit ([SmtpOptions], [SpoolSpace.Limits], [RemoteReception.Patience]).
///
/// On disk: a front end keeps messages over 1 MB in `spool-*` files in a folder of its own until they are answered;
/// the files lose their names as soon as they are open.
///
/// Read first: `SmtpSession`, `DataCommand`, [RemoteReception].
package org.posthouse.smtp;
