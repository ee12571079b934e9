package org.posthouse.replication;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.apache.ratis.proto.RaftProtos.FollowerInfoProto;
import org.apache.ratis.proto.RaftProtos.RaftPeerRole;
import org.apache.ratis.proto.RaftProtos.RoleInfoProto;
import org.apache.ratis.proto.RaftProtos.ServerRpcProto;
import org.junit.jupiter.api.Test;

/// Which silence is a fault of the silent.
class StuckTest {
    private static final Duration MAX = Duration.ofMillis(600);

    private static RoleInfoProto in(RaftPeerRole role, long millis) {
        return RoleInfoProto.newBuilder()
                .setRole(role)
                .setRoleElapsedTimeMs(millis)
                .build();
    }

    private static RoleInfoProto hearing(RaftPeerRole role, long millis, long heard) {
        return in(role, millis).toBuilder()
                .setFollowerInfo(FollowerInfoProto.newBuilder()
                        .setLeaderInfo(ServerRpcProto.newBuilder().setLastRpcElapsedTimeMs(heard)))
                .build();
    }

    @Test
    void tellsTheStuckFromThePatient() {
        long hour = 3_600_000;
        assertThat(Stuck.judge(in(RaftPeerRole.LEADER, hour), MAX)).isEmpty();
        assertThat(Stuck.judge(hearing(RaftPeerRole.FOLLOWER, hour, 150), MAX)).isEmpty();
        assertThat(Stuck.judge(in(RaftPeerRole.FOLLOWER, 1_200), MAX)).isEmpty();
        assertThat(Stuck.judge(in(RaftPeerRole.CANDIDATE, 10_000), MAX)).isEmpty();
        assertThat(Stuck.judge(hearing(RaftPeerRole.LISTENER, hour, 10_000), MAX))
                .isEmpty();

        assertThat(Stuck.judge(in(RaftPeerRole.FOLLOWER, 10_000), MAX))
                .contains("it has heard no leader for 10000 ms, and done nothing about it, as a follower");
        assertThat(Stuck.judge(hearing(RaftPeerRole.FOLLOWER, hour, 10_000), MAX))
                .isPresent();
        assertThat(Stuck.judge(in(RaftPeerRole.CANDIDATE, 31_000), MAX)).isPresent();
        assertThat(Stuck.judge(hearing(RaftPeerRole.LISTENER, hour, 31_000), MAX))
                .isPresent();
    }
}
