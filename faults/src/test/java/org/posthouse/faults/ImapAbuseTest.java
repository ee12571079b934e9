package org.posthouse.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.posthouse.faults.Abuse.Misbehaved;
import org.posthouse.faults.Abuse.Probe;
import org.posthouse.faults.Abuse.Victim;
import org.posthouse.testkit.Dovecot;

/// The probes against a server that is not ours and is known to stand them: what they demand can be met.
class ImapAbuseTest {
    @Test
    void dovecotStandsThem() throws IOException, Misbehaved {
        Optional<String> missing = Dovecot.missing();
        assumeTrue(missing.isEmpty(), () -> "skipped: " + missing.get());
        try (Dovecot dovecot = Dovecot.start(Path.of("/tmp"))) {
            Victim victim =
                    new Victim(dovecot.lmtp(), dovecot.lmtp(), dovecot.imap(), "user1@example.org", new Random(1));
            for (Probe probe : ImapAbuse.probes()) {
                // Dovecot ends a connection by the time its logins take, which is longer than a test should be.
                if (!probe.name().contains("wrong passwords")) {
                    String outcome = probe.attempt().on(victim);
                    System.out.println(probe.name() + ": " + outcome);
                    assertThat(outcome).as(probe.name()).isNotBlank();
                }
            }
        }
    }
}
