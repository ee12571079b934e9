package org.posthouse.wire;

import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;

/// A conversation in which everything was said beforehand.
record FakeDuplex(InputStream input, OutputStream output) implements Duplex {
    @Override
    public InetSocketAddress remote() {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), 1);
    }

    @Override
    public boolean secure() {
        return false;
    }

    @Override
    public boolean offersTls() {
        return false;
    }

    @Override
    public Duplex startTls() {
        throw new IllegalStateException("not offered");
    }

    @Override
    public void readTimeout(Duration timeout) {
        // Nothing is waited for.
    }

    @Override
    public void close() {
        // Nothing is held.
    }
}
