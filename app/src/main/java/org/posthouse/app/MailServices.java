package org.posthouse.app;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import org.posthouse.agent.IpAddress;
import org.posthouse.agent.ServiceContext;
import org.posthouse.agent.SystemAttendant;
import org.posthouse.cluster.DirectoryImage.User;
import org.posthouse.cluster.FirstPlan.PlannedResource;
import org.posthouse.cluster.FirstPlan.PlannedServer;
import org.posthouse.cluster.ResourceType;
import org.posthouse.cluster.ResourceTypeFacts;
import org.posthouse.cluster.ResourceTypeFacts.Property;
import org.posthouse.directory.Addresses;
import org.posthouse.directory.Directory;
import org.posthouse.directory.Directory.LogIn;
import org.posthouse.directory.Resolution;
import org.posthouse.imap.FullText;
import org.posthouse.imap.ImapLimits;
import org.posthouse.imap.ImapServer;
import org.posthouse.imap.ImapService;
import org.posthouse.imap.ImapSettings;
import org.posthouse.imap.Login;
import org.posthouse.imap.Sharing;
import org.posthouse.mailstore.MailStore;
import org.posthouse.mailstore.StoreException;
import org.posthouse.mailstore.StoreException.Kind;
import org.posthouse.smtp.AddressBook;
import org.posthouse.smtp.Place;
import org.posthouse.smtp.Quotas;
import org.posthouse.smtp.Role;
import org.posthouse.smtp.SmtpOptions;
import org.posthouse.smtp.SmtpServer;
import org.posthouse.smtp.StoreReception;
import org.posthouse.wire.Listener;
import org.posthouse.wire.LoginThrottle;
import org.posthouse.wire.Sasl.Credentials;
import org.posthouse.wire.ScramSalt;
import org.posthouse.wire.TlsIdentity;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The mail services of the virtual servers on one node, as resources: `imap` and `smtp`. Listeners are bound when a
/// resource is opened, whoever owns the virtual server, and hold their clients until it is online here.
final class MailServices {
    /// Property of `imap` and `smtp`: listen there, with STARTTLS.
    static final String PORT = "port";

    /// Property of `imap`: listen there, in TLS from the first byte.
    static final String TLS_PORT = "tls-port";
    static final String SHARED_ADMINISTRATORS = "shared-administrators";

    /// Property of `imap`: whether the texts of messages are indexed.
    static final String FULL_TEXT = "full-text";

    /// Property of `smtp`: listen there for users' own mail.
    static final String SUBMISSION_PORT = "submission-port";

    /// Property of `smtp`: how it greets; by the virtual server's name without.
    static final String HOST_NAME = "host-name";

    /// Property of `smtp`: whose postmaster is meant by `postmaster` alone.
    static final String POSTMASTER_DOMAIN = "postmaster-domain";

    /// Each of these is a port that every node listens on.
    static final List<String> PORTS = List.of(PORT, TLS_PORT, SUBMISSION_PORT);

    static final int PORT_MAX = 65_535;
    private static final String ANY_PORT = "|[1-9]\\d{0,4}";
    private static final String ADDRESSES = "|[^\\s,]+@[^\\s,]+(,[^\\s,]+@[^\\s,]+)*";
    private static final String DOMAIN = "|[A-Za-z0-9.-]{1,253}";
    private static final Logger LOG = LoggerFactory.getLogger(MailServices.class);

    private final String address;
    private final boolean loginInClear;
    private final TlsIdentity tls;
    private final Directory directory;
    private final Quotas quotas;
    private final AccessFile access;
    private final Path texts;
    private final LoginThrottle throttle = new LoginThrottle(LoginThrottle.Limits.DEFAULT, System::nanoTime);
    private final Map<String, ImapResource> imap = new ConcurrentHashMap<>();
    private final Map<String, SmtpResource> smtp = new ConcurrentHashMap<>();

    /// @param address on which to listen
    /// @param loginInClear whether passwords may be sent without TLS
    /// @param quotas of users, in bytes
    /// @param access limits on clients, and whether tokens are taken
    /// @param texts folder of text indexes, one for each virtual server
    MailServices(
            String address,
            boolean loginInClear,
            TlsIdentity tls,
            Directory directory,
            Quotas quotas,
            AccessFile access,
            Path texts) {
        this.access = access;
        this.texts = texts;
        this.address = address;
        this.loginInClear = loginInClear;
        this.tls = tls;
        this.directory = directory;
        this.quotas = quotas;
    }

    /// A virtual server as it is planned: its storage group, the address that moves with it if it has one, a system
    /// attendant on these, and IMAP and SMTP above, side by side.
    ///
    /// @param ports on which it is served by its owner itself, 0 for none; without, by front ends only
    /// @param address properties of its address; empty for none
    /// @param storage of its storage group; empty for replicas
    static PlannedServer planned(
            String name,
            String domain,
            Optional<SampleCluster.ClientPorts> ports,
            SortedMap<String, String> address,
            SortedMap<String, String> storage) {
        SortedMap<String, String> imap = new TreeMap<>();
        SortedMap<String, String> smtp = new TreeMap<>();
        smtp.put(HOST_NAME, name + "." + domain);
        smtp.put(POSTMASTER_DOMAIN, domain);
        ports.ifPresent(some -> {
            put(imap, PORT, some.imap());
            put(imap, TLS_PORT, some.imaps());
            put(smtp, PORT, some.smtp());
            put(smtp, SUBMISSION_PORT, some.submission());
        });
        List<PlannedResource> resources = new ArrayList<>();
        resources.add(new PlannedResource("storage", "storage-group", storage, List.of()));
        if (!address.isEmpty()) {
            resources.add(new PlannedResource("address", IpAddress.TYPE, address, List.of()));
        }
        List<String> below = resources.stream().map(PlannedResource::name).toList();
        resources.add(new PlannedResource("attendant", SystemAttendant.TYPE, new TreeMap<>(), below));
        resources.add(new PlannedResource("imap", "imap", imap, List.of("attendant")));
        resources.add(new PlannedResource("smtp", "smtp", smtp, List.of("attendant")));
        return new PlannedServer(name, resources);
    }

    private static void put(SortedMap<String, String> properties, String property, int port) {
        if (port > 0) {
            properties.put(property, Integer.toString(port));
        }
    }

    /// The type `imap`.
    ResourceType<ServiceContext> imapType() {
        List<Property> properties = List.of(
                Property.optional(
                        PORT, "a port to listen on, with STARTTLS; none to serve front ends only", "", ANY_PORT),
                Property.optional(TLS_PORT, "a port to listen on in TLS from the first byte", "", ANY_PORT),
                Property.optional(
                        SHARED_ADMINISTRATORS,
                        "addresses, with commas between, of users who make and administer the mailboxes under Shared/",
                        "",
                        ADDRESSES),
                Property.optional(
                        FULL_TEXT,
                        "whether the owner keeps an index of the words in messages, so that searches for text need not"
                                + " read them (on, off)",
                        "on",
                        "on|off"));
        return new Type("imap", "IMAP for clients, on ports of its own and for what front ends bring.", properties) {
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
        List<Property> properties = List.of(
                Property.optional(PORT, "a port to receive mail on; none to serve front ends only", "", ANY_PORT),
                Property.optional(SUBMISSION_PORT, "a port for users' own mail", "", ANY_PORT),
                Property.optional(HOST_NAME, "how it greets; the virtual server's name if not set", "", DOMAIN),
                Property.optional(
                        POSTMASTER_DOMAIN, "whose postmaster is meant by 'postmaster' alone", "localhost", DOMAIN));
        return new Type("smtp", "SMTP: receiving and submission, on ports of its own and for front ends.", properties) {
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
        return imapSettings(name, Sharing.UNCHECKED);
    }

    private ImapSettings imapSettings(String name, Sharing sharing) {
        return new ImapSettings(
                name, loginInClear, ImapLimits.DEFAULT, quotas::bytesMax, sharing, throttle, access.imap());
    }

    /// Who shares mailboxes in a virtual server: its users, and those set as administrators.
    private Sharing sharing(ServiceContext context) {
        String set = context.properties().getOrDefault(SHARED_ADMINISTRATORS, "");
        Set<String> administrators = Arrays.stream(set.split(","))
                .flatMap(address -> Addresses.canonical(address).stream())
                .collect(Collectors.toUnmodifiableSet());
        return new Sharing(address -> serves(context.virtualServer(), address), administrators::contains);
    }

    private boolean serves(String virtualServer, String address) {
        try {
            return directory.resolve(address) instanceof Resolution.Local(String at, List<User> users)
                    && at.equals(virtualServer)
                    && users.stream().anyMatch(user -> user.address().equals(address));
        } catch (IOException e) {
            throw new StoreException(Kind.OVERLOADED, "the directory does not answer now, try again", e);
        }
    }

    private abstract static class Type implements ResourceType<ServiceContext> {
        private final ResourceTypeFacts facts;

        Type(String name, String what, List<Property> properties) {
            // One at most: front ends ask for a virtual server's IMAP, not for one of several.
            facts = new ResourceTypeFacts(name, what, true, false, properties);
        }

        @Override
        public ResourceTypeFacts facts() {
            return facts;
        }
    }

    /// A service that listens as one of this process.
    private abstract class Mail extends ListeningResource {
        Mail(ServiceContext context, String service, String greeting) {
            super(context.virtualServer() + " " + service, greeting, address, context.addresses());
        }

        @Override
        final TlsIdentity tls() {
            return tls;
        }

        @Override
        final Listener.Limits limits() {
            return access.listener();
        }
    }

    /// Where to listen by one of a resource's properties; nowhere without it: front ends need no listener.
    private static List<Integer> ports(ServiceContext context, String property) throws IOException {
        String port = context.properties().get(property);
        if (port.isEmpty()) {
            return List.of();
        }
        int number = Integer.parseInt(port);
        if (number > PORT_MAX) {
            throw new IOException(property + " is not a port: " + port);
        }
        return List.of(number);
    }

    /// The text index of a virtual server, or what is left of one deleted if there is to be none.
    private Optional<FullText> fullText(ServiceContext context) throws IOException {
        Path folder = texts.resolve(context.virtualServer());
        if (context.properties().get(FULL_TEXT).equals("on")) {
            return Optional.of(new FullText(context.virtualServer(), folder, context.store()));
        }
        FullText.delete(folder);
        return Optional.empty();
    }

    /// IMAP of one virtual server.
    private final class ImapResource extends Mail {
        private final ServiceContext context;
        private final Optional<FullText> texts;
        private final ImapServer server;

        ImapResource(ServiceContext context) throws IOException {
            super(context, "imap", "* OK ");
            this.context = context;
            texts = fullText(context);
            ImapSettings settings = imapSettings(context.virtualServer(), sharing(context));
            server = new ImapServer(texts.map(settings::fullText).orElse(settings));
            for (int port : ports(context, PORT)) {
                listen(new Door(port, false, ImapServer::farewell, client -> server.serve(client, login())));
            }
            for (int port : ports(context, TLS_PORT)) {
                listen(new Door(port, true, ImapServer::farewell, client -> server.serve(client, login())));
            }
        }

        Login login() {
            return new Login() {
                @Override
                public Outcome logIn(Attempt attempt) {
                    try {
                        LogIn outcome = directory.logIn(
                                attempt.user(), attempt.credentials().secret());
                        return switch (outcome) {
                            case LogIn.Refused() -> new Refused();
                            case LogIn.Accepted(User user, String signature) -> serve(user, signature);
                        };
                    } catch (IOException e) {
                        LOG.warn("cannot check the log-in of {} now: {}", attempt.user(), e.toString());
                        return new Unavailable("The directory does not answer now, try again");
                    }
                }

                @Override
                public ScramSalt salt(String user) {
                    return directory.salt(user);
                }
            };
        }

        private Login.Outcome serve(User user, String signature) {
            if (!user.virtualServer().equals(context.virtualServer())) {
                return new Login.Unavailable("This mailbox is on " + user.virtualServer() + ", not here");
            }
            try {
                context.store().enter();
                return new Login.Serve(user.address(), context.store(), signature);
            } catch (StoreException e) {
                LOG.info("{}: no log-ins now: {}", context.virtualServer(), e.getMessage());
                return new Login.Unavailable("Mailboxes are not available here now, try again");
            }
        }

        @Override
        void serving(boolean now) {
            if (now) {
                texts.ifPresent(FullText::begin);
            } else {
                texts.ifPresent(FullText::end);
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
            texts.ifPresent(FullText::close);
        }
    }

    /// SMTP and submission of one virtual server.
    private final class SmtpResource extends Mail {
        private final ServiceContext context;

        SmtpResource(ServiceContext context) throws IOException {
            super(context, "smtp", "220 ");
            this.context = context;
            String name = context.virtualServer();
            String hostName = context.properties().get(HOST_NAME);
            SmtpOptions options = SmtpOptions.of(
                            hostName.isEmpty() ? name : hostName,
                            context.properties().get(POSTMASTER_DOMAIN))
                    .authInClear(loginInClear);
            SmtpServer server = new SmtpServer(options, throttle, SmtpServer.Surroundings.real(), access.bearers());
            StoreReception reception = new StoreReception(name, context.store(), addresses(), quotas);
            for (int port : ports(context, PORT)) {
                listen(new Door(
                        port, false, SmtpServer::farewell, client -> server.serve(client, Role.RECEIVING, reception)));
            }
            for (int port : ports(context, SUBMISSION_PORT)) {
                listen(new Door(
                        port, false, SmtpServer::farewell, client -> server.serve(client, Role.SUBMISSION, reception)));
            }
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
            public Optional<Known> verify(Credentials credentials) throws IOException {
                LogIn outcome = directory.logIn(credentials.user(), credentials.secret());
                return outcome instanceof LogIn.Accepted(User user, String signature)
                        ? Optional.of(new Known(user.address(), signature))
                        : Optional.empty();
            }

            @Override
            public ScramSalt salt(String user) {
                return directory.salt(user);
            }
        };
    }
}
