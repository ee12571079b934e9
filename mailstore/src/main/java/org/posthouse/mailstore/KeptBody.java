package org.posthouse.mailstore;

/// A body that some message has.
///
/// @param bodyId ascends; a body sent ahead may come into being after one with a higher id
/// @param length in bytes
/// @param crc32c of its bytes
public record KeptBody(long bodyId, long length, int crc32c) {}
