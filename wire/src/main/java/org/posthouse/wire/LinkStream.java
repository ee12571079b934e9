package org.posthouse.wire;

/// One conversation inside a [Link], with flow control of its own. What the opener said is in [#opening].
public interface LinkStream extends Duplex {

    /// What this stream is for.
    Opening opening();

    /// Ends only the sending side: the other side reads the end of the stream and may still answer.
    void finish();

    /// Ends both sides at once and tells the other side why; its reads throw an exception with the reason.
    void reset(String reason);
}
