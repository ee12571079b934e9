package org.posthouse.cluster;

import com.fasterxml.jackson.annotation.JsonIgnore;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/// Which certificate each node shows to the others, and which of earlier ones are refused: that of a node that was
/// evicted, and the one before of a node that shows another. Nobody keeps a list of all that were ever issued; what a
/// node shows, the coordinator sees on its links.
///
/// Only what is refused is listed, so a node whose image is old refuses nobody whom the newest image lets in.
///
/// @param shown the newest, by node
/// @param revoked what is refused until it expires, in the order in which that began, at most [#REVOKED_MAX]
public record Certificates(SortedMap<String, Certificate> shown, List<Revoked> revoked) {
    /// As it is in an image of an earlier feature level.
    public static final Certificates NONE = new Certificates(Collections.emptySortedMap(), List.of());

    /// From this feature level on certificates are noted.
    public static final int LEVEL = 3;

    /// Of more than these the one that expires first is dropped. A cluster has 64 nodes, and each is replaced rarely.
    public static final int REVOKED_MAX = 1000;

    /// A certificate.
    ///
    /// @param fingerprint SHA-256 of it, 64 hexadecimal digits
    /// @param expires milliseconds since 1970 when it is not good any more by itself
    public record Certificate(String fingerprint, long expires) {}

    /// A certificate that is refused.
    ///
    /// @param node that showed it
    /// @param evicted whether that was evicted; else it shows another one since
    /// @param at milliseconds since 1970
    public record Revoked(Certificate certificate, String node, boolean evicted, long at) {

        /// With this word the line begins.
        public static final String WORD = "revoked";

        /// As front ends are told it: `revoked fingerprint expires node evicted at`.
        public String line() {
            return String.join(
                    " ",
                    WORD,
                    certificate.fingerprint(),
                    Long.toString(certificate.expires()),
                    node,
                    Boolean.toString(evicted),
                    Long.toString(at));
        }

        /// The inverse of [#line].
        ///
        /// @throws IllegalArgumentException if it is no such line
        public static Revoked parse(String line) {
            if (!line.matches(WORD + " [0-9a-f]{64} \\d{1,18} [^ ]+ (true|false) \\d{1,18}")) {
                throw new IllegalArgumentException("not a certificate that is refused: '" + line + "'");
            }
            String[] words = line.split(" ");
            return new Revoked(
                    new Certificate(words[1], Long.parseLong(words[2])),
                    words[3],
                    Boolean.parseBoolean(words[4]),
                    Long.parseLong(words[5]));
        }

        /// Why it is refused, for operators, on this side and the other.
        @JsonIgnore
        public String reason() {
            String when =
                    Instant.ofEpochMilli(at).truncatedTo(ChronoUnit.SECONDS).toString();
            return evicted
                    ? node + " was evicted from the cluster at " + when + "; this is its certificate from before. To"
                            + " take part again it needs an empty folder and 'posthouse node admit " + node + "'"
                    : "this certificate of " + node + " was replaced by another at " + when + ": if this is an earlier"
                            + " copy of " + node + ", stop it and move its folder away";
        }
    }

    /// For Jackson: an image is written without this as long as there is nothing to write.
    static final class Unwritten {
        @Override
        public boolean equals(Object value) {
            return value == null || NONE.equals(value);
        }

        @Override
        public int hashCode() {
            return 0;
        }
    }

    /// Why each one is refused that is, by fingerprint.
    public SortedMap<String, String> reasons() {
        SortedMap<String, String> reasons = new TreeMap<>();
        revoked.forEach(one -> reasons.put(one.certificate().fingerprint(), one.reason()));
        return reasons;
    }

    /// Whether a node is not known to show this certificate, and may.
    public boolean isNews(String node, Certificate certificate) {
        return !certificate.equals(shown.get(node))
                && revoked.stream().noneMatch(one -> one.certificate().equals(certificate));
    }

    Certificates showing(String node, Certificate certificate, long at) {
        Certificate before = shown.get(node);
        List<Revoked> refused =
                before == null || before.equals(certificate) ? revoked : with(new Revoked(before, node, false, at), at);
        return new Certificates(SortedMaps.with(shown, node, certificate), refused);
    }

    Certificates evicting(String node, long at) {
        Certificate before = shown.get(node);
        return before == null
                ? this
                : new Certificates(SortedMaps.without(shown, node), with(new Revoked(before, node, true, at), at));
    }

    /// After a recovery on one node alone.
    Certificates of(String node) {
        SortedMap<String, Certificate> own = new TreeMap<>(shown);
        own.keySet().retainAll(List.of(node));
        return new Certificates(Collections.unmodifiableSortedMap(own), revoked);
    }

    private List<Revoked> with(Revoked more, long at) {
        List<Revoked> all = new ArrayList<>(revoked);
        all.removeIf(one -> one.certificate().expires() < at);
        all.add(more);
        while (all.size() > REVOKED_MAX) {
            all.remove(Collections.min(
                    all, Comparator.comparingLong(one -> one.certificate().expires())));
        }
        return List.copyOf(all);
    }
}
