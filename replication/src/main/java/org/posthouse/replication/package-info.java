/// Hosts Raft groups: the one place that imports Apache Ratis.
package org.posthouse.replication;
