package org.posthouse.testkit;

import java.io.IOException;
import java.net.Socket;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.cert.X509Certificate;
import javax.net.ssl.ExtendedSSLSession;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509TrustManager;

/// The client's side of TLS, which trusts whatever it is shown, and what a log-in can be bound to, computed apart from
/// the server.
public final class TlsClient {
    private final SSLSocket socket;

    private TlsClient(SSLSocket socket) {
        this.socket = socket;
    }

    /// Over a connection that stands; the handshake is done.
    ///
    /// @param protocol `TLSv1.2` or `TLSv1.3`
    public static TlsClient over(Socket plain, String protocol) throws IOException, GeneralSecurityException {
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, new TrustManager[] {new Trusting()}, null);
        SSLSocket socket = (SSLSocket) context.getSocketFactory().createSocket(plain, "localhost", 0, true);
        socket.setEnabledProtocols(new String[] {protocol});
        socket.startHandshake();
        return new TlsClient(socket);
    }

    /// To say and hear in.
    public SSLSocket socket() {
        return socket;
    }

    /// `tls-exporter` (RFC 9266).
    public byte[] exporter() throws IOException {
        return ((ExtendedSSLSession) socket.getSession())
                .exportKeyingMaterialData("EXPORTER-Channel-Binding", new byte[0], 32);
    }

    /// `tls-server-end-point` (RFC 5929) of a certificate that was signed with SHA-256.
    public byte[] serverEndPoint() throws IOException, GeneralSecurityException {
        byte[] certificate = socket.getSession().getPeerCertificates()[0].getEncoded();
        return MessageDigest.getInstance("SHA-256").digest(certificate);
    }

    private static final class Trusting implements X509TrustManager {
        @Override
        public void checkClientTrusted(X509Certificate[] chain, String authType) {
            // A test's server is who it is.
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String authType) {
            // A test's server is who it is.
        }

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return new X509Certificate[0];
        }
    }
}
