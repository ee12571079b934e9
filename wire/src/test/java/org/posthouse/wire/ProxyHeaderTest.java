package org.posthouse.wire;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ProtocolException;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// What balancers say of their clients, and listeners behind them.
@Timeout(30)
class ProxyHeaderTest {
    private static final String V2 = "0D0A0D0A000D0A515549540A";

    private static InputStream rest;

    private static Optional<InetSocketAddress> read(byte[] sent) throws IOException {
        rest = new ByteArrayInputStream(sent);
        return ProxyHeader.read(new FakeDuplex(rest, OutputStream.nullOutputStream()), Duration.ofSeconds(10));
    }

    private static byte[] hex(String... parts) {
        return HexFormat.of().parseHex(String.join("", parts));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            PROXY TCP4 192.0.2.9 10.0.0.1 56324 143 | 192.0.2.9:56324
            PROXY TCP6 2001:db8::9 2001:db8::1 0 993 | 2001:db8:0:0:0:0:0:9:0
            PROXY UNKNOWN                            | none
            PROXY UNKNOWN ffff:f...f:ffff ffff:f...f:ffff 65535 65535 | none
            PROXY                                    | ! does not begin with a PROXY header
            PROXY TCP4 192.0.2.9 10.0.0.1 56324      | ! says: PROXY TCP4
            PROXY TCP4 192.0.2.9  10.0.0.1 1 2       | ! says: PROXY TCP4
            PROXY UDP4 192.0.2.9 10.0.0.1 1 2        | ! says: PROXY UDP4
            PROXY TCP4 2001:db8::9 10.0.0.1 1 2      | ! names no address of TCP4: 2001:db8::9
            PROXY TCP6 192.0.2.9 10.0.0.1 1 2        | ! names no address of TCP6: 192.0.2.9
            PROXY TCP4 mail.example.org 10.0.0.1 1 2 | ! names no address of TCP4: mail.example.org
            PROXY TCP4 192.521 10.0.0.1 1 2          | ! names no address of TCP4: 192.521
            PROXY TCP4 192.0.2.9 10.0.0.1 65536 2    | ! names no port: 65536
            PROXY TCP4 192.0.2.9 10.0.0.1 -1 2       | ! names no port: -1
            PROXY TCP4 192.0.2.9 10.0.0.1 01 2       | ! names no port: 01
            a1 LOGIN user password                   | ! does not begin with a PROXY header
            """)
    void lines(String line, String expected) throws IOException {
        byte[] sent = (line + "\r\nnext").getBytes(US_ASCII);
        if (expected.startsWith("!")) {
            assertThatThrownBy(() -> read(sent))
                    .isInstanceOf(ProtocolException.class)
                    .hasMessageContaining(expected.substring(2));
            return;
        }
        Optional<InetSocketAddress> client = read(sent);
        assertThat(client.map(some -> some.getAddress().getHostAddress() + ":" + some.getPort())
                        .orElse("none"))
                .isEqualTo(expected);
        assertThat(rest.readAllBytes()).as("what follows is left").isEqualTo("next".getBytes(US_ASCII));
    }

    @Test
    void aLineWithoutEndIsNotReadForEver() {
        assertThatThrownBy(() -> read(("PROXY " + "x".repeat(10_000)).getBytes(US_ASCII)))
                .isInstanceOf(ProtocolException.class)
                .hasMessageContaining("no end");
        assertThat(((ByteArrayInputStream) rest).available()).isEqualTo(10_006 - 107);
    }

    @Test
    void aLineEndsInCrLf() {
        assertThatThrownBy(() -> read("PROXY TCP4 192.0.2.9 10.0.0.1 1 2\n".getBytes(US_ASCII)))
                .isInstanceOf(ProtocolException.class);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            21 11 000C C0000209 0A000001 DC04 008F | 192.0.2.9:56324
            21210024 20010DB800000000000000000000000920010DB8000000000000000000000001DC0403E1|2001:db8:0:0:0:0:0:9:56324
            21 11 0012 C0000209 0A000001 DC04 008F 040003616263 | 192.0.2.9:56324
            20 00 0000                             | none
            20 11 000C C0000209 0A000001 DC04 008F | none
            21 00 0000                             | none
            21 31 0002 0000                        | none
            22 11 000C C0000209 0A000001 DC04 008F | ! unknown version and command 34
            11 11 000C C0000209 0A000001 DC04 008F | ! unknown version and command 17
            21 11 0008 C0000209 0A000001           | ! cut short
            21 11 FFFF C0000209                    | ! has 65535 bytes
            21 11 0010 C0000209 0A000001 DC04 008F 04000561 | ! ends within a value
            21 11 0013 C0000209 0A000001 DC04 008F 03000400000000 | ! checksum
            """)
    void binary(String header, String expected) throws IOException {
        byte[] sent = hex(V2, header.replace(" ", ""), "0A");
        if (expected.startsWith("!")) {
            assertThatThrownBy(() -> read(sent))
                    .isInstanceOf(ProtocolException.class)
                    .hasMessageContaining(expected.substring(2));
            return;
        }
        assertThat(read(sent)
                        .map(some -> some.getAddress().getHostAddress() + ":" + some.getPort())
                        .orElse("none"))
                .isEqualTo(expected);
        assertThat(rest.readAllBytes()).as("what follows is left").isEqualTo(new byte[] {'\n'});
    }

    @Test
    void aRightChecksumIsTaken() throws IOException {
        byte[] header = hex(V2, "21110013C00002090A000001DC04008F03000400000000");
        CRC32C sum = new CRC32C();
        sum.update(header);
        String right = HexFormat.of().toHexDigits((int) sum.getValue());
        Optional<InetSocketAddress> client = read(hex(V2, "21110013C00002090A000001DC04008F030004", right));
        assertThat(client).contains(new InetSocketAddress("192.0.2.9", 56324));
    }

    @Test
    void whoSaysNothingIsNotWaitedForForEver() throws IOException {
        try (Socket silent = new Socket();
                Listener listener = Listener.open(plan(Balancers.NONE, 10), conversation -> {
                    assertThatThrownBy(() -> ProxyHeader.read(conversation, Duration.ofMillis(1)))
                            .isInstanceOf(SocketTimeoutException.class);
                    conversation.output().write("gone\r\n".getBytes(US_ASCII));
                })) {
            silent.connect(listener.address());
            assertThat(reader(silent).readLine()).isEqualTo("gone");
        }
    }

    @Test
    void aListenerKnowsItsClientsByTheirAddresses() throws IOException {
        Balancers balancers = Balancers.of(List.of("127.0.0.2", "127.0.1.0/24"));
        try (Listener listener = Listener.open(plan(balancers, 1), ProxyHeaderTest::tellAddress);
                Socket direct = connect(listener, "127.0.0.1");
                Socket first = connect(listener, "127.0.0.2");
                Socket other = connect(listener, "127.0.1.7");
                Socket second = connect(listener, "127.0.0.2");
                Socket none = connect(listener, "127.0.0.2")) {
            assertThat(reader(direct).readLine()).isEqualTo("127.0.0.1");
            say(first, "PROXY TCP4 192.0.2.9 10.0.0.1 1 143\r\n");
            assertThat(reader(first).readLine()).isEqualTo("192.0.2.9");
            say(other, "PROXY TCP4 192.0.2.10 10.0.0.1 1 143\r\n");
            assertThat(reader(other).readLine()).isEqualTo("192.0.2.10");
            say(second, "PROXY TCP4 192.0.2.9 10.0.0.1 2 143\r\n");
            assertThat(reader(second).readLine()).isEqualTo("421 TOO_MANY_FROM_ADDRESS");
            say(none, "a1 NOOP and more\r\n");
            assertThat(reader(none).readLine()).isNull();
        }
    }

    @Test
    void aClientThatLeftMayComeAgain() throws IOException {
        Balancers balancers = Balancers.of(List.of("127.0.0.2"));
        try (Listener listener = Listener.open(plan(balancers, 1), ProxyHeaderTest::tellAddress)) {
            for (int round = 0; round < 3; round++) {
                try (Socket client = connect(listener, "127.0.0.2")) {
                    say(client, "PROXY TCP4 192.0.2.9 10.0.0.1 1 143\r\n");
                    BufferedReader in = reader(client);
                    assertThat(in.readLine()).isEqualTo("192.0.2.9");
                    say(client, "bye\r\n");
                    assertThat(in.readLine()).isNull();
                }
                ListenerTest.awaitConnections(listener, 0);
            }
        }
    }

    @Test
    void networks() throws IOException {
        Balancers balancers = Balancers.of(List.of("192.0.2.7", "10.0.0.0/9", "2001:db8::/33", "0.0.0.0/32"));
        for (String in : List.of("192.0.2.7", "10.127.255.255", "2001:db8:7fff::1", "0.0.0.0")) {
            assertThat(balancers.contain(InetAddress.getByName(in))).as(in).isTrue();
        }
        for (String out : List.of("192.0.2.8", "10.128.0.0", "2001:db8:8000::1", "::1", "0.0.0.1")) {
            assertThat(balancers.contain(InetAddress.getByName(out))).as(out).isFalse();
        }
        for (String bad :
                List.of("", "example.org", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0/24", "::/129", "10.0.0.1/x")) {
            assertThatThrownBy(() -> Balancers.of(List.of(bad)))
                    .as(bad)
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("'" + bad + "'");
        }
    }

    private static Listener.Plan plan(Balancers balancers, int perAddress) {
        return new Listener.Plan(
                "test",
                new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
                Listener.Limits.DEFAULT.connections(100, perAddress),
                Optional.empty(),
                false,
                ServiceGate.alwaysOpen(),
                reason -> "421 " + reason,
                balancers);
    }

    private static void tellAddress(Duplex conversation) throws IOException {
        String address = conversation.remote().getAddress().getHostAddress() + "\r\n";
        conversation.output().write(address.getBytes(US_ASCII));
        var _ = new WireReader(conversation.input()).readLine(1000);
    }

    private static Socket connect(Listener listener, String from) throws IOException {
        Socket socket = new Socket();
        socket.bind(new InetSocketAddress(from, 0));
        socket.connect(listener.address(), 5000);
        socket.setSoTimeout(10_000);
        return socket;
    }

    private static BufferedReader reader(Socket socket) throws IOException {
        return new BufferedReader(new InputStreamReader(socket.getInputStream(), US_ASCII));
    }

    private static void say(Socket socket, String text) throws IOException {
        socket.getOutputStream().write(text.getBytes(US_ASCII));
    }
}
