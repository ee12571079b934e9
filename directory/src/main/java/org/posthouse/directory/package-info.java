/// Users, aliases and domains: look-up and passwords.
package org.posthouse.directory;
