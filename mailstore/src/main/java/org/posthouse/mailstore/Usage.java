package org.posthouse.mailstore;

/// What a user has stored in all mailboxes.
public record Usage(long messages, long bytes) {}
