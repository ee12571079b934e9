/// The cluster service's core, pure: no clock, thread, socket, file, random number or log call. Time comes in as a
// value.
package org.posthouse.cluster;
