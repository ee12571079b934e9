/// Benchmarks of mail servers, ours and others, over the network and with real clients only.
///
/// `./posthouse bench` ([BenchCommand]) runs [Match]es: one or two [Target]s under the same [Workload]s in turns
/// (A B A B). Every report opens with the conditions ([Machine]): CPUs, load, Java, and what the disk alone does in
/// the same minute. Figures are printed, never asserted. What is counted was acknowledged *and* is readable by IMAP.
///
/// On disk: temporary folders below `--dir` only, deleted at the end.
///
/// Read [BenchCommand], [Match] and [DeliveryLoad] first.
package org.posthouse.bench;
