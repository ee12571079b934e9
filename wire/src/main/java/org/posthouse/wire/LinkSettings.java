package org.posthouse.wire;

import java.time.Duration;

/// The limits of a link; both ends may differ.
///
/// @param liveness a peer that was silent for so long is dead; counted in ticks of this process, so that its own
/// pause is not taken for the peer's death
/// @param connectTimeout for the TCP connection, and again for the handshake; long, for a machine on which
/// everything starts at once has little time for each
/// @param windowBytes how much a peer may send on one stream before it is read
/// @param sendQueueBytes how much all streams of a link together may have queued before writers wait
/// @param noticeQueueBytes how much of notices may be queued before they are dropped
/// @param streamsMax streams that a peer may have open on a link
/// @param callsMax calls that a peer may have under way on a link
public record LinkSettings(
        Duration liveness,
        Duration connectTimeout,
        int windowBytes,
        int sendQueueBytes,
        int noticeQueueBytes,
        int streamsMax,
        int callsMax) {

    /// What a cluster uses if nothing else is said.
    public static final LinkSettings DEFAULT = new LinkSettings(
            Duration.ofSeconds(2), Duration.ofSeconds(5), 256 << 10, 4 << 20, 256 << 10, 20_000, 1_000);

    /// How many ticks a [#liveness] has. Each tick of an idle link costs a frame either way, and a cluster has many.
    static final int TICKS_PER_LIVENESS = 4;

    /// Checks that each limit can work.
    public LinkSettings {
        if (liveness.toMillis() < TICKS_PER_LIVENESS || connectTimeout.toMillis() < 1) {
            throw new IllegalArgumentException("liveness or connect timeout too short");
        }
        if (windowBytes < 1 || sendQueueBytes < 1 || noticeQueueBytes < 1 || streamsMax < 0 || callsMax < 0) {
            throw new IllegalArgumentException("a limit of a link is not positive");
        }
    }

    /// The same with another liveness.
    public LinkSettings withLiveness(Duration other) {
        return new LinkSettings(
                other, connectTimeout, windowBytes, sendQueueBytes, noticeQueueBytes, streamsMax, callsMax);
    }

    /// The same with other limits on a peer's streams and calls.
    public LinkSettings withMaxima(int streams, int calls) {
        return new LinkSettings(
                liveness, connectTimeout, windowBytes, sendQueueBytes, noticeQueueBytes, streams, calls);
    }
}
