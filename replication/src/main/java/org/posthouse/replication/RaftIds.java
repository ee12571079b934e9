package org.posthouse.replication;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.UUID;
import org.apache.ratis.proto.RaftProtos.RaftPeerProto;
import org.apache.ratis.proto.RaftProtos.RaftPeerRole;
import org.apache.ratis.protocol.RaftGroupId;
import org.apache.ratis.protocol.RaftPeer;
import org.apache.ratis.protocol.RaftPeerId;
import org.apache.ratis.server.RaftConfiguration;

/// Our names for groups and members, and Ratis' names for the same things.
final class RaftIds {
    private RaftIds() {}

    static RaftGroupId group(UUID cluster, GroupName group) {
        return RaftGroupId.valueOf(
                UUID.nameUUIDFromBytes((cluster + "/" + group.value()).getBytes(StandardCharsets.UTF_8)));
    }

    static RaftPeerId peer(MemberId id) {
        return RaftPeerId.valueOf(id.toString());
    }

    static MemberId member(RaftPeerId id) {
        return MemberId.parse(id.toString());
    }

    static RaftPeer peer(Member member) {
        return RaftPeer.newBuilder()
                .setId(peer(member.id()))
                .setAddress(member.host() + ":" + member.port())
                .setPriority(member.priority())
                .setStartupRole(member.role() == Member.Role.VOTER ? RaftPeerRole.FOLLOWER : RaftPeerRole.LISTENER)
                .build();
    }

    static List<RaftPeer> peers(Collection<Member> members) {
        return members.stream().map(RaftIds::peer).toList();
    }

    static List<RaftPeer> peers(Collection<Member> members, Member.Role role) {
        return members.stream()
                .filter(member -> member.role() == role)
                .map(RaftIds::peer)
                .toList();
    }

    private static Member member(String id, String address, int priority, Member.Role role) {
        int colon = address.lastIndexOf(':');
        return new Member(
                MemberId.parse(id),
                address.substring(0, colon),
                Integer.parseInt(address.substring(colon + 1)),
                role,
                priority);
    }

    /// The members that a configuration names, in order of id. While a change is under way these are the new ones.
    static List<Member> members(RaftConfiguration configuration) {
        List<Member> members = new ArrayList<>();
        for (RaftPeer peer : configuration.getCurrentPeers(RaftPeerRole.FOLLOWER)) {
            members.add(member(peer.getId().toString(), peer.getAddress(), peer.getPriority(), Member.Role.VOTER));
        }
        for (RaftPeer peer : configuration.getCurrentPeers(RaftPeerRole.LISTENER)) {
            members.add(member(peer.getId().toString(), peer.getAddress(), peer.getPriority(), Member.Role.LISTENER));
        }
        return inOrder(members);
    }

    static List<Member> members(Collection<RaftPeerProto> voters, Collection<RaftPeerProto> listeners) {
        List<Member> members = new ArrayList<>();
        for (RaftPeerProto peer : voters) {
            members.add(member(peer.getId().toStringUtf8(), peer.getAddress(), peer.getPriority(), Member.Role.VOTER));
        }
        for (RaftPeerProto peer : listeners) {
            members.add(
                    member(peer.getId().toStringUtf8(), peer.getAddress(), peer.getPriority(), Member.Role.LISTENER));
        }
        return inOrder(members);
    }

    static List<Member> inOrder(Collection<Member> members) {
        return members.stream()
                .sorted((one, other) -> one.id().compareTo(other.id()))
                .toList();
    }
}
