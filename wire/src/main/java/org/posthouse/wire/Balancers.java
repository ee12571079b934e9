package org.posthouse.wire;

import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// The load balancers in front of a listener: networks whose connections begin with a PROXY protocol header
/// ([ProxyHeader]) that says who the client is. A connection from there without one is closed, as is the header of
/// somebody else: whoever may send it can pass for any address.
///
/// @param networks none where clients come directly
public record Balancers(List<Network> networks) {
    /// Clients come directly.
    public static final Balancers NONE = new Balancers(List.of());

    /// Addresses that share a prefix.
    ///
    /// @param prefix the first of them
    /// @param bits of the prefix that count
    public record Network(InetAddress prefix, int bits) {
        boolean contains(InetAddress address) {
            byte[] ours = prefix.getAddress();
            byte[] theirs = address.getAddress();
            int whole = bits / Byte.SIZE;
            if (ours.length != theirs.length || !Arrays.equals(ours, 0, whole, theirs, 0, whole)) {
                return false;
            }
            int rest = bits % Byte.SIZE;
            return rest == 0 || ((ours[whole] ^ theirs[whole]) & 0xff) >> (Byte.SIZE - rest) == 0;
        }
    }

    /// Reads addresses and networks: `192.0.2.7`, `10.0.0.0/24`, `2001:db8::/64`.
    ///
    /// @throws IllegalArgumentException if one of them is neither; the message names it
    public static Balancers of(List<String> texts) {
        List<Network> networks = new ArrayList<>();
        for (String text : texts) {
            networks.add(network(text));
        }
        return new Balancers(List.copyOf(networks));
    }

    private static Network network(String text) {
        int slash = text.indexOf('/');
        try {
            InetAddress address = address(slash < 0 ? text : text.substring(0, slash));
            int bitsMax = address.getAddress().length * Byte.SIZE;
            int bits = slash < 0 ? bitsMax : Integer.parseInt(text.substring(slash + 1));
            if (bits >= 0 && bits <= bitsMax) {
                return new Network(address, bits);
            }
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(refusal(text), e);
        }
        throw new IllegalArgumentException(refusal(text));
    }

    /// What four numbers or an IPv6 address say; the JDK would take `10.1` for `10.0.0.1`.
    ///
    /// @throws IllegalArgumentException if it is neither
    static InetAddress address(String literal) {
        if (literal.indexOf(':') >= 0) {
            return Inet6Address.ofLiteral(literal);
        }
        if (literal.chars().filter(c -> c == '.').count() != 3) {
            throw new IllegalArgumentException("'" + literal + "' is no IP address");
        }
        return Inet4Address.ofLiteral(literal);
    }

    private static String refusal(String text) {
        return "'" + text + "' is neither an IP address nor a network such as 10.0.0.0/24";
    }

    /// Whether a connection from there begins with a header.
    boolean contain(InetAddress address) {
        for (Network network : networks) {
            if (network.contains(address)) {
                return true;
            }
        }
        return false;
    }
}
