package org.posthouse.app;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.posthouse.cluster.ClusterImage;
import org.posthouse.cluster.Command.Move;
import org.posthouse.cluster.Command.MoveReplica;
import org.posthouse.cluster.Rebalancing;
import org.posthouse.cluster.Rebalancing.OwnerStep;
import org.posthouse.cluster.Rebalancing.ReplicaStep;
import org.posthouse.cluster.Rebalancing.Step;
import org.posthouse.cluster.VirtualServer;

/// Carries a plan of [Rebalancing] out, one step after the other; after each it is planned anew.
final class Rebalance {
    private static final Duration MOVED_MAX = Duration.ofSeconds(60);
    private static final Duration SAFE_MAX = Duration.ofMinutes(3);
    private static final Duration FILLED_MAX = Duration.ofHours(12);
    private static final int STEPS_MAX = 1_000;

    private Rebalance() {}

    /// @param said told each step
    /// @return how it ended
    static String carryOut(ClusterControl control, boolean dryRun, Consumer<Object> said) throws IOException {
        List<Step> plan = Rebalancing.plan(control.image());
        if (dryRun) {
            plan.forEach(step -> said.accept(text(step)));
            return plan.isEmpty() ? "Balanced: nothing is to be moved." : "Nothing was moved.";
        }
        int done = 0;
        while (!plan.isEmpty()) {
            if (done == STEPS_MAX) {
                throw new IOException("still not balanced after " + STEPS_MAX + " steps; give the command again");
            }
            Step step = plan.getFirst();
            said.accept(text(step));
            carryOut(control, step);
            done++;
            plan = Rebalancing.plan(control.image());
        }
        return done == 0 ? "Balanced: nothing is to be moved." : "Balanced, in " + done + " steps.";
    }

    private static String text(Step step) {
        String what = step instanceof OwnerStep ? "" : "its replica on ";
        return step.virtualServer() + ": " + what + step.from() + " -> " + step.to() + " (" + step.reason() + ")";
    }

    private static void carryOut(ClusterControl control, Step step) throws IOException {
        String name = step.virtualServer();
        switch (step) {
            case OwnerStep owner -> {
                boolean safe = survives(control.status(), name);
                var unused = control.submit(new Move(name, owner.to()));
                control.awaitMove(MOVED_MAX, name, owner.to());
                if (safe) {
                    // The next step is planned from where heirs and replicas are by then.
                    control.await(
                            SAFE_MAX, name + " to survive the loss of its new owner", status -> survives(status, name));
                }
            }
            case ReplicaStep replica -> {
                var unused = control.submit(new MoveReplica(name, replica.from(), replica.to()));
                awaitReplica(control, name, replica.to());
            }
        }
    }

    private static boolean survives(JsonNode status, String name) throws IOException {
        return ClusterControl.virtualServer(status, name)
                .path("survivesOwnerLoss")
                .asBoolean();
    }

    /// Waits until a node's replica of a virtual server counts.
    static void awaitReplica(ClusterControl control, String name, String to) throws IOException {
        control.await(FILLED_MAX, "the replica of " + name + " on " + to, _ -> {
            ClusterImage image = control.image();
            VirtualServer server = Optional.ofNullable(image.virtualServers().get(name))
                    .orElseThrow(() -> new IOException(name + " was deleted"));
            boolean settled = server.replicas().change().isEmpty();
            if (settled && !server.replicas().on(to)) {
                throw new IOException("the change was given up; 'posthouse events --about " + name + "' says why");
            }
            return settled;
        });
    }
}
