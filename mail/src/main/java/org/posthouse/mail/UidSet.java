package org.posthouse.mail;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.function.LongConsumer;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

/// A set of UIDs (or sequence numbers) as ascending, disjoint, non-touching ranges. Immutable.
public final class UidSet {
    /// The empty set.
    public static final UidSet EMPTY = new UidSet(new long[0]);

    private final long[] bounds; // first, last, first, last, ...

    private UidSet(long[] bounds) {
        this.bounds = bounds;
    }

    /// The numbers given, in any order.
    public static UidSet of(long... numbers) {
        long[] sorted = numbers.clone();
        Arrays.sort(sorted);
        Builder builder = new Builder();
        for (long number : sorted) {
            builder.add(number);
        }
        return builder.build();
    }

    /// The numbers given, in any order.
    public static UidSet of(Collection<Long> numbers) {
        return of(numbers.stream().mapToLong(Long::longValue).toArray());
    }

    /// All numbers from `first` to `last`, both included.
    public static UidSet range(long first, long last) {
        return first > last ? EMPTY : new UidSet(new long[] {first, last});
    }

    /// The union of ranges in any order; each has two elements, in any order.
    public static UidSet ofRanges(List<long[]> ranges) {
        List<long[]> sorted = new ArrayList<>();
        for (long[] range : ranges) {
            sorted.add(new long[] {Math.min(range[0], range[1]), Math.max(range[0], range[1])});
        }
        sorted.sort((a, b) -> Long.compare(a[0], b[0]));
        Builder builder = new Builder();
        for (long[] range : sorted) {
            builder.add(range[0], range[1]);
        }
        return builder.build();
    }

    /// Reads `1:3,7`: numbers and ranges, no star.
    ///
    /// @throws IllegalArgumentException if the text is not of that form
    public static UidSet parse(String text) {
        if (text.isEmpty()) {
            return EMPTY;
        }
        List<long[]> ranges = new ArrayList<>();
        for (String part : text.split(",", -1)) {
            int colon = part.indexOf(':');
            long first = Long.parseLong(colon < 0 ? part : part.substring(0, colon));
            long last = colon < 0 ? first : Long.parseLong(part.substring(colon + 1));
            ranges.add(new long[] {first, last});
        }
        return ofRanges(ranges);
    }

    /// Whether nothing is in it.
    public boolean isEmpty() {
        return bounds.length == 0;
    }

    /// How many numbers.
    public long count() {
        long count = 0;
        for (int i = 0; i < bounds.length; i += 2) {
            count += bounds[i + 1] - bounds[i] + 1;
        }
        return count;
    }

    /// Whether a number is in it.
    public boolean contains(long number) {
        int low = 0;
        int high = bounds.length / 2 - 1;
        while (low <= high) {
            int middle = (low + high) >>> 1;
            if (number < bounds[2 * middle]) {
                high = middle - 1;
            } else if (number > bounds[2 * middle + 1]) {
                low = middle + 1;
            } else {
                return true;
            }
        }
        return false;
    }

    /// Those from one place in the set to another, counted from 0.
    ///
    /// @param to behind the last
    public UidSet slice(long from, long to) {
        Builder chosen = new Builder();
        long before = 0;
        for (int i = 0; i < bounds.length && before < to; i += 2) {
            long size = bounds[i + 1] - bounds[i] + 1;
            long first = bounds[i] + Math.max(0, from - before);
            long last = bounds[i] + Math.min(size, to - before) - 1;
            if (first <= last) {
                chosen.add(first, last);
            }
            before += size;
        }
        return chosen.build();
    }

    /// What is in both.
    public UidSet and(UidSet other) {
        Builder both = new Builder();
        for (int i = 0, j = 0; i < bounds.length && j < other.bounds.length; ) {
            long first = Math.max(bounds[i], other.bounds[j]);
            long last = Math.min(bounds[i + 1], other.bounds[j + 1]);
            if (first <= last) {
                both.add(first, last);
            }
            if (bounds[i + 1] < other.bounds[j + 1]) {
                i += 2;
            } else {
                j += 2;
            }
        }
        return both.build();
    }

    /// What is in this, but not in the other.
    public UidSet minus(UidSet other) {
        Builder rest = new Builder();
        int j = 0;
        for (int i = 0; i < bounds.length; i += 2) {
            long first = bounds[i];
            while (j < other.bounds.length && other.bounds[j] <= bounds[i + 1]) {
                if (other.bounds[j] > first) {
                    rest.add(first, other.bounds[j] - 1);
                }
                first = Math.max(first, other.bounds[j + 1] + 1);
                if (other.bounds[j + 1] > bounds[i + 1]) {
                    break; // may reach into the next range
                }
                j += 2;
            }
            if (first <= bounds[i + 1]) {
                rest.add(first, bounds[i + 1]);
            }
        }
        return rest.build();
    }

    /// How many ranges.
    public int ranges() {
        return bounds.length / 2;
    }

    /// First number of a range.
    public long first(int range) {
        return bounds[2 * range];
    }

    /// Last number of a range.
    public long last(int range) {
        return bounds[2 * range + 1];
    }

    /// Every number, ascending.
    public void forEach(LongConsumer action) {
        for (int i = 0; i < bounds.length; i += 2) {
            for (long number = bounds[i]; number <= bounds[i + 1]; number++) {
                action.accept(number);
            }
        }
    }

    /// Every number, ascending.
    public LongStream stream() {
        // Not by concatenation, which nests: ten thousand ranges would overflow the stack.
        return IntStream.range(0, ranges()).boxed().flatMapToLong(i -> LongStream.rangeClosed(first(i), last(i)));
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof UidSet set && Arrays.equals(bounds, set.bounds);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(bounds);
    }

    /// As IMAP writes it: `1:3,7`.
    @Override
    public String toString() {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < bounds.length; i += 2) {
            if (i > 0) {
                text.append(',');
            }
            text.append(bounds[i]);
            if (bounds[i + 1] != bounds[i]) {
                text.append(':').append(bounds[i + 1]);
            }
        }
        return text.toString();
    }

    /// Collects ascending numbers.
    public static final class Builder {
        private long[] bounds = new long[8];
        private int length;

        /// Adds a number not below any added before.
        public Builder add(long number) {
            return add(number, number);
        }

        /// Adds a range that does not begin below the beginning of any added before.
        public Builder add(long first, long last) {
            if (length > 0 && first <= bounds[length - 1] + 1) {
                if (first < bounds[length - 2]) {
                    throw new IllegalArgumentException("not ascending: " + first);
                }
                bounds[length - 1] = Math.max(bounds[length - 1], last);
                return this;
            }
            if (length == bounds.length) {
                bounds = Arrays.copyOf(bounds, length * 2);
            }
            bounds[length++] = first;
            bounds[length++] = last;
            return this;
        }

        /// The set.
        public UidSet build() {
            return length == 0 ? EMPTY : new UidSet(Arrays.copyOf(bounds, length));
        }
    }
}
