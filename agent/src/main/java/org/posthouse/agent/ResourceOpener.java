package org.posthouse.agent;

import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.function.Supplier;
import org.posthouse.cluster.ResourceType;
import org.posthouse.cluster.ResourceTypeFacts;
import org.posthouse.cluster.VirtualServer;

/// Opens the resources of one virtual server on this node.
///
/// @param types that this node knows
record ResourceOpener(
        String virtualServer,
        String node,
        LocalStore store,
        Collection<ResourceType<ServiceContext>> types,
        ServiceContext.Lease lease,
        ServiceContext.Housekeeper housekeeper,
        Supplier<List<String>> addresses) {

    /// Opens one.
    ///
    /// @throws Exception if it cannot be opened; the message is for an operator
    ResourceType.Resource open(VirtualServer.Resource resource, ServiceContext.Progress progress) throws Exception {
        ResourceType<ServiceContext> type =
                type(resource).orElseThrow(() -> new IllegalStateException("this node has no resources of that type"));
        return type.open(new ServiceContext(
                virtualServer,
                resource.name(),
                node,
                store,
                type.facts().completed(resource.properties()),
                progress,
                lease,
                housekeeper,
                addresses));
    }

    /// Opens one anew whose properties have changed since it was opened.
    void renew(RunningResource each, VirtualServer.Resource wanted, ServiceContext.Progress progress) throws Exception {
        if (each.resource != null && each.openedWith.equals(wanted.properties())) {
            return;
        }
        if (each.resource != null) {
            each.resource.close();
            each.resource = null;
        }
        each.resource = open(wanted, progress);
        each.openedWith = wanted.properties();
    }

    /// Whether it may be online here only under the node lease.
    boolean needsLease(VirtualServer.Resource resource) {
        return type(resource)
                .map(ResourceType::facts)
                .filter(ResourceTypeFacts::needsLease)
                .isPresent();
    }

    /// Resources that may not be online here now, whatever is wanted of them.
    SortedSet<String> barred(VirtualServer server) {
        SortedSet<String> barred = new TreeSet<>();
        for (VirtualServer.Resource resource : server.resources().values()) {
            boolean lacksLease = needsLease(resource) && lease.leftMillis() == 0;
            if (lacksLease || !resource.allows(node)) {
                barred.add(resource.name());
            }
        }
        return barred;
    }

    private Optional<ResourceType<ServiceContext>> type(VirtualServer.Resource resource) {
        return types.stream()
                .filter(known -> known.facts().name().equals(resource.type()))
                .findFirst();
    }
}
