/// The vocabulary of mail, pure: messages, MIME structure, addresses, flags, UID sets, mailbox names.
package org.posthouse.mail;
