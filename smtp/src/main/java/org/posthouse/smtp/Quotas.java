package org.posthouse.smtp;

/// How much users may store.
@FunctionalInterface
public interface Quotas {
    /// In bytes; 0 for no limit.
    ///
    /// @param user canonical address
    long bytesMax(String user);
}
