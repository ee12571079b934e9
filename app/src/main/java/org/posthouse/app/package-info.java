/// Configuration, wiring and command line: the product's only `main` ([Main]), which is also what each node and
/// front end of a sample cluster runs.
///
/// A sample cluster on disk, below DIR (default `./data`):
/// ```
/// cluster.json          how many nodes, virtual servers, front ends; everything else follows (SampleCluster)
/// ca/                   the cluster's certificate authority, its key too: outside of the nodes' folders
/// operator/tls/         the command line's certificate
/// n1/ ... nK/           one folder a node
///   tls/                its certificate towards its peers, and server.pem/.key towards mail clients
///   forming             there until the node has formed its groups for the first time
///   raft/ store/        what it replicates (packages replication and mailstore)
///   run/pid log/        its process and its logs
/// f1/ ... fM/           one folder a front end: tls/, run/, log/
/// ```
///
/// Read first: [Main], [UpCommand], [NodeProcess].
package org.posthouse.app;
