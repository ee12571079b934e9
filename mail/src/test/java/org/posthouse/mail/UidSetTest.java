package org.posthouse.mail;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.BitSet;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/// Intersection and difference, against bit sets.
class UidSetTest {
    private static final int NUMBERS = 40;

    private static UidSet of(BitSet bits) {
        return UidSet.of(bits.stream().asLongStream().toArray());
    }

    @Test
    void slices() {
        UidSet set = UidSet.ofRanges(List.of(new long[] {3, 5}, new long[] {9, 9}, new long[] {20, 29}));
        assertThat(set.slice(0, 14)).isEqualTo(set);
        assertThat(set.slice(0, 2)).hasToString("3:4");
        assertThat(set.slice(2, 5)).hasToString("5,9,20");
        assertThat(set.slice(13, 100)).hasToString("29");
        assertThat(set.slice(14, 100).isEmpty()).isTrue();
        assertThat(set.slice(5, 5).isEmpty()).isTrue();
        assertThat(UidSet.EMPTY.slice(0, 1).isEmpty()).isTrue();
    }

    @Test
    void someSets() {
        assertThat(UidSet.parse("1:10").minus(UidSet.parse("3:4,9:12"))).hasToString("1:2,5:8");
        assertThat(UidSet.parse("1:3,5:7,9:11").minus(UidSet.parse("2:10"))).hasToString("1,11");
        assertThat(UidSet.parse("1:3,7").and(UidSet.parse("3:7,9"))).hasToString("3,7");
        assertThat(UidSet.EMPTY.minus(UidSet.parse("1")).and(UidSet.parse("1"))).isEqualTo(UidSet.EMPTY);
    }

    @Test
    void manySets() {
        Random random = new Random(7);
        for (int round = 0; round < 2_000; round++) {
            BitSet a = new BitSet();
            BitSet b = new BitSet();
            for (int number = 1; number <= NUMBERS; number++) {
                a.set(number, random.nextInt(3) > 0);
                b.set(number, random.nextBoolean());
            }
            BitSet both = (BitSet) a.clone();
            both.and(b);
            BitSet rest = (BitSet) a.clone();
            rest.andNot(b);
            assertThat(of(a).and(of(b))).isEqualTo(of(both));
            assertThat(of(a).minus(of(b))).isEqualTo(of(rest));
        }
    }
}
