package org.posthouse.bench;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.posthouse.testkit.ImapClient;
import org.posthouse.testkit.SmtpClient;
import org.posthouse.testkit.SmtpClient.Protocol;

/// A server to be measured: where mail goes in, where it is read, and whose mailboxes may be filled.
///
/// @param name what tables call it
/// @param deliveries where mail goes in; connections are spread over them
/// @param imaps where mail is read; connections are spread over them
/// @param users addresses, which are login names too
public record Target(
        String name,
        Protocol protocol,
        List<InetSocketAddress> deliveries,
        List<InetSocketAddress> imaps,
        List<String> users,
        String password) {
    private static final Duration LIMIT = Duration.ofSeconds(60);

    /// Users by a pattern with one `%d`, counted from 1; a pattern without it is one user.
    public static List<String> users(String pattern, int count) {
        if (!pattern.contains("%d")) {
            return List.of(pattern);
        }
        List<String> users = new ArrayList<>();
        for (int k = 1; k <= count; k++) {
            users.add(pattern.replace("%d", Integer.toString(k)));
        }
        return users;
    }

    /// A user for the k-th connection.
    public String user(int k) {
        return users.get(k % users.size());
    }

    /// Opens the k-th connection for deliveries.
    public SmtpClient delivery(int k) throws IOException {
        return SmtpClient.connect(protocol, deliveries.get(k % deliveries.size()), LIMIT);
    }

    /// Opens the k-th IMAP connection, logged in as this user.
    public ImapClient imap(int k, String user) throws IOException {
        return ImapClient.login(imaps.get(k % imaps.size()), user, password, LIMIT);
    }

    /// How many messages all users' INBOXes hold together, as IMAP tells.
    public long messages() throws IOException {
        long sum = 0;
        for (String user : users) {
            try (ImapClient imap = imap(0, user)) {
                sum += imap.messages("INBOX");
                imap.logout();
            }
        }
        return sum;
    }
}
