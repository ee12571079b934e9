package org.posthouse.agent;

import java.io.IOException;
import java.time.Duration;
import java.util.TreeMap;
import org.posthouse.cluster.ClusterImage;
import org.posthouse.cluster.Command;
import org.posthouse.cluster.Reply;
import org.posthouse.wire.Link;
import org.posthouse.wire.Opening;

/// The cluster service as the command line uses it: over a link to any node.
public final class ClusterClient {
    private static final Duration STATUS_MAX = Duration.ofSeconds(3);

    private final Link link;

    /// Over this link, which stays the caller's.
    public ClusterClient(Link link) {
        this.link = link;
    }

    /// Has the coordinator decide a command; the node that is asked keeps trying until the deadline.
    ///
    /// @return the answer, which may be a refusal
    /// @throws IOException if no coordinator answered in time; the command may have been carried out all the same
    public Reply submit(Command command, Duration deadline) throws IOException {
        TreeMap<String, String> fields = new TreeMap<>();
        fields.put(ControlServices.DEADLINE_FIELD, Long.toString(deadline.toMillis()));
        byte[] answer = link.call(
                new Opening(ClusterMember.SUBMIT, fields), Json.bytes(command), deadline.plus(Duration.ofSeconds(1)));
        return Json.read(answer, Reply.class);
    }

    /// The image, by a linearizable read.
    ///
    /// @throws IOException if the cluster group did not answer in time
    public ClusterImage image(Duration deadline) throws IOException {
        TreeMap<String, String> fields = new TreeMap<>();
        fields.put(ControlServices.DEADLINE_FIELD, Long.toString(deadline.toMillis()));
        byte[] answer =
                link.call(new Opening(ClusterMember.IMAGE, fields), new byte[0], deadline.plus(Duration.ofSeconds(1)));
        return Json.read(Compressed.unpack(answer), ClusterImage.class);
    }

    /// How the cluster stands, as that node gathers it; also without a quorum.
    public StatusReport status() throws IOException {
        byte[] answer = link.call(new Opening(StatusGatherer.KIND, new TreeMap<>()), new byte[0], STATUS_MAX);
        return Json.read(Compressed.unpack(answer), StatusReport.class);
    }
}
