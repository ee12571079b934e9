package org.posthouse.wire;

import java.io.IOException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Who a process is towards the other processes of its cluster: its name, and the key and certificate that prove
/// it. The folder holds `peer.key` (PKCS#8), `peer.pem` (the certificate and the authority's) and `ca.pem`, all
/// PEM, as [Authority#issuePeer] writes them; Ratis' `GrpcTlsConfig` takes the same three files.
public final class PeerIdentity {
    /// The private key.
    public static final String KEY_FILE = "peer.key";

    /// The certificate, then that of the authority.
    public static final String CHAIN_FILE = "peer.pem";

    /// The certificate of the authority, which is the only one trusted.
    public static final String TRUST_FILE = "ca.pem";

    /// What stands before a peer's name in the URI of its certificate's subject alternative name.
    static final String NAME_PREFIX = "posthouse:";

    private static final Pattern PEER_NAME = Pattern.compile("(node|front-end|operator):[A-Za-z0-9._-]{1,63}");
    private static final int SAN_URI = 6;

    /// ChaCha20 first: as fast as anything once the JVM has optimised it, and five times as fast as AES-GCM until then.
    private static final String[] CIPHER_SUITES = {"TLS_CHACHA20_POLY1305_SHA256", "TLS_AES_256_GCM_SHA384"};

    private static final Duration EXPIRY_WARNING = Duration.ofDays(30);
    private static final Logger log = LoggerFactory.getLogger(PeerIdentity.class);

    private final String name;
    private final Path folder;
    private final SSLContext context;
    private final PeerCertificate certificate;
    private final Revocation revocation = new Revocation();

    private PeerIdentity(String name, Path folder, SSLContext context, PeerCertificate certificate) {
        this.name = name;
        this.folder = folder;
        this.context = context;
        this.certificate = certificate;
    }

    /// Reads the three files.
    ///
    /// @throws IOException if one is missing or unreadable, or the certificate names no peer or has expired
    public static PeerIdentity load(Path folder) throws IOException {
        List<X509Certificate> chain = Pem.certificates(folder.resolve(CHAIN_FILE));
        List<X509Certificate> trusted = Pem.certificates(folder.resolve(TRUST_FILE));
        PrivateKey key = Pem.privateKey(folder.resolve(KEY_FILE));
        X509Certificate own = chain.getFirst();
        String name = peerName(own)
                .orElseThrow(() -> new IOException("the certificate in " + folder + " carries no peer's name"));
        Instant expiry = own.getNotAfter().toInstant();
        if (expiry.isBefore(Instant.now())) {
            throw new IOException("the certificate of " + name + " in " + folder + " expired at " + expiry
                    + ": issue a new one with the cluster's authority");
        }
        if (expiry.isBefore(Instant.now().plus(EXPIRY_WARNING))) {
            log.warn("The certificate of {} in {} expires at {}: issue a new one before that.", name, folder, expiry);
        }
        try {
            return new PeerIdentity(name, folder, context(key, chain, trusted), PeerCertificate.of(own));
        } catch (GeneralSecurityException e) {
            throw new IOException("the key and certificate in " + folder + " cannot be used: " + e.getMessage(), e);
        }
    }

    private static SSLContext context(PrivateKey key, List<X509Certificate> chain, List<X509Certificate> trusted)
            throws GeneralSecurityException, IOException {
        char[] noPassword = new char[0];
        KeyStore keys = KeyStore.getInstance("PKCS12");
        keys.load(null, null);
        keys.setKeyEntry("peer", key, noPassword, chain.toArray(new Certificate[0]));
        KeyStore trust = KeyStore.getInstance("PKCS12");
        trust.load(null, null);
        for (X509Certificate certificate : trusted) {
            trust.setCertificateEntry("authority" + trust.size(), certificate);
        }
        KeyManagerFactory keyManagers = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        keyManagers.init(keys, noPassword);
        TrustManagerFactory trustManagers = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trustManagers.init(trust);
        SSLContext context = SSLContext.getInstance("TLSv1.3");
        context.init(keyManagers.getKeyManagers(), trustManagers.getTrustManagers(), null);
        return context;
    }

    /// This process's name, as the peers will see it.
    public String name() {
        return name;
    }

    /// The folder of the three files.
    public Path folder() {
        return folder;
    }

    /// The certificate that it shows.
    public PeerCertificate certificate() {
        return certificate;
    }

    /// Which certificates of others this process does not accept any more.
    public Revocation revocation() {
        return revocation;
    }

    /// Has a link's socket speak the one protocol and the ciphers that links use.
    static void restrict(SSLSocket socket) {
        socket.setEnabledProtocols(new String[] {"TLSv1.3"});
        socket.setEnabledCipherSuites(CIPHER_SUITES);
    }

    /// For TLS 1.3 with this identity, trusting what the cluster's authority issued and nothing else. Connections
    /// made from one context resume each other's sessions.
    public SSLContext context() {
        return context;
    }

    /// Whether this is a name that a peer can have: `node:`, `front-end:` or `operator:` and a short word.
    public static boolean isPeerName(String name) {
        return PEER_NAME.matcher(name).matches();
    }

    static void requirePeerName(String name) {
        if (!isPeerName(name)) {
            throw new IllegalArgumentException("'" + name + "' is no peer's name");
        }
    }

    /// The peer's name in a certificate; none if it has none or more than one.
    static Optional<String> peerName(X509Certificate certificate) {
        try {
            Collection<List<?>> names = certificate.getSubjectAlternativeNames();
            if (names == null) {
                return Optional.empty();
            }
            List<String> found = names.stream()
                    .filter(name -> name.getFirst() instanceof Integer type && type == SAN_URI)
                    .map(name -> name.get(1).toString())
                    .filter(uri -> uri.startsWith(NAME_PREFIX))
                    .map(uri -> uri.substring(NAME_PREFIX.length()))
                    .toList();
            return found.size() == 1 && isPeerName(found.getFirst()) ? Optional.of(found.getFirst()) : Optional.empty();
        } catch (CertificateParsingException _) {
            return Optional.empty();
        }
    }
}
