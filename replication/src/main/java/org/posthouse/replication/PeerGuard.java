package org.posthouse.replication;

import java.security.cert.X509Certificate;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSession;
import org.apache.ratis.grpc.server.GrpcServices;
import org.apache.ratis.thirdparty.io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import org.apache.ratis.thirdparty.io.grpc.Grpc;
import org.apache.ratis.thirdparty.io.grpc.Metadata;
import org.apache.ratis.thirdparty.io.grpc.ServerCall;
import org.apache.ratis.thirdparty.io.grpc.ServerCallHandler;
import org.apache.ratis.thirdparty.io.grpc.ServerInterceptor;
import org.apache.ratis.thirdparty.io.grpc.Status;
import org.apache.ratis.thirdparty.io.grpc.netty.NettyServerBuilder;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Keeps out whom [Settings.Tls#refusal] refuses after its connection was made: TLS looks at a certificate once for
/// each connection, and not at all when a session is resumed, and members keep theirs for months.
final class PeerGuard implements GrpcServices.Customizer, ServerInterceptor {
    private static final Logger LOG = LoggerFactory.getLogger(PeerGuard.class);

    private final Function<X509Certificate, Optional<String>> refusal;
    private final Set<String> refusedBefore = ConcurrentHashMap.newKeySet();

    PeerGuard(Function<X509Certificate, Optional<String>> refusal) {
        this.refusal = refusal;
    }

    @Override
    public NettyServerBuilder customize(NettyServerBuilder builder, EnumSet<GrpcServices.Type> types) {
        return builder.intercept(this);
    }

    @Override
    public <Q, A> ServerCall.Listener<Q> interceptCall(
            ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
        Optional<String> refused = refused(call);
        if (refused.isPresent()) {
            refuse(call, refused.get());
            return new ServerCall.Listener<>() {};
        }
        return new SimpleForwardingServerCallListener<>(next.startCall(call, headers)) {
            private boolean ended;

            @Override
            public void onMessage(Q message) {
                Optional<String> nowRefused = ended ? Optional.empty() : refused(call);
                if (nowRefused.isPresent()) {
                    ended = true;
                    refuse(call, nowRefused.get());
                    super.onCancel();
                } else if (!ended) {
                    super.onMessage(message);
                }
            }

            @Override
            public void onHalfClose() {
                if (!ended) {
                    super.onHalfClose();
                }
            }

            @Override
            public void onCancel() {
                if (!ended) {
                    super.onCancel();
                }
            }
        };
    }

    private Optional<String> refused(ServerCall<?, ?> call) {
        SSLSession session = call.getAttributes().get(Grpc.TRANSPORT_ATTR_SSL_SESSION);
        try {
            return session == null
                    ? Optional.of("it came without TLS")
                    : refusal.apply((X509Certificate) session.getPeerCertificates()[0]);
        } catch (SSLPeerUnverifiedException _) {
            return Optional.of("it showed no certificate");
        }
    }

    private void refuse(ServerCall<?, ?> call, String reason) {
        // Whoever is refused tries again for ever.
        if (refusedBefore.add(reason)) {
            LOG.warn(
                    "Refused to replicate with {}: {}",
                    call.getAttributes().get(Grpc.TRANSPORT_ATTR_REMOTE_ADDR),
                    reason);
        }
        call.close(Status.PERMISSION_DENIED.withDescription(reason), new Metadata());
    }
}
