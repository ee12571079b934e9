package org.posthouse.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.function.BooleanSupplier;

/// What stories of a model cluster are told with; a step is 100 ms.
abstract class ModelStories {
    ModelCluster cluster;

    final void steps(int count) {
        for (int step = 0; step < count; step++) {
            cluster.step();
        }
    }

    final void await(String what, int most, BooleanSupplier holds) {
        for (int step = 0; step < most && !holds.getAsBoolean(); step++) {
            cluster.step();
        }
        assertThat(holds.getAsBoolean()).as(what + ": " + cluster.image).isTrue();
    }

    final VirtualServer server(String name) {
        return cluster.image.virtualServers().get(name);
    }

    final Survival survival(String name) {
        return Survival.of(cluster.image, cluster.facts(), name);
    }

    final boolean survives(String name) {
        return survival(name).survives();
    }
}
