package org.posthouse.agent;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.posthouse.cluster.ClusterImage;
import org.posthouse.cluster.FirstPlan;
import org.posthouse.cluster.ResourceType;
import org.posthouse.mailstore.Housekeeping.Schedule;

/// Housekeeping as a resource.
class SystemAttendantTest {
    private static final class Housekeeper implements ServiceContext.Housekeeper {
        private boolean expires;
        private String trouble = "";

        @Override
        public void expire(boolean may) {
            expires = may;
        }

        @Override
        public Optional<String> trouble() {
            return trouble.isEmpty() ? Optional.empty() : Optional.of(trouble);
        }
    }

    private final SystemAttendant type = new SystemAttendant();
    private final Housekeeper housekeeper = new Housekeeper();
    private final ResourceType.Resource attendant = type.open(new ServiceContext(
            "vs1",
            "attendant",
            "n1",
            new LocalStore("vs1"),
            new TreeMap<>(),
            what -> {},
            () -> 0,
            housekeeper,
            List::of));

    @Test
    void itKeepsByItsProperties() {
        assertThat(SystemAttendant.schedule(new TreeMap<>())).isEqualTo(Schedule.DEFAULT);
        Schedule set = SystemAttendant.schedule(
                new TreeMap<>(Map.of("expunge-history", "90", "compact-every", "600", "scrub-rate", "0")));
        assertThat(set.history()).isEqualTo(Duration.ofDays(90));
        assertThat(set.compactEvery()).isEqualTo(Duration.ofMinutes(10));
        assertThat(set.scrubBytesPerSecond()).isZero();
        assertThat(set.records()).isEqualTo(Schedule.DEFAULT.records());
    }

    @ParameterizedTest
    @CsvSource({
        "expunge-history, 30, true",
        "expunge-history, 0, false",
        "expunge-history, 1000, false",
        "compact-every, 1, true",
        "compact-every, soon, false",
        "scrub-rate, 0, true",
        "scrub-rate, 999999, true",
        "scrub-rate, -1, false",
    })
    void aPropertyOutOfItsRangeIsRefused(String property, String value, boolean allowed) {
        assertThat(type.facts().wrong(new TreeMap<>(Map.of(property, value))).isEmpty())
                .isEqualTo(allowed);
    }

    @Test
    void theOwnersPartIsDoneWhileItIsOnline() throws Exception {
        assertThat(housekeeper.expires).isFalse();
        attendant.online();
        assertThat(housekeeper.expires).isTrue();
        attendant.offline();
        assertThat(housekeeper.expires).isFalse();
        attendant.online();
        attendant.terminate();
        assertThat(housekeeper.expires).isFalse();
    }

    @Test
    void troubleIsItsFailure() throws Exception {
        attendant.online();
        assertThat(attendant.looksAlive()).isTrue();
        assertThat(attendant.isAlive()).isTrue();
        housekeeper.trouble = "one round of it has taken 301 s";
        assertThat(attendant.looksAlive()).isFalse();
        assertThat(attendant.isAlive()).isFalse();
    }

    @Test
    void withoutAnAttendantTheOwnersPartIsAlwaysDone() {
        ClusterImage image = new FirstPlan(
                        "00c0ffee",
                        "test",
                        List.of(new FirstPlan.PlannedNode("n1", "127.0.0.1", 1, 2, "")),
                        List.of(
                                server("vs1", List.of()),
                                server(
                                        "vs2",
                                        List.of(new FirstPlan.PlannedResource(
                                                "attendant",
                                                SystemAttendant.TYPE,
                                                new TreeMap<>(),
                                                List.of("storage"))))),
                        List.of("example.org"))
                .image(0);
        Upkeep upkeep = new Upkeep();
        upkeep.follow(image.virtualServers().get("vs1"));
        assertThat(upkeep.expires()).isTrue();
        upkeep.follow(image.virtualServers().get("vs2"));
        assertThat(upkeep.expires()).isFalse();
        upkeep.expire(true);
        assertThat(upkeep.expires()).isTrue();
        assertThat(upkeep.trouble()).as("nothing is kept here").isEmpty();
    }

    private static FirstPlan.PlannedServer server(String name, List<FirstPlan.PlannedResource> more) {
        List<FirstPlan.PlannedResource> resources = new ArrayList<>();
        resources.add(new FirstPlan.PlannedResource("storage", "storage-group", new TreeMap<>(), List.of()));
        resources.addAll(more);
        return new FirstPlan.PlannedServer(name, resources);
    }
}
