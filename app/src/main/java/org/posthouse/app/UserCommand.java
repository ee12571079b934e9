package org.posthouse.app;

import java.io.Console;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.Optional;
import org.posthouse.cluster.Command.AddUser;
import org.posthouse.cluster.Command.RemoveUser;
import org.posthouse.cluster.Command.SetPassword;
import org.posthouse.cluster.DirectoryImage.User;
import org.posthouse.directory.Addresses;
import org.posthouse.directory.ScramCredential;
import org.posthouse.directory.StoredPassword;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// `posthouse user add|list|remove`: the users of the built-in directory.
@Command(name = "user", mixinStandardHelpOptions = true, description = "Add, list and remove users.")
final class UserCommand extends OperatorCommand {
    private static final SecureRandom RANDOM = new SecureRandom();
    private static final int SALT_BYTES = 16;

    @Command(
            name = "add",
            mixinStandardHelpOptions = true,
            description =
                    "Add a user. The password is asked for, or read from standard input when that is no terminal.")
    int add(
            @Mixin DirOption dir,
            @Parameters(paramLabel = "ADDRESS", description = "E.g. ann@example.org.") String address,
            @Option(
                            names = "--virtual-server",
                            description = "Where the mailboxes go (default: the one with the fewest users).")
                    Optional<String> virtualServer,
            @Option(
                            names = "--quota",
                            paramLabel = "BYTES",
                            defaultValue = "0",
                            description = "Quota; 0 for none (default).")
                    long quota,
            @Option(names = "--password", description = "The password; seen by others in the list of processes.")
                    Optional<String> password)
            throws IOException {
        String canonical = canonical(address);
        String hash = hash(dir, canonical, password);
        return submit(dir, new AddUser(canonical, hash, virtualServer, quota));
    }

    @Command(
            name = "password",
            mixinStandardHelpOptions = true,
            description =
                    "Set a user's password. It is asked for, or read from standard input when that is no terminal.")
    int password(
            @Mixin DirOption dir,
            @Parameters(paramLabel = "ADDRESS") String address,
            @Option(names = "--password", description = "The password; seen by others in the list of processes.")
                    Optional<String> password)
            throws IOException {
        String canonical = canonical(address);
        return submit(dir, new SetPassword(canonical, hash(dir, canonical, password)));
    }

    @Command(name = "list", mixinStandardHelpOptions = true, description = "List the users.")
    int list(@Mixin DirOption dir) throws IOException {
        try (ClusterControl control = ClusterControl.open(dir.open())) {
            TextTable table = new TextTable("ADDRESS", "VIRTUAL SERVER", "QUOTA", "STATE");
            for (User user : control.image().directory().users().values()) {
                table.row(
                        user.address(),
                        user.virtualServer(),
                        user.quotaBytes() == 0 ? "none" : Long.toString(user.quotaBytes()),
                        user.enabled() ? "enabled" : "disabled");
            }
            return say(table);
        }
    }

    @Command(
            name = "remove",
            mixinStandardHelpOptions = true,
            description = "Remove a user. The mailboxes stay in the store, out of reach.")
    int remove(@Mixin DirOption dir, @Parameters(paramLabel = "ADDRESS") String address) throws IOException {
        return submit(dir, new RemoveUser(canonical(address)));
    }

    private String hash(DirOption dir, String user, Optional<String> given) throws IOException {
        String password = given.isPresent() ? given.get() : askPassword();
        try (ClusterControl control = ClusterControl.open(dir.open())) {
            return hash(password, control.image().id(), user);
        } catch (IllegalArgumentException e) {
            throw wrong(e.getMessage());
        }
    }

    /// What the directory keeps of a password, under a new salt.
    ///
    /// @param cluster the cluster's id
    static String hash(String password, String cluster, String user) {
        byte[] salt = new byte[SALT_BYTES];
        RANDOM.nextBytes(salt);
        return StoredPassword.of(password, salt, ScramCredential.saltOf(cluster, user))
                .text();
    }

    private String canonical(String address) {
        return Addresses.canonical(address)
                .orElseThrow(() -> wrong("'" + address + "' is not an address like ann@example.org"));
    }

    private String askPassword() throws IOException {
        Optional<Console> console = terminal();
        if (console.isPresent()) {
            char[] typed = console.get().readPassword("Password: ");
            return typed == null ? "" : new String(typed);
        }
        return new String(System.in.readAllBytes(), StandardCharsets.UTF_8).strip();
    }
}
