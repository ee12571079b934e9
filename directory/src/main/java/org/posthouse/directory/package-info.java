/// The directory: who is behind an address, which virtual server holds the mailbox, and whether a password is
/// right. In this form it is built in: its records live in the cluster's image
/// ([org.posthouse.cluster.DirectoryImage]) and so on every node; nothing of it lies on disk here.
///
/// Promises: a negative answer (unknown, disabled, wrong password) is given only from an image that was the
/// newest at some instant after the question; where that cannot be had, the answer is *unavailable*, so that a
/// user created a moment ago is never bounced. Passwords are kept as Argon2id hashes (RFC 9106) in the PHC
/// string form; a password that was right a moment ago is recognised without hashing again.
///
/// Read first: [Directory], then [PasswordHash].
package org.posthouse.directory;
