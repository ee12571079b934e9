package org.posthouse.wire;

/// What a client needs to make its SCRAM proof of a password (RFC 5802 section 5.1); known to everybody who asks.
///
/// @param salt in base64
/// @param iterations of PBKDF2
public record ScramSalt(String salt, int iterations) {}
