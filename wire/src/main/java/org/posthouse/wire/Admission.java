package org.posthouse.wire;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.MessageDigest;
import java.security.PublicKey;
import java.security.cert.X509Certificate;
import java.security.spec.X509EncodedKeySpec;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReentrantLock;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSocket;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Lets one process join the cluster, whoever brings the token first: waits on a port for it ([Join] is the other
/// end), and gives it certificates for the keys that it made for itself. Private keys never travel.
///
/// Over TLS 1.3 with a certificate of the cluster's authority, whose fingerprint the token holds. The newcomer says
/// [#HELLO], the secret, its hosts, its two public keys and its claims; it hears `true`, the authority's certificate,
/// its two, and an answer, and says a byte once all that is on its disk; or `false` and why not.
public final class Admission implements AutoCloseable {
    static final String HELLO = "posthouse join 1";
    static final int BYTES_MAX = 64 << 10;
    private static final int WRONG_MAX = 10;
    private static final int AT_ONCE_MAX = 8;
    private static final int SECONDS_EACH = 20;
    private static final int HOSTS_MAX = 16;
    private static final Logger LOG = LoggerFactory.getLogger(Admission.class);

    private final Authority authority;
    private final SSLServerSocket door;
    private final JoinToken token;
    private final Decision decision;
    private final Semaphore places = new Semaphore(AT_ONCE_MAX);
    private final AtomicInteger wrong = new AtomicInteger();
    private final ReentrantLock deciding = new ReentrantLock();
    private final CompletableFuture<List<String>> joined = new CompletableFuture<>();

    /// What the cluster makes of somebody who brought the right token.
    @FunctionalInterface
    public interface Decision {
        /// May be asked again about the same newcomer, if it was lost before it had its answer.
        ///
        /// @param hosts under which it can be reached, at least one
        /// @param claims what else it says of itself
        /// @return what it is told besides its certificates
        /// @throws IOException if it is refused; the message says why
        byte[] admit(List<String> hosts, byte[] claims) throws IOException;
    }

    private Admission(Authority authority, SSLServerSocket door, JoinToken token, Decision decision) {
        this.authority = authority;
        this.door = door;
        this.token = token;
        this.decision = decision;
    }

    /// Begins to wait.
    ///
    /// @param own whom the newcomer talks to: any peer of the cluster
    /// @param peer the name that the newcomer gets
    /// @param at reachable from the newcomer; port 0 for any
    /// @throws IOException if the address cannot be bound
    public static Admission open(
            Authority authority, PeerIdentity own, String peer, InetSocketAddress at, Decision decision)
            throws IOException {
        PeerIdentity.requirePeerName(peer);
        SSLServerSocket door =
                (SSLServerSocket) own.context().getServerSocketFactory().createServerSocket();
        try {
            door.setReuseAddress(true);
            door.bind(at);
        } catch (IOException e) {
            door.close();
            throw new IOException("cannot wait for a newcomer at " + at + ": " + e.getMessage(), e);
        }
        JoinToken token = JoinToken.make(at.getHostString(), door.getLocalPort(), peer, authority.certificate());
        Admission admission = new Admission(authority, door, token, decision);
        Thread.ofPlatform().daemon().name("admission").start(admission::accept);
        return admission;
    }

    /// For the newcomer.
    public JoinToken token() {
        return token;
    }

    /// Waits until somebody has joined; the token is used up then.
    ///
    /// @return the hosts of who did
    /// @throws IOException if nobody did in time, or too many wrong tokens were tried
    public List<String> await(Duration within) throws IOException {
        try {
            return joined.get(within.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            throw new IOException(
                    "nobody has joined as " + token.peer() + " within " + within.toMinutes()
                            + " min; the token is good for nothing any more",
                    e);
        } catch (ExecutionException e) {
            throw new IOException(e.getCause().getMessage(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        } finally {
            close();
        }
    }

    private void accept() {
        while (!door.isClosed()) {
            try {
                SSLSocket socket = (SSLSocket) door.accept();
                if (!places.tryAcquire()) {
                    socket.close();
                    continue;
                }
                CompletableFuture.delayedExecutor(SECONDS_EACH, TimeUnit.SECONDS)
                        .execute(() -> close(socket));
                Thread.ofVirtual().name("newcomer").start(() -> {
                    try {
                        serve(socket);
                    } catch (IOException | GeneralSecurityException e) {
                        LOG.warn("Somebody at {} did not join: {}", socket.getRemoteSocketAddress(), e.getMessage());
                    } finally {
                        close(socket);
                        places.release();
                    }
                });
            } catch (IOException e) {
                if (!door.isClosed()) {
                    LOG.warn("A newcomer could not be heard: {}", e.getMessage());
                }
            }
        }
    }

    private static void close(SSLSocket socket) {
        try {
            socket.close();
        } catch (IOException e) {
            LOG.debug("Closing a newcomer's connection failed.", e);
        }
    }

    private void serve(SSLSocket socket) throws IOException, GeneralSecurityException {
        DataInputStream in = new DataInputStream(socket.getInputStream());
        DataOutputStream out = new DataOutputStream(socket.getOutputStream());
        if (!in.readUTF().equals(HELLO)) {
            refuse(out, "this is another release: join with the program that the cluster runs");
            return;
        }
        if (!MessageDigest.isEqual(read(in), token.secret())) {
            refuse(out, "the token is wrong");
            if (wrong.incrementAndGet() >= WRONG_MAX) {
                end(WRONG_MAX + " wrong tokens were tried; make a new one, and look who does that");
            }
            return;
        }
        List<String> hosts = List.of(in.readUTF().split(","));
        PublicKey peerKey = key(read(in));
        PublicKey serverKey = key(read(in));
        byte[] claims = read(in);
        deciding.lock();
        try {
            if (joined.isDone() || door.isClosed()) {
                refuse(out, "the token was used or withdrawn");
                return;
            }
            byte[] answer;
            try {
                answer = hosts.size() > HOSTS_MAX ? tooMany() : decision.admit(hosts, claims);
            } catch (IOException e) {
                LOG.warn("{} at {} is refused: {}", token.peer(), hosts, e.getMessage());
                refuse(out, e.getMessage());
                return;
            }
            out.writeBoolean(true);
            write(out, authority.certificate().getEncoded());
            write(out, encoded(authority.peerChain(token.peer(), hosts, peerKey)));
            write(out, encoded(authority.serverChain(hosts, serverKey)));
            write(out, answer);
            out.flush();
            // Only now is the token used up: whoever lost the answer may ask again.
            var _ = in.readByte();
            joined.complete(hosts);
        } finally {
            deciding.unlock();
        }
    }

    private static byte[] tooMany() throws IOException {
        throw new IOException("more than " + HOSTS_MAX + " addresses for one machine");
    }

    private static byte[] encoded(List<X509Certificate> chain) throws GeneralSecurityException {
        return chain.getFirst().getEncoded();
    }

    private static PublicKey key(byte[] encoded) throws GeneralSecurityException {
        return KeyFactory.getInstance("EC").generatePublic(new X509EncodedKeySpec(encoded));
    }

    private static void refuse(DataOutputStream out, String reason) throws IOException {
        out.writeBoolean(false);
        out.writeUTF(reason);
        out.flush();
    }

    static byte[] read(DataInputStream in) throws IOException {
        int length = in.readInt();
        if (length < 0 || length > BYTES_MAX) {
            throw new IOException("a field of " + length + " bytes");
        }
        byte[] bytes = new byte[length];
        in.readFully(bytes);
        return bytes;
    }

    static void write(DataOutputStream out, byte[] bytes) throws IOException {
        out.writeInt(bytes.length);
        out.write(bytes);
    }

    private void end(String why) {
        joined.completeExceptionally(new IOException(why));
        close();
    }

    /// Withdraws the token, if it was not used.
    @Override
    public void close() {
        try {
            door.close();
        } catch (IOException e) {
            LOG.debug("Closing the door for newcomers failed.", e);
        }
    }
}
