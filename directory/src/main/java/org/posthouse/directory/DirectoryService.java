package org.posthouse.directory;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.stream.Collectors;
import org.posthouse.cluster.DirectoryImage.User;
import org.posthouse.wire.Link;
import org.posthouse.wire.LinkService;
import org.posthouse.wire.Opening;
import org.posthouse.wire.ScramSalt;
import org.posthouse.wire.Secret;

/// Answers front ends: call `locate` (field `address`), call `verify` (fields `user` and `kind`, the secret of
/// that kind as request), and call `salt` (field `user`).
/// An answer that cannot be given now is an exception, which reaches the caller as
/// [org.posthouse.wire.RemoteException]; [DirectoryClient] is the other side.
public final class DirectoryService implements LinkService {
    /// Kind of the call that finds the virtual server of an address.
    public static final String LOCATE = "locate";
    /// Kind of the call that checks a password.
    public static final String VERIFY = "verify";

    /// Kind of the call that gives the salt of a user for SCRAM.
    public static final String SALT = "salt";

    private final Directory directory;

    /// Serves from this node's directory.
    public DirectoryService(Directory directory) {
        this.directory = directory;
    }

    @Override
    public byte[] call(Link from, Opening head, byte[] request) throws IOException {
        String answer =
                switch (head.kind()) {
                    case LOCATE -> located(directory.resolve(head.field("address")));
                    case VERIFY -> verified(directory.logIn(head.field("user"), secret(head, request)));
                    case SALT -> salt(directory.salt(head.field("user")));
                    default -> throw new IOException("the directory answers no calls of kind '" + head.kind() + "'");
                };
        return answer.getBytes(StandardCharsets.UTF_8);
    }

    private static String located(Resolution resolution) {
        return switch (resolution) {
            case Resolution.Local(String virtualServer, var users) ->
                "local "
                        + virtualServer
                        + " "
                        + users.stream().map(User::address).collect(Collectors.joining(","));
            case Resolution.Unknown() -> "unknown";
            case Resolution.Foreign() -> "foreign";
            case Resolution.Disabled() -> "disabled";
            case Resolution.Malformed() -> "malformed";
        };
    }

    private static Secret secret(Opening head, byte[] request) {
        return Secret.of(head.field("kind"), new String(request, StandardCharsets.UTF_8));
    }

    private static String salt(ScramSalt salt) {
        return salt.salt() + " " + salt.iterations();
    }

    private static String verified(Directory.LogIn logIn) {
        return switch (logIn) {
            case Directory.LogIn.Accepted(User user, String signature) ->
                "accepted " + user.virtualServer() + " " + user.address() + " " + signature;
            case Directory.LogIn.Refused() -> "refused";
        };
    }
}
