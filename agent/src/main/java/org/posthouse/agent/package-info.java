/// Carries out on a node what the cluster's core decides.
package org.posthouse.agent;
