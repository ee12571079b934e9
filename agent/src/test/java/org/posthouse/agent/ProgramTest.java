package org.posthouse.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.posthouse.cluster.ResourceType;

/// Outside programs: real processes, started, watched, ended, and not left behind.
@Timeout(60)
class ProgramTest {
    @TempDir
    private Path folder;

    private final AtomicLong lease = new AtomicLong(4_000);
    private final List<String> reported = new ArrayList<>();
    private final List<ResourceType.Resource> opened = new ArrayList<>();

    private ResourceType.Resource open(String start, String... more) throws Exception {
        GenericService type = new GenericService(folder.resolve("log"), folder.resolve("run"));
        TreeMap<String, String> properties = new TreeMap<>(Map.of("start-command", start));
        for (int i = 0; i < more.length; i += 2) {
            properties.put(more[i], more[i + 1]);
        }
        assertThat(type.facts().wrong(properties)).isEmpty();
        ResourceType.Resource resource = type.open(new ServiceContext(
                "vs1",
                "web",
                "n1",
                new LocalStore("vs1"),
                type.facts().completed(properties),
                reported::add,
                lease::get,
                new Upkeep(),
                List::of));
        opened.add(resource);
        return resource;
    }

    @AfterEach
    void end() {
        opened.forEach(ResourceType.Resource::close);
    }

    private String printed() throws IOException {
        Path log = folder.resolve("log/vs1-web.log");
        return Files.exists(log) ? Files.readString(log) : "";
    }

    private void await(String what, Condition condition) throws Exception {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (!condition.holds()) {
            assertThat(System.nanoTime() < end)
                    .as("in vain: %s; printed: %s", what, printed())
                    .isTrue();
            LockSupport.parkNanos(10_000_000);
        }
    }

    private interface Condition {
        boolean holds() throws Exception;
    }

    /// The program's process, as noted.
    private ProcessHandle process() throws IOException {
        String noted = Files.readString(folder.resolve("run/vs1-web.program")).strip();
        return ProcessHandle.of(Long.parseLong(noted.split(" ")[0])).orElseThrow();
    }

    @Test
    void runsWithItsEnvironmentAndIsToldToEnd() throws Exception {
        ResourceType.Resource web = open(
                "trap 'echo told; exit 0' TERM; echo $COLOUR in $PWD; while true; do sleep 0.1; done",
                "environment",
                "COLOUR=red;SIZE=2",
                "working-directory",
                "/tmp");
        web.online();
        assertThat(web.looksAlive()).isTrue();
        assertThat(web.isAlive()).isTrue();
        await("its first words", () -> printed().contains("red in /tmp"));
        web.offline();
        assertThat(web.looksAlive()).isFalse();
        await("its last words", () -> printed().contains("told"));
        assertThat(reported).isNotEmpty();
        assertThat(folder.resolve("run/vs1-web.program")).doesNotExist();
        web.online();
        assertThat(web.looksAlive()).as("once more").isTrue();
    }

    @Test
    void oneThatDoesNotEndIsKilledWithItsChildren() throws Exception {
        ResourceType.Resource web =
                open("trap '' TERM; sleep 1000 & echo child $!; wait; sleep 1000", "stop-timeout", "1");
        web.online();
        await("its child", () -> printed().contains("child"));
        long child = Long.parseLong(printed()
                .lines()
                .filter(line -> line.startsWith("child"))
                .findFirst()
                .orElseThrow()
                .substring(6));
        ProcessHandle process = process();
        web.offline();
        await("both are gone", () -> !alive(process.pid()) && !alive(child));
    }

    private static boolean alive(long pid) throws IOException {
        Path stat = Path.of("/proc", Long.toString(pid), "stat");
        try {
            return !Files.readString(stat).contains(") Z ");
        } catch (IOException _) {
            return false; // It went while it was looked at.
        }
    }

    @Test
    void aStopCommandIsUsedInPlaceOfTheSignal() throws Exception {
        Path flag = folder.resolve("stop");
        ResourceType.Resource web =
                open("while [ ! -e " + flag + " ]; do sleep 0.05; done; echo done", "stop-command", "touch " + flag);
        web.online();
        web.offline();
        await("its last word", () -> printed().contains("done"));
    }

    @Test
    void oneThatEndsByItselfIsNotAlive() throws Exception {
        ResourceType.Resource web = open("sleep 1; exit 3");
        web.online();
        await("its end", () -> !web.looksAlive());
        assertThatThrownBy(() -> open("echo broken; exit 3").online()).hasMessageContaining("ended with status 3");
    }

    @Test
    void itsHealthCommandDecides() throws Exception {
        Path well = folder.resolve("well");
        ResourceType.Resource web =
                open("sleep 0.5; touch " + well + "; sleep 1000", "health-command", "test -e " + well);
        web.online();
        assertThat(well).as("online once it is well").exists();
        assertThat(web.isAlive()).isTrue();
        Files.delete(well);
        assertThat(web.isAlive()).isFalse();
        assertThat(web.looksAlive()).isTrue();
    }

    @Test
    void aHealthCommandThatHangsIsAFailure() throws Exception {
        Path hangs = folder.resolve("hangs");
        ResourceType.Resource web =
                open("sleep 1000", "health-command", "test ! -e " + hangs + " || sleep 1000", "health-deadline", "1");
        web.online();
        Files.createFile(hangs);
        assertThat(web.isAlive()).isFalse();
    }

    @Test
    void itEndsWithTheLeaseThoughNobodyTakesItOffline() throws Exception {
        ResourceType.Resource web = open("sleep 1000");
        lease.set(400);
        web.online();
        ProcessHandle process = process();
        lease.set(0);
        await("its end", () -> !alive(process.pid()));
        await("the end of its guard, a moment later", () -> !web.looksAlive());
        assertThatThrownBy(web::online).hasMessageContaining("does not hold the node lease");
    }

    @Test
    void itEndsWhenItsGuardIsKilled() throws Exception {
        ResourceType.Resource web = open("exec sleep 1000");
        web.online();
        ProcessHandle process = process();
        process.parent().orElseThrow().destroyForcibly();
        await("its end, by the kernel", () -> !alive(process.pid()));
    }

    @Test
    void whatAnEarlierProcessLeftBehindIsKilledAndNothingElse() throws Exception {
        Files.createDirectories(folder.resolve("run"));
        Path note = folder.resolve("run/vs1-web.program");
        Process left = new ProcessBuilder("setsid", "sleep", "1000").start();
        String stat = Files.readString(Path.of("/proc/" + left.pid() + "/stat"));
        String start = stat.substring(stat.lastIndexOf(')') + 2).split(" ")[19];
        Files.writeString(note, left.pid() + " " + (Long.parseLong(start) + 1));
        open("sleep 1000");
        assertThat(alive(left.pid())).as("another process has its id by now").isTrue();
        Files.writeString(note, left.pid() + " " + start);
        open("sleep 1000");
        assertThat(left.waitFor(10, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void whatItPrintsIsBounded() throws Exception {
        ResourceType.Resource web = open("head -c 9000000 /dev/zero; echo end; sleep 1000");
        web.online();
        await("all of it", () -> printed().contains("end"));
        assertThat(Files.size(folder.resolve("log/vs1-web.log"))).isLessThanOrEqualTo(4 << 20);
        assertThat(Files.size(folder.resolve("log/vs1-web.log.1"))).isLessThanOrEqualTo(4 << 20);
    }
}
