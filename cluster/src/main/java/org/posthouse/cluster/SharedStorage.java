package org.posthouse.cluster;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.SortedMap;

/// Where the mail of a virtual server in *shared mode* lies: in one folder that every possible owner mounts, instead of
/// in replicas on several nodes.
///
/// What keeps a node that lost the virtual server from harming it is first the way in which the folder is used: every
/// owner writes into files of its own, and says every second that it is alive (`SharedFolder` in `replication`). That
/// is as good as the file system: it has to bring to disk what it was told to, and show one machine what another has
/// written. Fencing makes it certain.
///
/// @param folder absolute, the same on every node
/// @param fencing what ends a lost node's access, as the operator declares
public record SharedStorage(String folder, Fencing fencing) {
    /// Properties of the resource of type `storage-group`.
    public static final String FOLDER = "folder";

    /// See [#FOLDER].
    public static final String FENCING = "fencing";

    /// What [#FOLDER] may be: no part of it is `.` or `..`, none is empty.
    static final String FOLDER_FORMAT = "|(/(?!\\.{1,2}(/|$))[A-Za-z0-9._@:+-]+)+";

    /// File systems that one machine at a time may mount: a second one that writes destroys them. All others are taken
    /// for ones that are made to be mounted by several.
    private static final List<String> LOCAL = List.of(
            "bcachefs",
            "btrfs",
            "ext2",
            "ext3",
            "ext4",
            "f2fs",
            "jfs",
            "overlay",
            "ramfs",
            "reiserfs",
            "tmpfs",
            "vfat",
            "xfs",
            "zfs");

    /// What ends the access of a node that is lost.
    public enum Fencing {
        /// Nothing but what this program does by itself.
        NONE,
        /// The storage refuses it: SCSI-3 persistent reservations, Ceph's blocklist, an export taken away.
        STORAGE,
        /// The node is turned off (STONITH), or there is only one machine.
        NODE;

        /// As properties and commands have it.
        public String text() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /// How far the project stands behind such a virtual server.
    public enum Support {
        /// The promises hold.
        SUPPORTED,
        /// They hold as far as the file system keeps its own.
        LIMITED,
        /// Mail would be destroyed: the program does not do it.
        REFUSED
    }

    /// By the properties of a storage group's resource; empty if they say that it is replicated.
    static Optional<SharedStorage> of(SortedMap<String, String> properties) {
        String folder = properties.getOrDefault(FOLDER, "");
        return folder.isEmpty()
                ? Optional.empty()
                : Optional.of(new SharedStorage(folder, fencing(properties.getOrDefault(FENCING, ""))));
    }

    private static Fencing fencing(String text) {
        for (Fencing fencing : Fencing.values()) {
            if (fencing.text().equals(text)) {
                return fencing;
            }
        }
        return Fencing.NONE;
    }

    /// How far this is supported on a file system.
    ///
    /// @param fileSystem its type as the kernel has it: `nfs4`, `ext4`, `ceph`
    public Support support(String fileSystem) {
        if (fencing != Fencing.NONE) {
            return Support.SUPPORTED;
        }
        return LOCAL.contains(fileSystem) ? Support.REFUSED : Support.LIMITED;
    }

    /// The same for an operator; what to do where it is refused.
    public String explain(String fileSystem) {
        return switch (support(fileSystem)) {
            case SUPPORTED ->
                "supported: fencing by " + (fencing == Fencing.STORAGE ? "the storage" : "turning nodes off");
            case LIMITED ->
                "limited support: no fencing is declared, so nothing is lost only as long as " + fileSystem
                        + " brings to disk what it is told to and shows every machine the same";
            case REFUSED ->
                folder + " is on " + fileSystem + ", a file system that only one machine may mount: two that do destroy"
                        + " it. Use one that is made for several (NFS, CephFS, GFS2, OCFS2), or, where a lost node is"
                        + " certain to be cut off or turned off before another mounts it, declare that:"
                        + " fencing=storage or fencing=node";
        };
    }

    /// Whether two cannot both be used: one lies in the other, or they are the same.
    boolean overlaps(SharedStorage other) {
        String one = folder + "/";
        String two = other.folder + "/";
        return one.startsWith(two) || two.startsWith(one);
    }
}
