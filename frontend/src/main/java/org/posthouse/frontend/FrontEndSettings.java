package org.posthouse.frontend;

import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import org.posthouse.imap.ImapSettings;
import org.posthouse.smtp.RemoteReception;
import org.posthouse.smtp.SmtpOptions;
import org.posthouse.wire.Balancers;
import org.posthouse.wire.LinkSettings;
import org.posthouse.wire.Listener;
import org.posthouse.wire.TlsIdentity;

/// What a front end is told when it starts.
///
/// @param name its short name: `f1`
/// @param nodes addresses of the nodes' link servers, by the nodes' short names: `n1`
/// @param listeners where to listen for clients; port 0 for any free one
/// @param tls what clients are shown in TLS
/// @param limits on clients, for each listener
/// @param balancers in front of the listeners
/// @param links limits of the links to the nodes
/// @param spoolFolder for large messages on their way
/// @param smtp what the SMTP servers say and allow
/// @param imap what the IMAP server says and allows
/// @param loginPatience how long LOGIN waits for an owner
/// @param smtpPatience how long RCPT and the final dot wait for one
/// @param heartbeatPause between two reports of itself to all nodes
public record FrontEndSettings(
        String name,
        Map<String, InetSocketAddress> nodes,
        Map<Port, InetSocketAddress> listeners,
        TlsIdentity tls,
        Listener.Limits limits,
        Balancers balancers,
        LinkSettings links,
        Path spoolFolder,
        SmtpOptions smtp,
        ImapSettings imap,
        Duration loginPatience,
        RemoteReception.Patience smtpPatience,
        Duration heartbeatPause) {

    /// What a front end listens for; the words are those of `status --json`.
    public enum Port {
        /// Mail from other servers.
        SMTP("smtp"),
        /// Mail from users' programs.
        SUBMISSION("submission"),
        /// IMAP, with STARTTLS.
        IMAP("imap"),
        /// IMAP in TLS from the first byte.
        IMAPS("imaps");

        private final String word;

        Port(String word) {
            this.word = word;
        }

        /// As status, logs and heartbeats call it.
        public String word() {
            return word;
        }
    }

    /// How long LOGIN waits for an owner unless said otherwise.
    public static final Duration LOGIN_PATIENCE = Duration.ofSeconds(10);

    /// Between two reports unless said otherwise.
    public static final Duration HEARTBEAT_PAUSE = Duration.ofSeconds(1);

    /// Copies the tables, in order.
    public FrontEndSettings {
        nodes = java.util.Collections.unmodifiableMap(new TreeMap<>(nodes));
        listeners = java.util.Collections.unmodifiableMap(new TreeMap<>(listeners));
    }

    /// With the defaults for limits and waits.
    public static FrontEndSettings of(
            String name,
            Map<String, InetSocketAddress> nodes,
            Map<Port, InetSocketAddress> listeners,
            TlsIdentity tls,
            Path spoolFolder,
            SmtpOptions smtp,
            ImapSettings imap) {
        return new FrontEndSettings(
                name,
                nodes,
                listeners,
                tls,
                Listener.Limits.DEFAULT,
                Balancers.NONE,
                LinkSettings.DEFAULT,
                spoolFolder,
                smtp,
                imap,
                LOGIN_PATIENCE,
                RemoteReception.Patience.DEFAULT,
                HEARTBEAT_PAUSE);
    }

    /// With other limits on clients, who come by these balancers.
    public FrontEndSettings clients(Listener.Limits other, Balancers by) {
        return new FrontEndSettings(
                name,
                nodes,
                listeners,
                tls,
                other,
                by,
                links,
                spoolFolder,
                smtp,
                imap,
                loginPatience,
                smtpPatience,
                heartbeatPause);
    }
}
