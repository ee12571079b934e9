package org.posthouse.sim;

import org.posthouse.cluster.Change;
import org.posthouse.cluster.OpenEpoch;

/// An entry of a Raft log. The same object in every log that holds it, so that two are the same exactly if they are
/// one.
final class Entry {
    final long term;
    final Payload payload;

    Entry(long term, Payload payload) {
        this.term = term;
        this.payload = payload;
    }

    /// What an entry says.
    sealed interface Payload {}

    /// A leader's first.
    record Begin(Id leader) implements Payload {}

    /// Who is in the group from this entry on.
    record Members(Config config) implements Payload {}

    /// Of the cluster group: what the coordinator decided.
    record Decided(Change change) implements Payload {}

    /// Of a storage group: this member owns the virtual server, permitted by this version of the image.
    record Open(Id by, long version) implements Payload {}

    /// Of a storage group: a client's write, proposed under this epoch.
    record Write(OpenEpoch epoch, long number) implements Payload {}

    @Override
    public String toString() {
        return term + ":" + payload;
    }
}
