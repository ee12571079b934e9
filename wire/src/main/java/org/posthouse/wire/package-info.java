/// Listeners, TLS, line and literal readers, SASL, limits; links with streams between the processes of a cluster.
package org.posthouse.wire;
