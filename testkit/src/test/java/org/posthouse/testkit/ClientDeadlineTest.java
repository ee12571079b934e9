package org.posthouse.testkit;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.SocketTimeoutException;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/// A server that says nothing, and one that reads nothing, cost a client its deadline and no more.
class ClientDeadlineTest {
    private static final Duration SHORT = Duration.ofMillis(200);

    @Test
    void aSilentServerIsGivenUp() throws IOException {
        try (ServerSocket silent = new ServerSocket(0, 5, InetAddress.getLoopbackAddress())) {
            InetSocketAddress address = (InetSocketAddress) silent.getLocalSocketAddress();
            assertThatThrownBy(() -> ImapClient.connect(address, SHORT))
                    .isInstanceOf(SocketTimeoutException.class)
                    .hasMessageContaining("the greeting")
                    .hasMessageContaining("200 ms");
        }
    }

    @Test
    void aServerThatReadsNothingIsGivenUp() throws IOException {
        try (ServerSocket deaf = new ServerSocket(0, 5, InetAddress.getLoopbackAddress());
                ClientSocket client = ClientSocket.connect((InetSocketAddress) deaf.getLocalSocketAddress(), SHORT)) {
            client.begin("a large write");
            byte[] block = new byte[1 << 20];
            assertThatThrownBy(() -> {
                        for (int i = 0; i < 1_000; i++) {
                            client.write(block);
                        }
                    })
                    .isInstanceOf(SocketTimeoutException.class)
                    .hasMessageContaining("a large write");
        }
    }

    @Test
    void nobodyListening() throws IOException {
        InetSocketAddress nobody = new InetSocketAddress(InetAddress.getLoopbackAddress(), FreePorts.one());
        assertThatThrownBy(() -> ImapClient.connect(nobody, SHORT))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("cannot connect to localhost:" + nobody.getPort());
    }
}
