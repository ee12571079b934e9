/// IMAP: grammar, server, one file a command.
package org.posthouse.imap;
