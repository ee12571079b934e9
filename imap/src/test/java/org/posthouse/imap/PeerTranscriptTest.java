package org.posthouse.imap;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicContainer;
import org.junit.jupiter.api.TestFactory;
import org.posthouse.testkit.Dovecot;
import org.posthouse.testkit.ImapClient;
import org.posthouse.testkit.Transcript;

/// Plays the transcripts against a server that is not ours: a Dovecot started for this or, with
/// `-Dimap.peer=HOST:PORT`, any in which every user `...@example.org` can log in with the password `secret`
/// (`-Dimap.peer.password`) and has nothing yet. Users' names begin anew with each run.
///
/// A case that is marked with the peer's name (`dovecot`, or that of `-Dimap.peer.marks`) has to fail, all others
/// have to pass. Those that need a capability the peer lacks, or are about our own choices, are skipped.
class PeerTranscriptTest {
    private static final String PEER = System.getProperty("imap.peer", "");
    private static final String PASSWORD = System.getProperty("imap.peer.password", Dovecot.PASSWORD);

    // What it says does not depend on these: no fsync, no wait after wrong passwords, processes used again.
    private static final String FASTER = """
            mail_fsync = never
            auth_failure_delay = 0
            service imap-login {
              service_count = 0
            }
            service imap {
              service_count = 1000
            }
            service anvil {
              unix_listener anvil-auth-penalty {
                mode = 0
              }
            }
            """;
    private static final Duration LIMIT = Duration.ofSeconds(10);

    private static final SortedMap<String, Integer> COUNTS = new TreeMap<>();
    private static Dovecot dovecot;
    private static InetSocketAddress address;
    private static String marks = System.getProperty("imap.peer.marks", "");
    private static String prefix = "";
    private static ImapClient asked;

    @BeforeAll
    static void start() throws IOException {
        if (PEER.isEmpty()) {
            Optional<String> missing = Dovecot.missing();
            assumeTrue(missing.isEmpty(), () -> "skipped: " + missing.get());
            String version = Dovecot.version();
            assumeTrue(version.startsWith("2.3."), () -> "skipped: the marks speak of Dovecot 2.3, not of " + version);
            dovecot = Dovecot.start(Path.of("/tmp"), FASTER);
            address = dovecot.imap();
            marks = "dovecot";
        } else {
            int colon = PEER.lastIndexOf(':');
            address = new InetSocketAddress(PEER.substring(0, colon), Integer.parseInt(PEER.substring(colon + 1)));
            prefix = Long.toString(System.currentTimeMillis(), Character.MAX_RADIX) + "-";
        }
        asked = ImapClient.login(address, prefix + "capabilities@example.org", PASSWORD, LIMIT);
    }

    @AfterAll
    static void stop() throws IOException {
        if (asked != null) {
            asked.close();
            IO.println("transcripts against " + address + ": " + COUNTS);
        }
        if (dovecot != null) {
            dovecot.close();
        }
    }

    @TestFactory
    Stream<DynamicContainer> transcripts() throws IOException {
        return Transcripts.tests(PeerTranscriptTest::play);
    }

    private static void play(Transcript transcript) {
        transcript.mark("ours").ifPresent(reason -> skip("ours", "about our own choices: " + reason));
        transcript.needs().stream()
                .filter(need -> !asked.offers(need))
                .findFirst()
                .ifPresent(need -> skip("lacks " + need, "needs " + need));
        Optional<String> mark = transcript.mark(marks);
        try {
            Map<String, String> given = Transcripts.given(transcript, prefix, PASSWORD);
            // A difference is often a line that does not come.
            transcript.play(address, given, mark.isEmpty() ? Transcript.PATIENCE : Duration.ofSeconds(2));
        } catch (AssertionError e) {
            if (mark.isEmpty()) {
                throw e;
            }
            count("differs as marked");
            return;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        mark.ifPresent(reason -> {
            throw new AssertionError(transcript.title() + ": marked as differing, and passes: " + reason);
        });
        count("passes");
    }

    private static void skip(String count, String reason) {
        count(count);
        assumeTrue(false, reason);
    }

    private static void count(String what) {
        COUNTS.merge(what, 1, Integer::sum);
    }
}
