package org.posthouse.replication;

import java.time.Duration;
import java.util.Locale;
import java.util.Optional;
import org.apache.ratis.proto.RaftProtos.RaftPeerRole;
import org.apache.ratis.proto.RaftProtos.RoleInfoProto;
import org.apache.ratis.server.RaftServer;

/// Finds a member that has stopped taking part. A follower that hears no leader becomes a candidate within two
/// election timeouts; one that does not is well after another start. Seen of members that Ratis 3.3.0 let hear their
/// leader before their log was open, which [SharedRpc#register] keeps away now; this finds what else there may be,
/// for a member that is silently absent costs a loss that the group should survive.
final class Stuck {
    /// Election timeouts; a pause of the process is much shorter, or ends in an election.
    private static final int FOLLOWER_TIMEOUTS = 16;

    /// A listener has no timeout of its own, and a candidate goes on asking while there is no majority: a group
    /// without a leader is no fault of theirs.
    private static final int OTHER_TIMEOUTS = 50;

    private Stuck() {}

    /// How a member is stuck, if it is.
    static Optional<String> look(RaftServer.Division division, MemberId self, Duration electionMax) {
        boolean member = RaftIds.members(division.getRaftConf()).stream()
                .anyMatch(named -> named.id().equals(self));
        return member
                ? judge(division.getInfo().getRoleInfoProto(), electionMax)
                : Optional.empty(); // It waits to be added.
    }

    /// Judges by what Ratis says of the member's role.
    static Optional<String> judge(RoleInfoProto info, Duration electionMax) {
        RaftPeerRole role = info.getRole();
        if (role == RaftPeerRole.LEADER) {
            return Optional.empty();
        }
        long silent = info.getRoleElapsedTimeMs();
        if (info.hasFollowerInfo() && info.getFollowerInfo().hasLeaderInfo()) {
            silent = Math.min(silent, info.getFollowerInfo().getLeaderInfo().getLastRpcElapsedTimeMs());
        }
        long limit = electionMax.toMillis() * (role == RaftPeerRole.FOLLOWER ? FOLLOWER_TIMEOUTS : OTHER_TIMEOUTS);
        return silent > limit
                ? Optional.of("it has heard no leader for " + silent + " ms, and done nothing about it, as a "
                        + role.name().toLowerCase(Locale.ROOT))
                : Optional.empty();
    }
}
