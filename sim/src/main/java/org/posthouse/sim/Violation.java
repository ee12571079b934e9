package org.posthouse.sim;

/// An invariant does not hold.
final class Violation extends RuntimeException {
    private final Invariant invariant;

    Violation(Invariant invariant, String what) {
        super(invariant + " does not hold: " + what);
        this.invariant = invariant;
    }

    Invariant invariant() {
        return invariant;
    }

    /// @throws Violation if it does not hold
    static void unless(boolean holds, Invariant invariant, String what) {
        if (!holds) {
            throw new Violation(invariant, what);
        }
    }
}
