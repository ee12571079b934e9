/// The vocabulary of mail, pure: flags, UID sets, mailbox names, dates, addresses, header blocks, and the
/// structure of a message. Nothing here opens a file, reads a clock or keeps state between calls.
///
/// Promises: a parser takes any bytes and never throws for them (a fuzz test holds that); bytes are never
/// rewritten, only pointed at by offset; raw header text is an *octet string*, chars 0 to 255 ([Octets]).
///
/// Read first: [MimeScanner], which finds the structure of a message in one pass; [MimePart], what it finds;
/// [UidSet] and [Flags], which the store speaks.
package org.posthouse.mail;
