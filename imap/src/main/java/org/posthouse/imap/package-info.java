/// The IMAP server (RFC 3501 and extensions; docs/rfc.md lists them). No state on disk: mail is the store's, and the
/// index of its words ([FullText]) can be made again.
///
/// Promises:
/// - Nothing read from the store reaches a client unless this node still owned the virtual server after it was
///   read: [Responses] confirms the epoch before bytes go out.
/// - Sequence numbers mean what the client has been told, not what is there: [Selected].
/// - One user action is one change of the store; OK comes after a majority has it.
/// - A client is answered, or sent away with a reason, whatever it sends; no message is held in memory whole.
///
/// Read first: [Commands], the whole command set with the facts about each; [Connection], the loop and the one
/// place where failures become answers; [FetchCommand] and [StoreCommand] as examples of a command; [Selected].
/// Outside comes in by [ImapServer] (clients) and [ImapService] (clients behind a front end); [Login] is what the
/// caller provides.
package org.posthouse.imap;
