package org.posthouse.agent;

import java.io.IOException;
import java.util.List;
import org.posthouse.cluster.ResourceType;
import org.posthouse.cluster.ResourceTypeFacts;
import org.posthouse.cluster.ResourceTypeFacts.Property;
import org.posthouse.cluster.VirtualServer;

/// The type `ip-address`: an address that is where its virtual server is, so that clients need no front end. The
/// kernel has it for three seconds at a time, renewed each second, and so drops it by itself when this process is
/// killed or frozen. Before it is taken, who has it already is asked (ARP, or the kernel's duplicate address
/// detection); when it is taken, neighbours are told (gratuitous ARP, unsolicited neighbour advertisement).
///
/// Needs Linux, root or CAP_NET_ADMIN, `ip` (iproute2), and `arping` (iputils-arping) for IPv4. Neighbours are
/// told of an IPv6 address by `ndsend` where that is installed; without it they notice when their entry for it
/// grows stale.
public final class IpAddress implements ResourceType<ServiceContext> {
    /// Its name in the image.
    public static final String TYPE = "ip-address";

    /// Property: the address with the length of its network's prefix.
    public static final String ADDRESS = "address";

    /// Property: the network interface.
    public static final String INTERFACE = "interface";

    private static final ResourceTypeFacts FACTS = new ResourceTypeFacts(
            TYPE,
            "An IP address that is where its virtual server is.",
            false,
            true,
            List.of(
                    Property.required(
                            ADDRESS,
                            "with the length of its network's prefix, as in 192.0.2.7/24 or 2001:db8::7/64",
                            "([0-9]{1,3}(\\.[0-9]{1,3}){3}/([1-9]|[12][0-9]|3[0-2]))"
                                    + "|([0-9a-f:]*:[0-9a-f:.]*/([1-9]|[1-9][0-9]|1[01][0-9]|12[0-8]))"),
                    Property.required(
                            INTERFACE,
                            "the network interface that gets it on every node, e.g. eth0",
                            "[^\\s/]{1,15}")));

    /// A virtual server's addresses, without prefix lengths.
    static List<String> of(VirtualServer server) {
        return server.resources().values().stream()
                .filter(resource -> resource.type().equals(TYPE) && resource.wanted())
                .map(resource -> resource.properties().getOrDefault(ADDRESS, ""))
                .filter(address -> address.contains("/"))
                .map(address -> address.substring(0, address.indexOf('/')))
                .toList();
    }

    @Override
    public ResourceTypeFacts facts() {
        return FACTS;
    }

    @Override
    public Resource open(ServiceContext context) throws IOException {
        return new HeldAddress(context, Tool.REAL);
    }
}
