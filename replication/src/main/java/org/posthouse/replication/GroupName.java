package org.posthouse.replication;

import java.util.regex.Pattern;

/// The name of a Raft group, unique in its cluster: `cluster` for the cluster group, else that of a virtual
/// server. Lower-case letters, digits and hyphens, at most 63 characters, so that it can also name a folder.
public record GroupName(String value) implements Comparable<GroupName> {
    private static final Pattern SHAPE = Pattern.compile("[a-z0-9][a-z0-9-]{0,62}");

    /// @throws IllegalArgumentException if the name has another shape
    public GroupName {
        if (!SHAPE.matcher(value).matches()) {
            throw new IllegalArgumentException("not a group name: '" + value + "'");
        }
    }

    @Override
    public int compareTo(GroupName other) {
        return value.compareTo(other.value);
    }

    @Override
    public String toString() {
        return value;
    }
}
