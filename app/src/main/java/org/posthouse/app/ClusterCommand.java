package org.posthouse.app;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;
import org.posthouse.cluster.FirstPlan;
import org.posthouse.cluster.FirstPlan.PlannedNode;
import org.posthouse.wire.Authority;
import org.posthouse.wire.Join;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// `posthouse cluster create`: makes a real cluster, of one node at first. Others join by token. `recover`: goes on
/// with one node when a majority is lost.
@Command(
        name = "cluster",
        mixinStandardHelpOptions = true,
        description = "Make a cluster on machines of your own; recover one that has lost its majority for good.")
final class ClusterCommand extends OperatorCommand {
    static final String NAME = "[a-z0-9][a-z0-9-]{0,30}";

    @Command(
            name = "create",
            mixinStandardHelpOptions = true,
            description = "Make a cluster, with this machine as its first node: its certificate authority, the node's"
                    + " folder, and what commands need. Nothing is started.")
    int create(
            @Mixin DirOption dir,
            @Parameters(paramLabel = "CLUSTER", description = "Its name, for people.") String name,
            @Option(names = "--node", paramLabel = "NAME", defaultValue = "n1", description = "Name of the node (n1).")
                    String node,
            @Mixin NodeAddress address,
            @Option(
                            names = "--virtual-server",
                            paramLabel = "NAME",
                            defaultValue = "vs1",
                            split = ",",
                            description = "Virtual servers (vs1).")
                    List<String> virtualServers,
            @Option(
                            names = "--domain",
                            paramLabel = "DOMAIN",
                            required = true,
                            split = ",",
                            description = "Domains for which mail is received; the first one's postmaster is meant by"
                                    + " 'postmaster' alone.")
                    List<String> domains)
            throws IOException {
        virtualServers.forEach(server -> requireName("virtual server", server));
        requireName("node", node);
        requireEmpty(dir.path());
        FirstPlan plan;
        UUID id = UUID.randomUUID();
        try {
            plan = new FirstPlan(
                    id.toString(),
                    name,
                    List.of(new PlannedNode(node, address.host(), address.replicationPort(), address.linkPort(), "")),
                    virtualServers.stream()
                            .map(server -> MailServices.planned(
                                    server, domains.getFirst(), Optional.empty(), new TreeMap<>(), new TreeMap<>()))
                            .toList(),
                    domains);
        } catch (IllegalArgumentException e) {
            throw wrong(e.getMessage());
        }
        Machine machine = new Machine(dir.path());
        Files.createDirectories(machine.dir());
        Authority authority = Authority.create(machine.authority(), name);
        List<String> hosts = List.of(address.host());
        Path tls = machine.nodeFolder().resolve("tls");
        authority.issuePeer("node:" + node, hosts, tls);
        authority.issueServer(hosts, tls.resolve(Join.SERVER_KEY_FILE), tls.resolve(Join.SERVER_CHAIN_FILE));
        authority.issuePeer("operator:admin", hosts, machine.dir().resolve("operator/tls"));
        machine.know(node, address.host(), address.linkPort());
        machine.write(new Machine.Forming(plan, System.currentTimeMillis()));
        machine.write(new Machine.NodeFile(
                id, node, address.host(), address.replicationPort(), address.linkPort(), new TreeMap<>()));
        return say(node + " is the first node of " + name + ", in " + machine.dir() + ". Next:\n"
                + "  posthouse node run --dir " + machine.dir() + "         runs it, under systemd for instance\n"
                + "  posthouse node admit NAME --dir " + machine.dir() + "  lets another machine join, by a token"
                + " (--witness: a small one that only votes)\n"
                + "Keep a copy of " + machine.authority() + " away from the nodes: without its key no machine can"
                + " join, and whoever has it can.");
    }

    @Command(
            name = "rebalance",
            mixinStandardHelpOptions = true,
            description = "Move virtual servers and replicas until the nodes carry about the same, e.g. after one has"
                    + " joined: no node owns two virtual servers more than another that has room, each is on its"
                    + " preferred owner where that changes nothing of it, and replicas that are neither an owner's nor"
                    + " an heir's are spread likewise. One after the other; what is moved is served on.")
    int rebalance(
            @Mixin DirOption dir,
            @Option(names = "--dry-run", description = "Only say what would be moved next.") boolean dryRun)
            throws IOException {
        try (ClusterControl control = ClusterControl.open(dir.open())) {
            return say(Rebalance.carryOut(control, dryRun, this::say));
        }
    }

    @Command(
            name = "recover",
            mixinStandardHelpOptions = true,
            description = "When a majority of the cluster is lost for good: go on with one stopped node alone. Without"
                    + " --yes it only tells what that node holds and what would be lost; with --yes it is done. Give"
                    + " it on every survivor, and do it on the one whose log reaches furthest.",
            exitCodeListHeading = "Exit status:%n",
            exitCodeList = {"0:told, or done", "1:refused, or the node holds nothing to go on with"})
    int recover(
            @Mixin DirOption dir,
            @Parameters(paramLabel = "NAME", arity = "0..1", description = "Which node, of a sample cluster.")
                    Optional<String> name,
            @Option(names = "--yes", description = "Do it.") boolean yes,
            @Option(
                            names = "--reason",
                            paramLabel = "TEXT",
                            defaultValue = "a majority was lost for good",
                            description = "For the history (${DEFAULT-VALUE}).")
                    String reason)
            throws IOException {
        Installation installation = dir.open();
        NodeSetup setup =
                switch (installation) {
                    case Machine machine -> machine.node();
                    case ClusterFolder sample -> {
                        String node = name.orElseThrow(() -> wrong("say which node of the sample cluster"));
                        if (!sample.sample().nodeNames().contains(node)) {
                            throw wrong("there is no node '" + node + "' here, but "
                                    + String.join(", ", sample.sample().nodeNames()));
                        }
                        yield sample.node(node);
                    }
                };
        Optional<RecoveryJournal> begun = RecoveryJournal.find(setup.folder());
        if (begun.isPresent()) {
            if (yes) {
                Recovering.finish(installation, setup.folder(), begun.get());
            }
            return say("A recovery of " + setup.name() + " was cut short"
                    + (yes ? "; it is finished now. Start the node." : ": 'cluster recover --yes' finishes it."));
        }
        long now = System.currentTimeMillis();
        Recovering recovering = Recovering.look(installation, setup);
        say(recovering.report(now));
        List<String> objections = recovering.objections();
        if (!objections.isEmpty()) {
            throw new IOException("not to be done: " + String.join(" ", objections));
        }
        if (!yes) {
            return say("Nothing was changed. Look on the other survivors too, if there are any, and recover where the"
                    + " log reaches furthest (the higher term, then the higher entry). The lost nodes must never come"
                    + " back with their old disks. To do it here, give the command again with --yes.");
        }
        recovering.act(reason, now);
        return say(recovering.next());
    }

    private void requireName(String what, String name) {
        if (!name.matches(NAME)) {
            throw wrong("a " + what + " is named with small letters, digits and hyphens, not '" + name + "'");
        }
    }

    /// @throws IOException if the folder holds anything
    static void requireEmpty(Path dir) throws IOException {
        if (Files.isDirectory(dir)) {
            try (var content = Files.list(dir)) {
                if (content.findAny().isPresent()) {
                    throw new IOException(dir + " is not empty: choose another --dir, or empty it");
                }
            }
        }
    }
}
