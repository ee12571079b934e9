/// The stateless relay between mail clients and virtual servers.
package org.posthouse.frontend;
