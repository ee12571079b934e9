package org.posthouse.wire;

import java.io.ByteArrayInputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.MessageDigest;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Optional;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509TrustManager;

/// Joins a cluster with a token: the newcomer's end of an [Admission].
public final class Join {
    /// Key of the listeners that mail clients connect to.
    public static final String SERVER_KEY_FILE = "server.key";

    /// Certificate of those listeners, and the authority's.
    public static final String SERVER_CHAIN_FILE = "server.pem";

    private static final int CONNECT_MILLIS = 5_000;
    private static final int ANSWER_MILLIS = 20_000;

    private final JoinToken token;

    private Join(JoinToken token) {
        this.token = token;
    }

    /// Makes keys, has the cluster certify them, and writes them into a folder: the three files of [PeerIdentity], and
    /// [#SERVER_KEY_FILE] and [#SERVER_CHAIN_FILE].
    ///
    /// @param hosts under which this machine can be reached
    /// @param claims for the cluster, see [Admission.Decision]
    /// @return what the cluster says besides
    /// @throws IOException if nobody waits there for this token, it is refused, or the wrong one answers
    public static byte[] with(JoinToken token, List<String> hosts, byte[] claims, Path folder) throws IOException {
        return new Join(token).run(hosts, claims, folder);
    }

    private byte[] run(List<String> hosts, byte[] claims, Path folder) throws IOException {
        KeyPair peer = Authority.newKeyPair();
        KeyPair server = Authority.newKeyPair();
        try (SSLSocket socket = connect()) {
            DataOutputStream out = new DataOutputStream(socket.getOutputStream());
            out.writeUTF(Admission.HELLO);
            Admission.write(out, token.secret());
            out.writeUTF(String.join(",", hosts));
            Admission.write(out, peer.getPublic().getEncoded());
            Admission.write(out, server.getPublic().getEncoded());
            Admission.write(out, claims);
            out.flush();
            DataInputStream in = new DataInputStream(socket.getInputStream());
            if (!in.readBoolean()) {
                throw new IOException("the cluster refuses: " + in.readUTF());
            }
            X509Certificate authority = certificate(Admission.read(in));
            X509Certificate peerCertificate = certificate(Admission.read(in));
            X509Certificate serverCertificate = certificate(Admission.read(in));
            byte[] answer = Admission.read(in);
            Pem.write(folder.resolve(SERVER_KEY_FILE), Pem.text(server.getPrivate()));
            Pem.write(folder.resolve(SERVER_CHAIN_FILE), Pem.text(List.of(serverCertificate, authority)));
            Pem.write(folder.resolve(PeerIdentity.TRUST_FILE), Pem.text(List.of(authority)));
            Pem.write(folder.resolve(PeerIdentity.KEY_FILE), Pem.text(peer.getPrivate()));
            Pem.write(folder.resolve(PeerIdentity.CHAIN_FILE), Pem.text(List.of(peerCertificate, authority)));
            out.writeByte(1);
            out.flush();
            return answer;
        } catch (GeneralSecurityException e) {
            throw new IOException("cannot use what the cluster sent: " + e.getMessage(), e);
        }
    }

    private static X509Certificate certificate(byte[] encoded) throws GeneralSecurityException {
        return (X509Certificate)
                CertificateFactory.getInstance("X.509").generateCertificate(new ByteArrayInputStream(encoded));
    }

    private SSLSocket connect() throws IOException, GeneralSecurityException {
        SSLContext context = SSLContext.getInstance("TLSv1.3");
        context.init(null, new TrustManager[] {new ByFingerprint()}, null);
        Socket plain = new Socket();
        String where = token.host() + ":" + token.port();
        try {
            plain.connect(new InetSocketAddress(token.host(), token.port()), CONNECT_MILLIS);
            plain.setSoTimeout(ANSWER_MILLIS);
            SSLSocket socket =
                    (SSLSocket) context.getSocketFactory().createSocket(plain, token.host(), token.port(), true);
            socket.startHandshake();
            return socket;
        } catch (ConnectException e) {
            plain.close();
            throw new IOException(
                    "nobody waits at " + where + " for this token: it was used, withdrawn or is too old; make a new"
                            + " one there with 'admit', or open the way to that port",
                    e);
        } catch (SSLException e) {
            plain.close();
            throw new IOException(
                    "who answers at " + where + " is not the cluster of this token: " + e.getMessage(), e);
        } catch (IOException e) {
            plain.close();
            throw new IOException("cannot reach " + where + ": " + e.getMessage(), e);
        }
    }

    /// Trusts an operator whose certificate was issued by the authority that the token names.
    private final class ByFingerprint implements X509TrustManager {
        @Override
        public void checkServerTrusted(X509Certificate[] chain, String keyExchange) throws CertificateException {
            X509Certificate authority = chain[chain.length - 1];
            if (!MessageDigest.isEqual(JoinToken.fingerprint(authority), token.authority())) {
                throw new CertificateException("another authority");
            }
            chain[0].checkValidity();
            try {
                chain[0].verify(authority.getPublicKey());
            } catch (GeneralSecurityException e) {
                throw new CertificateException("not issued by the cluster's authority", e);
            }
            Optional<String> name = PeerIdentity.peerName(chain[0]);
            if (name.filter(peer -> peer.startsWith("operator:")).isEmpty()) {
                throw new CertificateException("no operator of the cluster");
            }
        }

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String keyExchange) throws CertificateException {
            throw new CertificateException("nobody connects to a newcomer");
        }

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return new X509Certificate[0];
        }
    }
}
