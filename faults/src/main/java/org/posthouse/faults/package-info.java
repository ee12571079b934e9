/// Real processes under faults.
package org.posthouse.faults;
