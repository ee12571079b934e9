package org.posthouse.wire;

import java.io.IOException;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.util.List;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import org.bouncycastle.asn1.pkcs.PrivateKeyInfo;
import org.bouncycastle.openssl.PEMKeyPair;
import org.bouncycastle.openssl.PEMParser;
import org.bouncycastle.openssl.jcajce.JcaPEMKeyConverter;

/// What a server shows to mail clients in TLS: a certificate chain and its key. TLS 1.2 and 1.3 only (RFC 8996).
public final class TlsIdentity {
    private static final String[] PROTOCOLS = {"TLSv1.3", "TLSv1.2"};

    private final SSLContext context;
    private final List<X509Certificate> chain;

    /// From a key and its chain, own certificate first.
    ///
    /// @throws GeneralSecurityException if the two do not fit together or the algorithm is unknown here
    public TlsIdentity(PrivateKey key, List<X509Certificate> chain) throws GeneralSecurityException {
        this.chain = List.copyOf(chain);
        char[] password = new char[0];
        KeyStore store = KeyStore.getInstance("PKCS12");
        try {
            store.load(null, password);
        } catch (IOException e) {
            throw new GeneralSecurityException("cannot make an empty key store", e);
        }
        store.setKeyEntry("server", key, password, chain.toArray(new Certificate[0]));
        KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        keys.init(store, password);
        context = SSLContext.getInstance("TLS");
        context.init(keys.getKeyManagers(), new TrustManager[0], null); // clients show no certificate
    }

    /// From PEM files: the certificate's chain (own certificate first) and the key (PKCS #8, PKCS #1 or SEC 1,
    /// not encrypted). Both may be the same file.
    ///
    /// @throws IOException with a message for the operator: which file, what is wrong with it
    public static TlsIdentity load(Path certificates, Path key) throws IOException {
        try {
            return new TlsIdentity(readKey(key), Pem.certificates(certificates));
        } catch (GeneralSecurityException e) {
            throw new IOException(
                    "cannot use " + certificates + " with the key " + key + " for TLS: " + e.getMessage(), e);
        }
    }

    /// For layering TLS over accepted sockets.
    public SSLContext context() {
        return context;
    }

    /// Protocol versions to enable on each socket.
    public String[] protocols() {
        return PROTOCOLS.clone();
    }

    /// Own certificate first.
    public List<X509Certificate> chain() {
        return chain;
    }

    private static PrivateKey readKey(Path file) throws IOException {
        JcaPEMKeyConverter converter = new JcaPEMKeyConverter();
        try (Reader reader = Files.newBufferedReader(file, StandardCharsets.US_ASCII);
                PEMParser parser = new PEMParser(reader)) {
            for (Object item = parser.readObject(); item != null; item = parser.readObject()) {
                if (item instanceof PrivateKeyInfo info) {
                    return converter.getPrivateKey(info);
                }
                if (item instanceof PEMKeyPair pair) {
                    return converter.getPrivateKey(pair.getPrivateKeyInfo());
                }
            }
        }
        throw new IOException("no private key (unencrypted PEM) in " + file);
    }
}
