package org.posthouse.mailstore;

/// Rises with every change of owner (DESIGN.md section 4): a generation, then the index of the `Open` entry.
public record Epoch(long generation, long openIndex) implements Comparable<Epoch> {

    /// The inverse of [#toString].
    public static Epoch parse(String text) {
        int dash = text.indexOf('-');
        return new Epoch(Long.parseLong(text.substring(0, dash)), Long.parseLong(text.substring(dash + 1)));
    }

    @Override
    public int compareTo(Epoch other) {
        int byGeneration = Long.compare(generation, other.generation);
        return byGeneration != 0 ? byGeneration : Long.compare(openIndex, other.openIndex);
    }

    @Override
    public String toString() {
        return generation + "-" + openIndex;
    }
}
