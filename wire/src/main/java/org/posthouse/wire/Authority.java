package org.posthouse.wire;

import java.io.IOException;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Date;
import java.util.List;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x500.X500NameBuilder;
import org.bouncycastle.asn1.x500.style.BCStyle;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;
import org.bouncycastle.cert.X509v3CertificateBuilder;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509ExtensionUtils;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.bouncycastle.util.IPAddress;

/// A cluster's own certificate authority: made once, before any process of the cluster starts, and kept outside
/// the folders of the nodes (DESIGN.md section 4, "Formed once").
///
/// Its folder holds `ca.pem`, the certificate that everybody trusts, and `ca.key`, which only whoever issues
/// certificates needs. Keys are elliptic-curve P-256. Files are PEM, the keys PKCS#8, mode 0600, and written whole
/// or not at all.
public final class Authority {
    /// The authority's certificate in its folder.
    public static final String CERTIFICATE_FILE = "ca.pem";

    /// The authority's key in its folder.
    public static final String KEY_FILE = "ca.key";

    /// How long an authority is valid: its end would be the cluster's end.
    public static final Duration VALIDITY = Duration.ofDays(3650);

    /// How long an issued certificate is valid, unless said otherwise.
    public static final Duration ISSUED_VALIDITY = Duration.ofDays(365);

    /// Clocks of machines differ: a certificate is valid from a little before it was made.
    private static final Duration BACKDATED = Duration.ofHours(1);

    private static final String SIGNATURE = "SHA256withECDSA";
    private static final SecureRandom RANDOM = new SecureRandom();

    private final X509Certificate certificate;
    private final PrivateKey key;

    private Authority(X509Certificate certificate, PrivateKey key) {
        this.certificate = certificate;
        this.key = key;
    }

    /// Makes an authority and writes its two files.
    ///
    /// @throws IOException if the folder holds one already (a second one would cut the cluster in two), or cannot
    /// be written
    public static Authority create(Path folder, String clusterName) throws IOException {
        if (Files.exists(folder.resolve(CERTIFICATE_FILE)) || Files.exists(folder.resolve(KEY_FILE))) {
            throw new IOException("there is a certificate authority in " + folder + " already");
        }
        try {
            KeyPair pair = newKeyPair();
            X500Name name = new X500NameBuilder()
                    .addRDN(BCStyle.CN, "Posthouse authority of " + clusterName)
                    .build();
            X509v3CertificateBuilder builder = builder(name, name, pair.getPublic(), VALIDITY);
            builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(0));
            builder.addExtension(Extension.keyUsage, true, new KeyUsage(KeyUsage.keyCertSign | KeyUsage.cRLSign));
            JcaX509ExtensionUtils identifiers = new JcaX509ExtensionUtils();
            builder.addExtension(
                    Extension.subjectKeyIdentifier, false, identifiers.createSubjectKeyIdentifier(pair.getPublic()));
            X509Certificate certificate = sign(builder, pair.getPrivate());
            Pem.write(folder.resolve(KEY_FILE), Pem.text(pair.getPrivate()));
            Pem.write(folder.resolve(CERTIFICATE_FILE), Pem.text(List.of(certificate)));
            return new Authority(certificate, pair.getPrivate());
        } catch (GeneralSecurityException | OperatorCreationException e) {
            throw new IOException("cannot make a certificate authority: " + e.getMessage(), e);
        }
    }

    /// Reads the authority that [#create] wrote.
    public static Authority open(Path folder) throws IOException {
        return new Authority(
                Pem.certificates(folder.resolve(CERTIFICATE_FILE)).getFirst(),
                Pem.privateKey(folder.resolve(KEY_FILE)));
    }

    /// Whether [#create] has written its files there.
    public static boolean exists(Path folder) {
        return Files.exists(folder.resolve(CERTIFICATE_FILE)) && Files.exists(folder.resolve(KEY_FILE));
    }

    /// Gives a process of the cluster a new key and the certificate that proves its name to the others, as the
    /// three files that [PeerIdentity] names. Good for both ends of a link, and for Ratis.
    ///
    /// @param peer its name: `node:n1`, `front-end:f1`, `operator:admin`
    /// @param hosts the addresses and host names under which others connect to it
    public void issuePeer(String peer, List<String> hosts, Path folder) throws IOException {
        KeyPair pair = newKeyPair();
        write(
                pair,
                folder.resolve(PeerIdentity.KEY_FILE),
                peerChain(peer, hosts, pair.getPublic()),
                folder.resolve(PeerIdentity.CHAIN_FILE));
        Pem.write(folder.resolve(PeerIdentity.TRUST_FILE), Pem.text(List.of(certificate)));
    }

    /// Makes a key and a certificate for listeners that mail clients connect to. It carries no peer name, so it
    /// opens no link.
    ///
    /// @param hosts host names and addresses that clients use; the first is the subject's name too
    /// @param keyFile where the key goes, PKCS#8
    /// @param chainFile where certificate and authority go
    public void issueServer(List<String> hosts, Path keyFile, Path chainFile) throws IOException {
        KeyPair pair = newKeyPair();
        write(pair, keyFile, serverChain(hosts, pair.getPublic()), chainFile);
    }

    /// Certifies a key that a process made for itself: the certificate that proves its name to the others, and the
    /// authority's.
    ///
    /// @param peer its name: `node:n1`
    /// @param hosts the addresses and host names under which others connect to it
    List<X509Certificate> peerChain(String peer, List<String> hosts, PublicKey key) throws IOException {
        PeerIdentity.requirePeerName(peer);
        return chain(
                peer,
                subjectNames(PeerIdentity.NAME_PREFIX + peer, hosts),
                new KeyPurposeId[] {KeyPurposeId.id_kp_serverAuth, KeyPurposeId.id_kp_clientAuth},
                key);
    }

    /// Certifies a key for listeners that mail clients connect to; see [#issueServer].
    List<X509Certificate> serverChain(List<String> hosts, PublicKey key) throws IOException {
        return chain(
                hosts.getFirst(), subjectNames(null, hosts), new KeyPurposeId[] {KeyPurposeId.id_kp_serverAuth}, key);
    }

    private List<X509Certificate> chain(
            String commonName, GeneralNames names, KeyPurposeId[] purposes, PublicKey publicKey) throws IOException {
        try {
            X500Name issuer =
                    X500Name.getInstance(certificate.getSubjectX500Principal().getEncoded());
            X500Name subject =
                    new X500NameBuilder().addRDN(BCStyle.CN, commonName).build();
            X509v3CertificateBuilder builder = builder(issuer, subject, publicKey, ISSUED_VALIDITY);
            builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(false));
            builder.addExtension(Extension.keyUsage, true, new KeyUsage(KeyUsage.digitalSignature));
            builder.addExtension(Extension.extendedKeyUsage, false, new ExtendedKeyUsage(purposes));
            builder.addExtension(Extension.subjectAlternativeName, false, names);
            JcaX509ExtensionUtils identifiers = new JcaX509ExtensionUtils();
            builder.addExtension(
                    Extension.authorityKeyIdentifier, false, identifiers.createAuthorityKeyIdentifier(certificate));
            return List.of(sign(builder, key), certificate);
        } catch (GeneralSecurityException | OperatorCreationException e) {
            throw new IOException("cannot issue a certificate for '" + commonName + "': " + e.getMessage(), e);
        }
    }

    /// The key first: a certificate file without its key would look complete to whoever checks for it.
    private static void write(KeyPair pair, Path keyFile, List<X509Certificate> chain, Path chainFile)
            throws IOException {
        Pem.write(keyFile, Pem.text(pair.getPrivate()));
        Pem.write(chainFile, Pem.text(chain));
    }

    private static GeneralNames subjectNames(String uri, List<String> hosts) {
        List<GeneralName> names = new ArrayList<>();
        if (uri != null) {
            names.add(new GeneralName(GeneralName.uniformResourceIdentifier, uri));
        }
        for (String host : hosts) {
            names.add(new GeneralName(IPAddress.isValid(host) ? GeneralName.iPAddress : GeneralName.dNSName, host));
        }
        return new GeneralNames(names.toArray(new GeneralName[0]));
    }

    private static X509v3CertificateBuilder builder(
            X500Name issuer, X500Name subject, PublicKey publicKey, Duration validity) {
        Instant from = Instant.now().minus(BACKDATED);
        // RFC 5280 section 4.1.2.2: positive, unique, at most 20 octets.
        BigInteger serial = new BigInteger(127, RANDOM).setBit(126);
        return new X509v3CertificateBuilder(
                issuer,
                serial,
                Date.from(from),
                Date.from(Instant.now().plus(validity)),
                subject,
                SubjectPublicKeyInfo.getInstance(publicKey.getEncoded()));
    }

    private static X509Certificate sign(X509v3CertificateBuilder builder, PrivateKey with)
            throws GeneralSecurityException, OperatorCreationException {
        return new JcaX509CertificateConverter()
                .getCertificate(builder.build(new JcaContentSignerBuilder(SIGNATURE).build(with)));
    }

    /// A new elliptic-curve key (P-256).
    static KeyPair newKeyPair() throws IOException {
        try {
            KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
            generator.initialize(new ECGenParameterSpec("secp256r1"), RANDOM);
            return generator.generateKeyPair();
        } catch (GeneralSecurityException e) {
            throw new IOException("cannot make a key: " + e.getMessage(), e);
        }
    }

    /// The certificate that everybody in the cluster trusts.
    X509Certificate certificate() {
        return certificate;
    }
}
