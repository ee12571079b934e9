package org.posthouse.mailstore;

/// A sum over all logical rows after one entry. Replicas that have applied the same log up to the same index have
/// the same value.
public record Digest(long index, long value) {}
