package org.posthouse.bench;

import java.io.IOException;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/// One or two servers under the same workloads, in turns (A B A B), so that what else the machine does in the
/// meantime hits both.
final class Match {
    private final List<Target> targets;
    private final Duration turn;
    private final int rounds;
    private final PrintWriter out;

    Match(List<Target> targets, Duration turn, int rounds, PrintWriter out) {
        this.targets = targets;
        this.turn = turn;
        this.rounds = rounds;
        this.out = out;
    }

    /// Runs all, printing each turn as it ends, and prints the table.
    void run(List<Workload> workloads) throws IOException {
        Map<Workload, List<Measured>> results = new LinkedHashMap<>();
        for (Workload workload : workloads) {
            results.put(workload, measure(workload));
        }
        out.println();
        out.print(table(results));
        out.flush();
    }

    private List<Measured> measure(Workload workload) throws IOException {
        for (Target target : targets) {
            workload.prepare(target);
        }
        List<Measured> sums = new ArrayList<>();
        for (int round = 0; round < rounds; round++) {
            for (int i = 0; i < targets.size(); i++) {
                Measured measured = workload.turn(targets.get(i), turn);
                if (round == 0) {
                    sums.add(measured);
                } else {
                    sums.set(i, sums.get(i).plus(measured));
                }
                out.printf(
                        Locale.ROOT,
                        "  %-23s %2d connections  round %d  %-24s %10s %s  p50 %s ms  p99 %s ms  load %.1f%n",
                        workload.name(),
                        workload.connections(),
                        round + 1,
                        targets.get(i).name(),
                        measured.rate(workload.unit()),
                        workload.unit().label(),
                        measured.millisAt(50),
                        measured.millisAt(99),
                        Machine.loadAverage());
                out.flush();
            }
        }
        return sums;
    }

    private Table table(Map<Workload, List<Measured>> results) {
        List<String> headings = new ArrayList<>(List.of("workload", "connections"));
        for (Target target : targets) {
            headings.addAll(List.of(target.name(), "", "p50 ms", "p99 ms"));
        }
        if (targets.size() == 2) {
            headings.add("ratio");
        }
        Table table = new Table(headings.toArray(String[]::new));
        results.forEach((workload, measured) -> {
            List<Object> row = new ArrayList<>(List.of(workload.name(), workload.connections()));
            for (Measured each : measured) {
                row.addAll(List.of(
                        each.rate(workload.unit()), workload.unit().label(), each.millisAt(50), each.millisAt(99)));
            }
            if (measured.size() == 2) {
                row.add(String.format(
                        Locale.ROOT,
                        "%.2f",
                        measured.getFirst().perSecond() / measured.getLast().perSecond()));
            }
            table.row(row.toArray());
        });
        return table;
    }
}
