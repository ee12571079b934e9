/// A storage group: mailboxes, messages and bodies, replicated by a log.
package org.posthouse.mailstore;
