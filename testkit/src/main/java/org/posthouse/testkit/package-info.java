/// What tests, benchmarks and fault campaigns share: fakes, mail clients, and the handling of real processes.
///
/// - [LocalLog]: a replicated log with one member and no disk.
/// - [SmtpClient] (SMTP and LMTP), [ImapClient]: small, fast clients, strict about deadlines. They tell a refusal
///   ([RefusedException]) from silence (any other `IOException`): after a refusal a message is not there, after
///   silence it may be.
/// - [Transcript]: a case of a protocol test, lines sent and lines expected, for any server.
/// - [MarkedMessage]: a message that can be told from every other and shows damage.
/// - [Dovecot]: a throw-away server that is not ours, to hold our clients and our figures against.
/// - [Processes], [FreePorts]: signals, memory and CPU time by process id; ports nobody listens on.
///
/// Nothing here is part of the product. Everything started here is ended here, by its process id.
/// Read [SmtpClient] first.
package org.posthouse.testkit;
