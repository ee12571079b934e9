package org.posthouse.smtp;

/// Takes in one message. A failure on the way is remembered and told by [#finish], because a client must be
/// heard out before it can be answered.
public interface MessageSink extends AutoCloseable {

    /// The next bytes: trace headers first, then the content as received, dots unstuffed.
    void write(byte[] bytes, int offset, int length);

    /// Stores the message for all recipients, or for none.
    ///
    /// @return positive only once the message is on stable storage of a majority of its replicas (P1)
    Answer finish();

    /// Gives back what the message took; drops it if [#finish] was not called.
    @Override
    void close();
}
