package org.posthouse.cluster;

/// One member of a [ModelGroup].
final class ModelMember {
    long stored;
    boolean follower;
}
