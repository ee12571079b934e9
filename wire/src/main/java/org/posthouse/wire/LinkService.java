package org.posthouse.wire;

import java.io.IOException;

/// What a process does for its peers under one kind ([Opening#kind]). Registered with [LinkServices]. Methods run
/// on a virtual thread of their own for each stream and call, and in order of arrival, on the link's reading
/// thread, for notices (return at once).
public interface LinkService {

    /// Carries on a stream until it is done, then closes it.
    default void stream(Link from, LinkStream stream) throws IOException {
        stream.reset("no streams of kind '" + stream.opening().kind() + "' here");
    }

    /// Answers a call. Any exception reaches the caller as [RemoteException] with its message.
    default byte[] call(Link from, Opening head, byte[] request) throws IOException {
        throw new IOException("no calls of kind '" + head.kind() + "' here");
    }

    /// Takes a notice.
    default void notice(Link from, Opening head, byte[] message) {}
}
