/// Benchmarks against a running server.
package org.posthouse.bench;
