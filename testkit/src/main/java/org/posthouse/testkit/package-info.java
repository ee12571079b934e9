/// Fakes and test tools.
package org.posthouse.testkit;
