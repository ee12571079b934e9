package org.posthouse.cluster;

/// A virtual server's epoch as the cluster group records it: rises with every change of owner (DESIGN.md section
/// 4). Its text, `generation-index`, is the one that the storage group itself uses.
///
/// @param generation rises at a recovery or a restore, and from one virtual server of a name to the next
/// @param openIndex index of the `Open` entry in the storage group's log
public record OpenEpoch(long generation, long openIndex) implements Comparable<OpenEpoch> {

    /// The inverse of [#toString].
    ///
    /// @throws IllegalArgumentException if the text is not `generation-index`
    public static OpenEpoch parse(String text) {
        int dash = text.indexOf('-');
        if (dash < 1) {
            throw new IllegalArgumentException("not an epoch (generation-index): '" + text + "'");
        }
        return new OpenEpoch(Long.parseLong(text.substring(0, dash)), Long.parseLong(text.substring(dash + 1)));
    }

    @Override
    public int compareTo(OpenEpoch other) {
        int byGeneration = Long.compare(generation, other.generation);
        return byGeneration != 0 ? byGeneration : Long.compare(openIndex, other.openIndex);
    }

    @Override
    public String toString() {
        return generation + "-" + openIndex;
    }
}
