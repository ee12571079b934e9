/// SMTP: grammar, server, and how a front end hands a message to its owner.
package org.posthouse.smtp;
