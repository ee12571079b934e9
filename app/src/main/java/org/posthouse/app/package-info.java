/// Configuration, wiring and command line.
package org.posthouse.app;
