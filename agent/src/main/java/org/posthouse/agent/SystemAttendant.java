package org.posthouse.agent;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import org.posthouse.cluster.ResourceType;
import org.posthouse.cluster.ResourceTypeFacts;
import org.posthouse.cluster.ResourceTypeFacts.Property;
import org.posthouse.cluster.VirtualServer;
import org.posthouse.mailstore.Housekeeping.Schedule;

/// The type `system-attendant`: the housekeeping of a virtual server. While it is online the owner lets expunge
/// history, session records and what was sent ahead expire; every replica frees the room of dead messages and reads
/// all bodies through by itself, as the attendant's properties say, whether it is online or not. A virtual server
/// without one is kept by the standards.
///
/// It has failed when a round of housekeeping hangs, or several have failed one after the other: then something is
/// wrong with the disk, and the restart policy decides.
public final class SystemAttendant implements ResourceType<ServiceContext> {
    /// Its name in the image.
    public static final String TYPE = "system-attendant";

    static final String EXPUNGE_HISTORY = "expunge-history";
    static final String COMPACT_EVERY = "compact-every";
    static final String SCRUB_RATE = "scrub-rate";

    private static final ResourceTypeFacts FACTS = new ResourceTypeFacts(
            TYPE,
            "A virtual server's housekeeping: what expires, compaction, and reading all bodies through.",
            true,
            false,
            List.of(
                    Property.optional(
                                    EXPUNGE_HISTORY,
                                    "for how many days a client that stays away is told what was expunged (1 to 999)",
                                    Long.toString(Schedule.DEFAULT.history().toDays()),
                                    "[1-9]\\d{0,2}")
                            .changedAtOnce(),
                    Property.optional(
                                    COMPACT_EVERY,
                                    "seconds between two looks for dead messages whose room can be freed (1 to 99999)",
                                    Long.toString(
                                            Schedule.DEFAULT.compactEvery().toSeconds()),
                                    "[1-9]\\d{0,4}")
                            .changedAtOnce(),
                    Property.optional(
                                    SCRUB_RATE,
                                    "how many kB of each replica's bodies are read and checked a second, 0 for none",
                                    Long.toString(Schedule.DEFAULT.scrubBytesPerSecond() >> 10),
                                    "0|[1-9]\\d{0,5}")
                            .changedAtOnce()));

    @Override
    public ResourceTypeFacts facts() {
        return FACTS;
    }

    @Override
    public Resource open(ServiceContext context) {
        return new Attendant(context.housekeeper());
    }

    /// A virtual server's attendant, if it has one.
    static Optional<VirtualServer.Resource> of(VirtualServer server) {
        return server.resources().values().stream()
                .filter(resource -> resource.type().equals(TYPE))
                .findFirst();
    }

    /// How housekeeping is done, by an attendant's properties.
    static Schedule schedule(SortedMap<String, String> set) {
        SortedMap<String, String> properties = FACTS.completed(set);
        return new Schedule(
                Schedule.DEFAULT.expireEvery(),
                Schedule.DEFAULT.records(),
                Duration.ofDays(Long.parseLong(properties.get(EXPUNGE_HISTORY))),
                Duration.ofSeconds(Long.parseLong(properties.get(COMPACT_EVERY))),
                Long.parseLong(properties.get(SCRUB_RATE)) << 10);
    }

    /// One virtual server's.
    private record Attendant(ServiceContext.Housekeeper housekeeper) implements Resource {
        @Override
        public void online() {
            housekeeper.expire(true);
        }

        @Override
        public void offline() {
            housekeeper.expire(false);
        }

        @Override
        public void terminate() {
            housekeeper.expire(false);
        }

        @Override
        public boolean looksAlive() {
            return housekeeper.trouble().isEmpty();
        }

        @Override
        public boolean isAlive() {
            return looksAlive();
        }

        @Override
        public void close() {
            housekeeper.expire(false);
        }
    }
}
