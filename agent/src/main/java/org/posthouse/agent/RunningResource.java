package org.posthouse.agent;

import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.function.LongSupplier;
import org.posthouse.cluster.ResourceState;
import org.posthouse.cluster.ResourceType;
import org.posthouse.cluster.ResourceTypeFacts;
import org.posthouse.cluster.VirtualServer;

/// One resource on this node, as [Services] sees it; all of it under the lock of that, but for [#resource].
final class RunningResource {
    VirtualServer.Resource wanted;
    volatile ResourceType.Resource resource; // null for the storage group's own, and while it could not be opened
    volatile SortedMap<String, String> openedWith; // properties; written by its steps
    final List<Long> failures = new ArrayList<>();
    final ResourceCalls calls;
    ResourceState state = ResourceState.OFFLINE;
    boolean usable = true; // false if it could not be opened
    long steps; // how many were begun: the end of an older one counts for nothing
    long triedToOpen;
    long heardOf; // when the step under way began, or reported progress last
    String progress = "";
    long checkBegan = -1;
    long lookedAt;
    long askedAt;
    long retryAt = -1;
    long restartAt = -1; // while it waits for a restart, pending
    boolean closing; // deleted, offline, and being closed
    int ending; // how many terminations are under way
    boolean unclean; // to be terminated before it is brought online again
    int failuresObeyed;

    /// @param clock milliseconds of a monotonic clock
    RunningResource(VirtualServer.Resource wanted, LongSupplier clock) {
        this.calls = new ResourceCalls(clock);
        this.wanted = wanted;
        this.openedWith = wanted.properties();
        this.failuresObeyed = wanted.failuresAsked();
    }

    String name() {
        return wanted.name();
    }

    /// Whether it is the storage group's own, which is online while the gate is open.
    boolean storageGroup() {
        return wanted.type().equals(ResourceTypeFacts.STORAGE_GROUP.name());
    }

    /// Whether this is the resource that the image has, and not another one of its name.
    boolean is(VirtualServer.Resource named) {
        return named != null && named.made() == wanted.made() && named.type().equals(wanted.type());
    }

    /// What has another name now and is otherwise the same goes on.
    ///
    /// @param running by name
    static void rename(SortedMap<String, RunningResource> running, VirtualServer wanted) {
        for (RunningResource each : List.copyOf(running.values())) {
            List<VirtualServer.Resource> same = wanted.resources().values().stream()
                    .filter(other -> each.is(other) && !running.containsKey(other.name()))
                    .toList();
            if (same.size() == 1 && !wanted.resources().containsKey(each.name())) {
                running.remove(each.name());
                each.wanted = same.getFirst();
                running.put(each.name(), each);
            }
        }
    }

    /// Whether anything of it may be at work here.
    boolean inUse() {
        return unclean
                || closing
                || ending > 0
                || !calls.none()
                || state == ResourceState.ONLINE
                || state == ResourceState.ONLINE_PENDING
                || state == ResourceState.OFFLINE_PENDING;
    }

    /// The gate has opened or closed: failures count anew on each node and in each epoch.
    void newChance() {
        boolean waits = restartAt >= 0;
        failures.clear();
        restartAt = -1;
        retryAt = -1;
        if (waits || (state == ResourceState.FAILED && usable)) {
            state = ResourceState.OFFLINE;
        }
    }

    /// A step under way has something to tell.
    void reported(String what, long now) {
        progress = what;
        heardOf = now;
        calls.progressed();
    }

    /// How long the step under way has been silent, for the log.
    String silence(long now) {
        return "reported no progress for " + (now - heardOf) / 1000 + " s"
                + (progress.isEmpty() ? "" : " (last: " + progress + ")");
    }
}
