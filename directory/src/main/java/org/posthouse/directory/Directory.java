package org.posthouse.directory;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.posthouse.cluster.DirectoryImage;
import org.posthouse.cluster.DirectoryImage.Alias;
import org.posthouse.cluster.DirectoryImage.User;
import org.posthouse.wire.SaslPrep;
import org.posthouse.wire.ScramSalt;
import org.posthouse.wire.Secret;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Look-up in the built-in directory. Positive answers come from this node's image at once; before a negative
/// one the newest image is asked for.
public final class Directory {
    private static final Logger LOG = LoggerFactory.getLogger(Directory.class);
    private static final int ALIAS_DEPTH_MAX = 8;

    private final Supplier<DirectoryImage> local;
    private final Newest newest;
    private final PasswordVerifier passwords;
    private final Supplier<String> cluster;
    private final TokenVerifier tokens;

    /// The newest image, by a linearizable read of the cluster group.
    public interface Newest {
        /// @throws IOException if it cannot be had in time
        DirectoryImage read() throws IOException;
    }

    /// What a log-in led to.
    public sealed interface LogIn {
        /// Right.
        ///
        /// @param signature the server's, in base64, for a SCRAM proof; else `""`
        record Accepted(User user, String signature) implements LogIn {
            /// By a password or a token.
            public Accepted(User user) {
                this(user, "");
            }
        }

        /// Wrong, unknown or disabled: one answer for all, so that nobody learns which users exist.
        record Refused() implements LogIn {}
    }

    /// A directory over the image of this node.
    ///
    /// @param cluster the cluster's id
    /// @param tokens says whose an access token is
    public Directory(
            Supplier<DirectoryImage> local,
            Newest newest,
            PasswordVerifier passwords,
            Supplier<String> cluster,
            TokenVerifier tokens) {
        this.local = local;
        this.newest = newest;
        this.passwords = passwords;
        this.cluster = cluster;
        this.tokens = tokens;
    }

    /// Who receives mail for an address.
    ///
    /// @throws IOException if the answer would be negative and the newest image cannot be had: try again later
    public Resolution resolve(String address) throws IOException {
        Resolution known = resolve(local.get(), address);
        return known.negative() && !(known instanceof Resolution.Malformed) ? resolve(newest.read(), address) : known;
    }

    /// With what a client makes its SCRAM proof. A user that does not exist has a salt too, always the same.
    public ScramSalt salt(String name) {
        Optional<User> user = user(local.get(), name);
        return user.flatMap(known -> StoredPassword.parse(known.passwordHash()).scram())
                .map(ScramCredential::salt)
                .orElseGet(() -> ScramCredential.saltOf(cluster.get(), canonical(user, name)));
    }

    private static String canonical(Optional<User> user, String name) {
        return user.map(User::address)
                .or(() -> Addresses.canonical(name).map(Addresses::withoutDetail))
                .orElse(name);
    }

    /// Whether user and secret belong together.
    ///
    /// @param name the user's address, or an alias that leads to one user; with a token it may be `""`
    /// @throws IOException if the answer would be negative and the newest image cannot be had: try again later
    public LogIn logIn(String name, Secret secret) throws IOException {
        if (secret instanceof Secret.BearerToken(String token)) {
            Optional<String> issuedFor = tokens.user(token);
            return issuedFor.isEmpty() ? new LogIn.Refused() : logInByToken(name, issuedFor.get());
        }
        return logIn(name, (_, user) -> accept(user, secret), () -> waste(secret));
    }

    /// The token's user is who logs in; the name, if there is one, must be of the same.
    private LogIn logInByToken(String name, String issuedFor) throws IOException {
        Check check = (image, user) -> name.isEmpty() || user(image, name).equals(Optional.of(user))
                ? new LogIn.Accepted(user)
                : new LogIn.Refused();
        return logIn(issuedFor, check, () -> {});
    }

    private interface Check {
        LogIn of(DirectoryImage image, User user);
    }

    private LogIn logIn(String name, Check check, Runnable unknown) throws IOException {
        LogIn known = logIn(local.get(), name, check, unknown);
        if (known instanceof LogIn.Accepted) {
            return known;
        }
        DirectoryImage image = newest.read();
        // The same hash need not be computed twice when nothing about this user has changed.
        return user(image, name).equals(user(local.get(), name)) ? known : logIn(image, name, check, unknown);
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

    private static LogIn logIn(DirectoryImage image, String name, Check check, Runnable unknown) {
        Optional<User> user = user(image, name);
        if (user.isEmpty()) {
            unknown.run();
            return new LogIn.Refused();
        }
        return check.of(image, user.get());
    }

    private LogIn accept(User user, Secret secret) {
        StoredPassword stored = StoredPassword.parse(user.passwordHash());
        return switch (secret) {
            case Secret.Password(String password) -> {
                Optional<byte[]> prepared = SaslPrep.prepare(password).map(Directory::bytes);
                boolean right = prepared.isPresent() && passwords.verify(stored.hash(), prepared.get());
                yield right ? new LogIn.Accepted(user) : new LogIn.Refused();
            }
            case Secret.ScramProof proof -> {
                if (stored.scram().isEmpty()) {
                    LOG.warn("{} cannot log in by SCRAM: the password must be set anew for that", user.address());
                }
                yield stored.scram()
                        .flatMap(scram -> scram.verify(proof))
                        .<LogIn>map(signature -> new LogIn.Accepted(user, signature))
                        .orElseGet(LogIn.Refused::new);
            }
            case Secret.BearerToken _ -> new LogIn.Refused();
        };
    }

    private void waste(Secret secret) {
        if (secret instanceof Secret.Password(String password)) {
            passwords.waste(bytes(password));
        }
    }

    private static byte[] bytes(String password) {
        return password.getBytes(StandardCharsets.UTF_8);
    }

    private static Optional<User> user(DirectoryImage image, String name) {
        return resolve(image, name) instanceof Resolution.Local(var _, List<User> users) && users.size() == 1
                ? Optional.of(users.getFirst())
                : Optional.empty();
    }
}
