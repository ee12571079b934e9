package org.posthouse.wire;

import java.io.DataInputStream;
import java.io.IOException;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.security.cert.X509Certificate;
import java.util.Optional;
import javax.net.ssl.SSLSocket;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// What a TLS handshake showed of the peer.
///
/// @param peer its name
record LinkHandshake(String peer, PeerCertificate certificate) {
    private static final int SOCKET_SEND_BYTES = 256 << 10;
    private static final Logger log = LoggerFactory.getLogger(LinkHandshake.class);

    /// Shakes hands, in the role that the socket has.
    ///
    /// @throws RevokedException if the peer's certificate is refused; the peer has been told why
    /// @throws IOException if the peer has none of this cluster's
    static LinkHandshake with(Socket socket, SSLSocket tls, PeerIdentity identity, LinkSettings settings)
            throws IOException {
        socket.setTcpNoDelay(true);
        // What lies in the socket's buffer goes before any heartbeat: so it is kept small.
        socket.setSendBufferSize(SOCKET_SEND_BYTES);
        socket.setSoTimeout((int) settings.connectTimeout().toMillis());
        PeerIdentity.restrict(tls);
        tls.startHandshake();
        X509Certificate certificate = (X509Certificate) tls.getSession().getPeerCertificates()[0];
        String peer = PeerIdentity.peerName(certificate)
                .orElseThrow(() -> new IOException("the certificate of " + socket.getRemoteSocketAddress() + " ("
                        + certificate.getSubjectX500Principal() + ") names no peer of a cluster"));
        LinkHandshake shown = new LinkHandshake(peer, PeerCertificate.of(certificate));
        Optional<String> refused = identity.revocation().reason(shown.certificate());
        if (refused.isPresent()) {
            refuse(tls, refused.get());
            throw new RevokedException(refused.get(), shown.certificate());
        }
        return shown;
    }

    /// Says why in the place of a greeting, for the peer's operator to read. The peer's greeting is read: closing a
    /// socket with something unread takes back what was just sent.
    private static void refuse(SSLSocket tls, String reason) {
        Frame bye = Frame.reason(Frame.Type.BYE, 0, reason);
        ByteBuffer buffer = ByteBuffer.allocate(bye.length());
        bye.put(buffer);
        try {
            tls.getOutputStream().write(buffer.array(), 0, buffer.position());
            Frame.read(new DataInputStream(tls.getInputStream()));
            tls.close();
        } catch (IOException e) {
            log.debug("Somebody who was refused did not wait to hear why.", e);
        }
    }
}
