package org.posthouse.replication;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/// Hosts this process' memberships in Raft groups. The implementation is [RatisHost].
public interface ReplicationHost extends AutoCloseable {

    /// Forms a new group: every initial member calls this once, with the same members, on an empty folder.
    ///
    /// @throws IOException if the folder is not empty or cannot be written
    GroupMember form(GroupName group, List<Member> members, Replica replica, GroupListener listener) throws IOException;

    /// Opens a membership that is in its folder already: after a start, a crash included. A torn tail of the log
    /// that nothing valid follows is cut; other damage quarantines this one group: the folder is renamed and the
    /// exception says what to do.
    ///
    /// @throws QuarantineException if the group's folder is damaged
    /// @throws IOException if the folder is empty or cannot be read
    GroupMember reopen(GroupName group, Replica replica, GroupListener listener) throws IOException;

    /// Joins a running group with an empty folder: votes in nothing and knows no members until the group's leader
    /// adds it by [GroupMember#change], then is filled by log or snapshot.
    GroupMember join(GroupName group, MemberId self, Replica replica, GroupListener listener) throws IOException;

    /// Opens a group of one member that lies in a folder of its own, wherever that is: forms it if nothing is there.
    ///
    /// @param folder of the group; its parent exists
    /// @param id what the group is named after on disk: the same for as long as the folder lives
    /// @throws IOException if the folder is damaged, which changes nothing, or cannot be used
    GroupMember openAlone(GroupName group, Path folder, UUID id, Replica replica, GroupListener listener)
            throws IOException;

    /// Whether this process has a folder for the group.
    boolean has(GroupName group);

    /// The membership, if it is open.
    Optional<GroupMember> member(GroupName group);

    /// The process of another node is there again, as this process knows for certain: its members are reached by new
    /// connections, since the old ones may wait for long before they try again. Returns at once.
    void returned(String node);

    /// Closes a membership and its replica. Deletes the folder if asked to. Blocks until done.
    void leave(GroupName group, boolean deleteFolder) throws IOException;

    /// Closes a membership and its replica, and moves the folder to another place on the same file system, if there is
    /// one. Blocks until done.
    ///
    /// @param target must not exist
    void putAside(GroupName group, Path target) throws IOException;

    /// Closes everything. Blocks until done, 10 s at most.
    @Override
    void close();
}
