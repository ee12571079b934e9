package org.posthouse.faults;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class FiguresTest {
    @Test
    void percentilesAreNearestRanks() {
        Figures figures = new Figures();
        assertThat(figures.median()).isNaN();
        figures.addAll(List.of(30.0, 10.0, 20.0));
        figures.add(40.0);
        assertThat(figures.at(0)).isEqualTo(10);
        assertThat(figures.median()).isEqualTo(20);
        assertThat(figures.at(75)).isEqualTo(30);
        assertThat(figures.at(99)).isEqualTo(40);
        assertThat(figures.at(100)).isEqualTo(40);
        assertThat(figures).hasToString("4 measured: min 10 ms, median 20 ms, p99 40 ms, max 40 ms");
    }
}
