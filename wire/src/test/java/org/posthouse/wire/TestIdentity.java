package org.posthouse.wire;

import java.io.IOException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import java.util.List;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocketFactory;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509TrustManager;

/// A certificate from PEM files, and a client that trusts anything.
final class TestIdentity {
    private TestIdentity() {}

    static TlsIdentity in(Path folder) throws IOException {
        Path chain = folder.resolve("server.pem");
        Path key = folder.resolve("server.key");
        Path authority = folder.resolve("ca");
        (Authority.exists(authority) ? Authority.open(authority) : Authority.create(authority, "test"))
                .issueServer(List.of("localhost"), key, chain);
        return TlsIdentity.load(chain, key);
    }

    static SSLSocketFactory trusting() throws GeneralSecurityException {
        SSLContext context = SSLContext.getInstance("TLS");
        X509TrustManager all = new X509TrustManager() {
            @Override
            public void checkClientTrusted(X509Certificate[] chain, String authType) {}

            @Override
            public void checkServerTrusted(X509Certificate[] chain, String authType) {}

            @Override
            public X509Certificate[] getAcceptedIssuers() {
                return new X509Certificate[0];
            }
        };
        context.init(null, new TrustManager[] {all}, null);
        return context.getSocketFactory();
    }
}
