package org.posthouse.replication;

import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedTrustManager;
import javax.net.ssl.X509TrustManager;

/// Keys and certificates read from PEM files, and the check of a peer's.
final class TlsMaterial {
    private static final List<String> KEY_ALGORITHMS = List.of("EC", "RSA", "EdDSA");

    private TlsMaterial() {}

    static KeyManager key(Settings.Tls tls) throws IOException {
        try {
            char[] password = new char[0];
            KeyStore store = KeyStore.getInstance("PKCS12");
            store.load(null, null);
            store.setKeyEntry(
                    "node",
                    privateKey(tls.key()),
                    password,
                    certificates(tls.chain()).toArray(Certificate[]::new));
            KeyManagerFactory factory = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
            factory.init(store, password);
            return factory.getKeyManagers()[0];
        } catch (GeneralSecurityException e) {
            throw new IOException("cannot use key " + tls.key() + " with certificate " + tls.chain(), e);
        }
    }

    static TrustManager trust(Settings.Tls tls) throws IOException {
        try {
            KeyStore store = KeyStore.getInstance("PKCS12");
            store.load(null, null);
            int n = 0;
            for (Certificate certificate : certificates(tls.authority())) {
                store.setCertificateEntry("authority-" + n++, certificate);
            }
            TrustManagerFactory factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            factory.init(store);
            return new PeerTrust((X509TrustManager) factory.getTrustManagers()[0], tls.refusal());
        } catch (GeneralSecurityException e) {
            throw new IOException("cannot use the cluster's authority " + tls.authority(), e);
        }
    }

    private static Collection<? extends Certificate> certificates(Path file) throws IOException, CertificateException {
        try (InputStream in = Files.newInputStream(file)) {
            return CertificateFactory.getInstance("X.509").generateCertificates(in);
        }
    }

    private static PrivateKey privateKey(Path file) throws IOException, GeneralSecurityException {
        String text = Files.readString(file);
        String begin = "-----BEGIN PRIVATE KEY-----";
        int from = text.indexOf(begin);
        int to = text.indexOf("-----END PRIVATE KEY-----");
        if (from < 0 || to < from) {
            throw new IOException(file + " holds no private key in PKCS#8 PEM form");
        }
        PKCS8EncodedKeySpec key =
                new PKCS8EncodedKeySpec(Base64.getMimeDecoder().decode(text.substring(from + begin.length(), to)));
        for (String algorithm : KEY_ALGORITHMS) {
            try {
                return KeyFactory.getInstance(algorithm).generatePrivate(key);
            } catch (InvalidKeySpecException _) {
                // PKCS#8 names its algorithm only inside; the next one is tried.
            }
        }
        throw new IOException(file + " holds a private key of none of the kinds " + KEY_ALGORITHMS);
    }

    /// Trusts a chain that ends at the authority and whose owner may take part. An extended trust manager, so that
    /// the platform does not compare the certificate's names with the address dialled.
    private static final class PeerTrust extends X509ExtendedTrustManager {
        private final X509TrustManager authority;
        private final Function<X509Certificate, Optional<String>> refusal;

        PeerTrust(X509TrustManager authority, Function<X509Certificate, Optional<String>> refusal) {
            this.authority = authority;
            this.refusal = refusal;
        }

        private void checkPeer(X509Certificate[] chain) throws CertificateException {
            Optional<String> refused = refusal.apply(chain[0]);
            if (refused.isPresent()) {
                throw new CertificateException(chain[0].getSubjectX500Principal() + ": " + refused.get());
            }
        }

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type) throws CertificateException {
            authority.checkClientTrusted(chain, type);
            checkPeer(chain);
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type) throws CertificateException {
            authority.checkServerTrusted(chain, type);
            checkPeer(chain);
        }

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket)
                throws CertificateException {
            checkClientTrusted(chain, type);
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket)
                throws CertificateException {
            checkServerTrusted(chain, type);
        }

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine)
                throws CertificateException {
            checkClientTrusted(chain, type);
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine)
                throws CertificateException {
            checkServerTrusted(chain, type);
        }

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return authority.getAcceptedIssuers();
        }
    }
}
