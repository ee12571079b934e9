package org.posthouse.imap;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.posthouse.directory.ScramCredential;
import org.posthouse.mailstore.Gate;
import org.posthouse.mailstore.StorageGroup;
import org.posthouse.mailstore.StoreMemory;
import org.posthouse.mailstore.StoreService;
import org.posthouse.mailstore.StoreSettings;
import org.posthouse.testkit.LocalLog;
import org.posthouse.wire.Listener;
import org.posthouse.wire.LoginThrottle;
import org.posthouse.wire.ScramSalt;
import org.posthouse.wire.Secret;
import org.posthouse.wire.ServiceGate;
import org.posthouse.wire.TlsIdentity;

/// An IMAP server on a socket over a real storage group, whose log has one member. Every user whose name ends in
/// `@example.org` exists; the password is `secret`. Nobody can share with those whose name has `nobody` in it;
/// `admin@example.org` administers what is shared.
final class TestServer implements AutoCloseable {
    static final String PASSWORD = "secret";

    private static final ScramCredential SCRAM =
            ScramCredential.of(PASSWORD, new ScramSalt("W22ZaJ0SNY7soEsUEjb6gQ==", 4096));

    private final Path folder;
    private final StoreMemory memory = new StoreMemory();
    private final StorageGroup group;
    private final LocalLog log;
    private final StoreService store;
    private final FullText fullText;
    private final ImapServer server;
    private final Listener listener;
    private final Map<String, Long> quotas = new ConcurrentHashMap<>();

    TestServer() {
        this(ImapLimits.DEFAULT, true);
    }

    TestServer(ImapLimits limits, boolean plainTextLogin) {
        this(limits, plainTextLogin, ImapAccess.DEFAULT, Listener.Limits.DEFAULT, Optional.empty());
    }

    TestServer(ImapAccess access, Listener.Limits connections) {
        this(ImapLimits.DEFAULT, true, access, connections, Optional.empty());
    }

    /// One that offers STARTTLS.
    TestServer(TlsIdentity tls) {
        this(ImapLimits.DEFAULT, false, ImapAccess.DEFAULT, Listener.Limits.DEFAULT, Optional.of(tls));
    }

    private TestServer(
            ImapLimits limits,
            boolean plainTextLogin,
            ImapAccess access,
            Listener.Limits connections,
            Optional<TlsIdentity> tls) {
        try {
            folder = Files.createTempDirectory(
                    Files.createDirectories(Path.of(System.getProperty("java.io.tmpdir"))), "imap");
            group = new StorageGroup(folder, memory, StoreSettings.defaults(), new Gate("test"));
            log = new LocalLog(group);
            store = StoreService.openAlone(group, log);
            fullText = new FullText("test", folder.resolve("fulltext"), store, Duration.ZERO);
            fullText.begin();
            var unhurried = new LoginThrottle.Limits(
                    1_000_000, 1_000_000, Duration.ofSeconds(1), Duration.ZERO, Duration.ZERO, 100);
            ImapSettings settings = new ImapSettings(
                    "test",
                    plainTextLogin,
                    limits,
                    user -> quotas.getOrDefault(user, 0L),
                    new Sharing(user -> !user.contains("nobody"), user -> user.startsWith("admin@")),
                    new LoginThrottle(unhurried, System::nanoTime),
                    access);
            server = new ImapServer(settings.fullText(fullText));
            listener = Listener.open(
                    new Listener.Plan(
                            "test imap",
                            new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
                            connections,
                            tls,
                            false,
                            ServiceGate.alwaysOpen(),
                            _ -> "* BYE"),
                    client -> server.serve(client, login()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    InetSocketAddress address() {
        return listener.address();
    }

    StoreService store() {
        return store;
    }

    FullText fullText() {
        return fullText;
    }

    ImapServer server() {
        return server;
    }

    StorageGroup group() {
        return group;
    }

    void quota(String user, long bytes) {
        quotas.put(user, bytes);
    }

    Login.Outcome logIn(Login.Attempt attempt) {
        String user = attempt.user().isEmpty() ? "token@example.org" : attempt.user();
        if (user.equals("nobody-knows@example.org")) {
            return new Login.Unavailable("The directory does not answer, try again");
        }
        Optional<String> signature = user.endsWith("@example.org")
                ? switch (attempt.credentials().secret()) {
                    case Secret.Password(String password) -> right(password.equals(PASSWORD));
                    case Secret.BearerToken(String token) -> right(token.equals("token"));
                    case Secret.ScramProof proof -> SCRAM.verify(proof);
                }
                : Optional.empty();
        return signature.isPresent() ? new Login.Serve(user, store, signature.get()) : new Login.Refused();
    }

    private static Optional<String> right(boolean yes) {
        return yes ? Optional.of("") : Optional.empty();
    }

    /// As [#logIn], with salts.
    Login login() {
        return new Login() {
            @Override
            public Outcome logIn(Attempt attempt) {
                return TestServer.this.logIn(attempt);
            }

            @Override
            public ScramSalt salt(String user) throws IOException {
                if (user.equals("nobody-knows@example.org")) {
                    throw new IOException("no node answers");
                }
                return SCRAM.salt();
            }
        };
    }

    /// For trying clients by hand: serves on a free port until its input ends.
    static void main() throws IOException {
        try (TestServer server = new TestServer()) {
            IO.println(server.address().getPort());
            while (System.in.read() >= 0) {
                // wait for the end
            }
        }
    }

    @Override
    public void close() {
        listener.close(Duration.ofMillis(100));
        fullText.close();
        group.close();
        memory.close();
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
