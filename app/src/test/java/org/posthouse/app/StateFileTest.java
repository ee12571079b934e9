package org.posthouse.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.posthouse.cluster.ResourceState;

/// What a watcher is told of a virtual server's process.
class StateFileTest {
    @TempDir
    private Path folder;

    private Optional<StateFile.Seen> seen = Optional.empty();
    private long now = 5_000;
    private StateFile state;

    private StateFile state() {
        if (state == null) {
            state = new StateFile(folder.resolve("state"), () -> 7, () -> seen, () -> now);
        }
        return state;
    }

    private void see(boolean wanted, boolean open, ResourceState imap) {
        SortedMap<String, ResourceState> resources = new TreeMap<>();
        resources.put("imap", imap);
        resources.put("storage", open ? ResourceState.ONLINE : ResourceState.OFFLINE);
        seen = Optional.of(new StateFile.Seen(wanted, open, resources));
    }

    @Test
    void itIsOnlineWhenAllIsThatShallBe() throws IOException {
        assertThat(state().outlook().state()).isEqualTo("starting");
        see(true, false, ResourceState.OFFLINE);
        assertThat(state().outlook()).isEqualTo(new StateFile.Outlook("starting", "it is not open here"));
        see(true, true, ResourceState.ONLINE_PENDING);
        assertThat(state().outlook().state()).isEqualTo("starting");
        see(true, true, ResourceState.ONLINE);
        state().write();
        List<String> lines = Files.readAllLines(folder.resolve("state"));
        assertThat(lines)
                .startsWith("pid=" + ProcessHandle.current().pid(), "epoch=7", "state=online")
                .last()
                .asString()
                .matches("uptime=\\d+\\.\\d+");
    }

    @Test
    void aServiceThatIsRestartedHereIsGivenTime() {
        see(true, true, ResourceState.ONLINE);
        assertThat(state().outlook().state()).isEqualTo("online");
        see(true, true, ResourceState.FAILED);
        assertThat(state().outlook().state()).isEqualTo("online");
        now += StateFile.TROUBLE_MILLIS_MAX;
        assertThat(state().outlook())
                .isEqualTo(new StateFile.Outlook("online", "not online: {imap=FAILED, storage=ONLINE}"));
        now++;
        assertThat(state().outlook().state()).isEqualTo("failed");
        see(true, true, ResourceState.ONLINE);
        assertThat(state().outlook().state()).isEqualTo("online");
    }

    @Test
    void oneThatNeverComesOnlineHasFailed() {
        see(true, true, ResourceState.FAILED);
        assertThat(state().outlook().state()).isEqualTo("starting");
        now += StateFile.TROUBLE_MILLIS_MAX + 1;
        assertThat(state().outlook().state()).isEqualTo("failed");
    }

    @Test
    void whatAnOperatorTookOfflineIsNoFailure() {
        see(false, true, ResourceState.OFFLINE);
        assertThat(state().outlook().state()).isEqualTo("offline");
    }
}
