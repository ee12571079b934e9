package org.posthouse.cluster;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/// What a node knows of a kind of resource: enough to decide an operator's command about one without having it.
///
/// @param name in the image, e.g. `imap`
/// @param what it is, a sentence for operators
/// @param single whether a virtual server has one of it at most
/// @param needsLease whether two nodes must never have one online at the same time though nothing in it would
///     notice (an address, an outside program): it comes online only under the node lease ([LeaseBook])
/// @param properties that one may have, in the order in which they are explained
public record ResourceTypeFacts(
        String name, String what, boolean single, boolean needsLease, List<Property> properties) {

    /// The storage group's own type, which every node has: its resource is online while the gate is open.
    public static final ResourceTypeFacts STORAGE_GROUP = new ResourceTypeFacts(
            "storage-group",
            "A virtual server's mail, replicated or in a shared folder; every virtual server has one and keeps it.",
            true,
            false,
            List.of(
                    Property.optional(
                            SharedStorage.FOLDER,
                            "an absolute folder, mounted on all possible owners, that holds the mail instead of"
                                    + " replicas; letters, digits and . _ @ : + - in its names",
                            "",
                            SharedStorage.FOLDER_FORMAT),
                    Property.optional(
                            SharedStorage.FENCING,
                            "what ends a lost node's access to that folder: 'none', 'storage' (reservations, a"
                                    + " blocklist) or 'node' (it is turned off)",
                            "none",
                            "none|storage|node")));

    /// A property of a resource.
    ///
    /// @param what it is for, and what it may be: a refusal quotes it
    /// @param standard what it is when it was not set
    /// @param required whether it must be set; then its standard says nothing
    /// @param format a regular expression that a value matches as a whole
    /// @param atOnce whether a change holds at once on all nodes; else from when one is next brought online
    public record Property(
            String name,
            String what,
            String standard,
            boolean required,
            String format,
            @JsonInclude(JsonInclude.Include.NON_DEFAULT) boolean atOnce) {

        /// One that must be set.
        public static Property required(String name, String what, String format) {
            return new Property(name, what, "", true, format, false);
        }

        /// One that may be set.
        public static Property optional(String name, String what, String standard, String format) {
            return new Property(name, what, standard, false, format, false);
        }

        /// The same, and a change holds at once.
        public Property changedAtOnce() {
            return new Property(name, what, standard, required, format, true);
        }
    }

    /// The property of that name.
    public Optional<Property> property(String property) {
        return properties.stream().filter(each -> each.name().equals(property)).findFirst();
    }

    /// What holds when only these were set: with the standards of the others.
    public SortedMap<String, String> completed(SortedMap<String, String> set) {
        SortedMap<String, String> all = new TreeMap<>();
        properties.forEach(property -> all.put(property.name(), property.standard()));
        all.putAll(set);
        return Collections.unmodifiableSortedMap(all);
    }

    /// Checks the properties that a resource is to have.
    ///
    /// @return what is wrong with them and what would be right; empty if nothing is
    public Optional<String> wrong(SortedMap<String, String> given) {
        for (String set : given.keySet()) {
            Optional<String> wrong = wrong(set, given.get(set));
            if (wrong.isPresent()) {
                return wrong;
            }
        }
        return properties.stream()
                .filter(property -> property.required() && !given.containsKey(property.name()))
                .findFirst()
                .map(property -> "a resource of type " + name + " needs the property " + property.name() + ": "
                        + property.what());
    }

    private Optional<String> wrong(String property, String value) {
        Optional<Property> known = property(property);
        if (known.isEmpty()) {
            return Optional.of("a resource of type " + name + " has no property '" + property + "'; it has "
                    + properties.stream().map(Property::name).toList());
        }
        return value.matches(known.get().format())
                ? Optional.empty()
                : Optional.of(
                        property + " cannot be '" + value + "': " + known.get().what());
    }
}
