package org.posthouse.app;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.posthouse.agent.ServiceContext;
import org.posthouse.app.SampleCluster.ClientPorts;
import org.posthouse.cluster.DirectoryImage.User;
import org.posthouse.cluster.ResourceType;
import org.posthouse.directory.Directory;
import org.posthouse.directory.Directory.LogIn;
import org.posthouse.imap.ImapLimits;
import org.posthouse.imap.ImapServer;
import org.posthouse.imap.ImapService;
import org.posthouse.imap.ImapSettings;
import org.posthouse.imap.Login;
import org.posthouse.mailstore.MailStore;
import org.posthouse.mailstore.StoreException;
import org.posthouse.smtp.AddressBook;
import org.posthouse.smtp.Place;
import org.posthouse.smtp.Quotas;
import org.posthouse.smtp.Role;
import org.posthouse.smtp.SmtpOptions;
import org.posthouse.smtp.SmtpServer;
import org.posthouse.smtp.StoreReception;
import org.posthouse.wire.LoginThrottle;
import org.posthouse.wire.TlsIdentity;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The mail services of the virtual servers on one node, as resources: `imap` and `smtp`. Listeners are bound when a
/// resource is opened, whoever owns the virtual server, and hold their clients until it is online here.
final class MailServices {
    private static final Logger LOG = LoggerFactory.getLogger(MailServices.class);

    private final SampleCluster sample;
    private final String address;
    private final TlsIdentity tls;
    private final Directory directory;
    private final Quotas quotas;
    private final LoginThrottle throttle = new LoginThrottle(LoginThrottle.Limits.DEFAULT, System::nanoTime);
    private final Map<String, ImapResource> imap = new ConcurrentHashMap<>();
    private final Map<String, SmtpResource> smtp = new ConcurrentHashMap<>();

    /// @param node on whose address to listen
    /// @param quotas of users, in bytes
    MailServices(SampleCluster sample, String node, TlsIdentity tls, Directory directory, Quotas quotas) {
        this.sample = sample;
        this.address = sample.nodeAddress(node);
        this.tls = tls;
        this.directory = directory;
        this.quotas = quotas;
    }

    /// The type `imap`.
    ResourceType<ServiceContext> imapType() {
        return new Type("imap") {
            @Override
            public Resource open(ServiceContext context) throws IOException {
                ImapResource resource = new ImapResource(context);
                imap.put(context.virtualServer(), resource);
                return resource;
            }
        };
    }

    /// The type `smtp`: receiving and submission.
    ResourceType<ServiceContext> smtpType() {
        return new Type("smtp") {
            @Override
            public Resource open(ServiceContext context) throws IOException {
                SmtpResource resource = new SmtpResource(context);
                smtp.put(context.virtualServer(), resource);
                return resource;
            }
        };
    }

    /// The store of a virtual server whose SMTP is online here, for what front ends deliver.
    Optional<MailStore> store(String virtualServer) {
        return Optional.ofNullable(smtp.get(virtualServer))
                .filter(SmtpResource::looksAlive)
                .map(SmtpResource::store);
    }

    /// Serves the IMAP clients that front ends bring for a virtual server; empty while it is not served here.
    Optional<ImapService.Served> imap(String virtualServer) {
        return Optional.ofNullable(imap.get(virtualServer))
                .filter(ImapResource::looksAlive)
                .map(resource -> new ImapService.Served(resource.server, resource.login()));
    }

    /// The settings of an IMAP server of this process.
    ImapSettings imapSettings(String name) {
        return new ImapSettings(name, true, ImapLimits.DEFAULT, quotas::bytesMax, throttle);
    }

    private abstract static class Type implements ResourceType<ServiceContext> {
        private final String name;

        Type(String name) {
            this.name = name;
        }

        @Override
        public String name() {
            return name;
        }
    }

    private InetSocketAddress at(int port) {
        return new InetSocketAddress(address, port);
    }

    /// IMAP of one virtual server.
    private final class ImapResource extends ListeningResource {
        private final ServiceContext context;
        private final ImapServer server;

        ImapResource(ServiceContext context) throws IOException {
            super(context.virtualServer() + " imap", "* OK ");
            this.context = context;
            ClientPorts ports = sample.ports(context.virtualServer());
            server = new ImapServer(imapSettings(context.virtualServer()));
            listen(at(ports.imap()), tls, false, ImapServer::farewell, client -> server.serve(client, login()));
            listen(at(ports.imaps()), tls, true, ImapServer::farewell, client -> server.serve(client, login()));
        }

        Login login() {
            return attempt -> {
                try {
                    LogIn outcome =
                            directory.logIn(attempt.user(), attempt.password().getBytes(StandardCharsets.UTF_8));
                    return switch (outcome) {
                        case LogIn.Refused() -> new Login.Refused();
                        case LogIn.Accepted(User user) -> serve(user);
                    };
                } catch (IOException e) {
                    LOG.warn("cannot check the password of {} now: {}", attempt.user(), e.toString());
                    return new Login.Unavailable("The directory does not answer now, try again");
                }
            };
        }

        private Login.Outcome serve(User user) {
            if (!user.virtualServer().equals(context.virtualServer())) {
                return new Login.Unavailable("This mailbox is on " + user.virtualServer() + ", not here");
            }
            try {
                context.store().enter();
                return new Login.Serve(user.address(), context.store());
            } catch (StoreException e) {
                LOG.info("{}: no log-ins now: {}", context.virtualServer(), e.getMessage());
                return new Login.Unavailable("Mailboxes are not available here now, try again");
            }
        }

        /// Front ends' clients, too, which no listener here knows.
        @Override
        void dismiss() {
            server.dismiss(DISMISS_WITHIN);
        }

        @Override
        public void close() {
            imap.remove(context.virtualServer(), this);
            super.close();
        }
    }

    /// SMTP and submission of one virtual server.
    private final class SmtpResource extends ListeningResource {
        private final ServiceContext context;

        SmtpResource(ServiceContext context) throws IOException {
            super(context.virtualServer() + " smtp", "220 ");
            this.context = context;
            String name = context.virtualServer();
            ClientPorts ports = sample.ports(name);
            SmtpOptions options = SmtpOptions.of(name + "." + SampleCluster.DOMAIN, SampleCluster.DOMAIN)
                    .authInClear(true);
            SmtpServer server = new SmtpServer(options, throttle, SmtpServer.Surroundings.real());
            StoreReception reception = new StoreReception(name, context.store(), addresses(), quotas);
            listen(
                    at(ports.smtp()),
                    tls,
                    false,
                    SmtpServer::farewell,
                    client -> server.serve(client, Role.RECEIVING, reception));
            listen(
                    at(ports.submission()),
                    tls,
                    false,
                    SmtpServer::farewell,
                    client -> server.serve(client, Role.SUBMISSION, reception));
        }

        MailStore store() {
            return context.store();
        }

        @Override
        public void close() {
            smtp.remove(context.virtualServer(), this);
            super.close();
        }
    }

    /// The directory as SMTP asks it.
    private AddressBook addresses() {
        return new AddressBook() {
            @Override
            public Place locate(String recipient) throws IOException {
                return Place.of(directory.resolve(recipient));
            }

            @Override
            public String verify(String user, String password) throws IOException {
                LogIn outcome = directory.logIn(user, password.getBytes(StandardCharsets.UTF_8));
                return outcome instanceof LogIn.Accepted(User accepted) ? accepted.address() : "";
            }
        };
    }
}
