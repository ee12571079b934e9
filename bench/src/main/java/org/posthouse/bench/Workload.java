package org.posthouse.bench;

import java.io.IOException;
import java.time.Duration;

/// Something to measure on a server, in turns.
interface Workload {
    /// What tables call it.
    String name();

    /// How many connections work at the same time.
    int connections();

    /// What its rate counts.
    Measured.Unit unit();

    /// Brings the server into the state that the turns need, and warms it up; not measured.
    void prepare(Target target) throws IOException;

    /// One turn.
    ///
    /// @param duration about how long it should take
    /// @throws IOException if the server failed, or what it acknowledged cannot be read
    Measured turn(Target target, Duration duration) throws IOException;
}
