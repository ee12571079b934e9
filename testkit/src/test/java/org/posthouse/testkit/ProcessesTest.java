package org.posthouse.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class ProcessesTest {
    @Test
    void aChildIsFoundMeasuredStoppedAndKilled() throws IOException {
        // No other process has this number in its command line.
        String mark = "3600." + ProcessHandle.current().pid() + System.nanoTime() % 100_000;
        Process child = new ProcessBuilder("sleep", mark).start();
        try {
            assertThat(Processes.naming(mark)).containsExactly(child.pid());
            assertThat(Processes.residentBytes(child.pid())).isPositive();
            assertThat(Processes.proportionalBytes(child.pid())).isPositive();
            assertThat(Processes.cpuMillis(child.pid())).isNotNegative();
            Processes.signal(child.pid(), "STOP");
            assertThat(Processes.alive(child.pid())).isTrue();
            Processes.signal(child.pid(), "CONT");
            assertThat(Processes.kill(child.pid())).isTrue();
            assertThat(Processes.ended(child, Duration.ofSeconds(5))).isTrue();
            assertThat(Processes.alive(child.pid())).isFalse();
        } finally {
            child.destroyForcibly();
        }
    }
}
