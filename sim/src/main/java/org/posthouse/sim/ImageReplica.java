package org.posthouse.sim;

import org.posthouse.cluster.Change;
import org.posthouse.cluster.ClusterImage;

/// The cluster group's replica in one process: the image, made by the changes in the log and by nothing else.
final class ImageReplica implements Replica {
    private final World world;
    private final Agent agent;
    private ClusterImage image = ClusterImage.EMPTY;

    ImageReplica(Agent agent) {
        this.world = agent.node().world;
        this.agent = agent;
    }

    ClusterImage image() {
        return image;
    }

    @Override
    public boolean apply(int index, Entry entry) {
        if (!(entry.payload instanceof Entry.Decided(Change change))) {
            return true;
        }
        Change taken = world.makes(Mistake.APPLIES_STALE_CHANGES)
                ? new Change(image.version(), change.at(), change.events())
                : change;
        ClusterImage.Applied applied = image.apply(taken);
        if (applied.accepted()) {
            image = applied.image();
            world.images.applied(agent.node(), image);
            agent.changed();
        }
        return applied.accepted();
    }

    @Override
    public void leaderReady(long term) {
        agent.coordinate();
    }

    @Override
    public void notLeader() {
        agent.coordinateNoMore();
    }

    @Override
    public void changed() {
        agent.changed();
    }

    @Override
    public void takenOut() {
        agent.takenOut(ClusterImage.CLUSTER_GROUP);
    }
}
