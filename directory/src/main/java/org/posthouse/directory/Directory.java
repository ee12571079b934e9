package org.posthouse.directory;

import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.posthouse.cluster.DirectoryImage;
import org.posthouse.cluster.DirectoryImage.Alias;
import org.posthouse.cluster.DirectoryImage.User;

/// Look-up in the built-in directory. Positive answers come from this node's image at once; before a negative
/// one the newest image is asked for.
public final class Directory {
    private static final int ALIAS_DEPTH_MAX = 8;

    private final Supplier<DirectoryImage> local;
    private final Newest newest;
    private final PasswordVerifier passwords;

    /// The newest image, by a linearizable read of the cluster group.
    public interface Newest {
        /// @throws IOException if it cannot be had in time
        DirectoryImage read() throws IOException;
    }

    /// What a log-in led to.
    public sealed interface LogIn {
        /// Right.
        record Accepted(User user) implements LogIn {}

        /// Wrong, unknown or disabled: one answer for all, so that nobody learns which users exist.
        record Refused() implements LogIn {}
    }

    /// A directory over the image of this node.
    public Directory(Supplier<DirectoryImage> local, Newest newest, PasswordVerifier passwords) {
        this.local = local;
        this.newest = newest;
        this.passwords = passwords;
    }

    /// Who receives mail for an address.
    ///
    /// @throws IOException if the answer would be negative and the newest image cannot be had: try again later
    public Resolution resolve(String address) throws IOException {
        Resolution known = resolve(local.get(), address);
        return known.negative() && !(known instanceof Resolution.Malformed) ? resolve(newest.read(), address) : known;
    }

    /// Whether user and password belong together.
    ///
    /// @param name the user's address, or an alias that leads to one user
    /// @throws IOException if the answer would be negative and the newest image cannot be had: try again later
    public LogIn logIn(String name, byte[] password) throws IOException {
        LogIn known = logIn(local.get(), name, password);
        if (known instanceof LogIn.Accepted) {
            return known;
        }
        DirectoryImage image = newest.read();
        // The same hash need not be computed twice when nothing about this user has changed.
        return user(image, name).equals(user(local.get(), name)) ? known : logIn(image, name, password);
    }

    /// Resolves in one image; pure.
    public static Resolution resolve(DirectoryImage image, String address) {
        Optional<String> canonical = Addresses.canonical(address);
        if (canonical.isEmpty()) {
            return new Resolution.Malformed();
        }
        if (!image.domains().containsKey(Addresses.domain(canonical.get()))) {
            return new Resolution.Foreign();
        }
        Map<String, User> found = new TreeMap<>();
        boolean disabled = collect(image, canonical.get(), found, ALIAS_DEPTH_MAX);
        if (found.isEmpty()) {
            return disabled ? new Resolution.Disabled() : new Resolution.Unknown();
        }
        String virtualServer = found.values().iterator().next().virtualServer();
        Map<String, User> there = new LinkedHashMap<>(found);
        there.values().removeIf(user -> !user.virtualServer().equals(virtualServer));
        return new Resolution.Local(virtualServer, List.copyOf(there.values()));
    }

    /// Collects the enabled users behind an address; returns whether a disabled one was met.
    private static boolean collect(DirectoryImage image, String address, Map<String, User> found, int depth) {
        User user = image.users().get(address);
        if (user != null) {
            if (user.enabled()) {
                found.put(user.address(), user);
            }
            return !user.enabled();
        }
        Alias alias = image.aliases().get(address);
        if (alias != null && depth > 0) {
            boolean disabled = false;
            for (String target : alias.targets()) {
                disabled |= collect(image, target, found, depth - 1);
            }
            return disabled;
        }
        String plain = Addresses.withoutDetail(address);
        return !plain.equals(address) && collect(image, plain, found, depth);
    }

    private LogIn logIn(DirectoryImage image, String name, byte[] password) {
        Optional<User> user = user(image, name);
        if (user.isEmpty()) {
            passwords.waste(password);
            return new LogIn.Refused();
        }
        return passwords.verify(user.get().passwordHash(), password)
                ? new LogIn.Accepted(user.get())
                : new LogIn.Refused();
    }

    private static Optional<User> user(DirectoryImage image, String name) {
        return resolve(image, name) instanceof Resolution.Local(var _, List<User> users) && users.size() == 1
                ? Optional.of(users.getFirst())
                : Optional.empty();
    }
}
