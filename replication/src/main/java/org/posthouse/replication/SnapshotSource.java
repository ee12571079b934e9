package org.posthouse.replication;

import java.io.IOException;
import java.io.InputStream;

/// How a replica that fell behind the log reaches another member's snapshot. Injected into [RatisHost] by the
/// agent, which carries it over its links; [RatisHost] answers the other side with
/// [RatisHost#snapshotManifest] and [RatisHost#snapshotFile].
public interface SnapshotSource {

    /// The manifest of the newest snapshot of a member, as [RatisHost#snapshotManifest] gave it there.
    byte[] manifest(MemberId from, GroupName group) throws IOException;

    /// The bytes of one of its files from an offset on. The caller verifies length and checksum.
    InputStream file(MemberId from, GroupName group, long snapshotIndex, String name, long offset) throws IOException;
}
