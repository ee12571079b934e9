package org.posthouse.cluster;

/// Where a virtual server is served: what a new owner tells every front end. One line, `name epoch node`. A route
/// is taken only with a higher epoch than the one known before.
public record Route(String virtualServer, OpenEpoch epoch, String node) {
    /// The inverse of [#line].
    ///
    /// @throws IllegalArgumentException if it is no such line
    public static Route parse(String line) {
        String[] parts = line.split(" ", -1);
        if (parts.length != 3 || parts[0].isEmpty() || parts[2].isEmpty()) {
            throw new IllegalArgumentException("not a route (virtual-server epoch node): '" + line + "'");
        }
        return new Route(parts[0], OpenEpoch.parse(parts[1]), parts[2]);
    }

    /// The route as a line, without its end.
    public String line() {
        return virtualServer + " " + epoch + " " + node;
    }
}
