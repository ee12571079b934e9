/// Real processes under faults: campaigns that break a sample cluster and check what DESIGN.md section 1 promises.
///
/// `./posthouse faults NAME` ([FaultsCommand]) runs one. Each starts its own cluster through `./posthouse up` in a
/// temporary folder on free ports, puts a [Load] on it, does its faults, reads everything back by IMAP ([Reading])
/// and lets the [Ledger] compare every answer with what is there. An *expectation* that fails fails the campaign; a
/// *goal* (a time, a ratio) is printed, and fails it under `--strict` only.
///
/// Promises: every wait has a deadline; every process of the cluster is ended, by its id, also when the campaign
/// fails; the same seed makes the same choices.
///
/// On disk: `posthouse-faults*` below `--dir`, left in place when something failed (or with `--keep`).
///
/// Read [Ledger], [Load], [Campaign] and [KillRounds] first.
package org.posthouse.faults;
