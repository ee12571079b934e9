package org.posthouse.cluster;

import java.util.SortedMap;
import java.util.TreeMap;

/// What a command's sender is told.
///
/// @param accepted whether the command was carried out (or had nothing to do)
/// @param message a sentence for an operator: what happens now, or which rule refused and what would be allowed
/// @param values answers for a program, e.g. `virtual-server` of a new user
public record Reply(boolean accepted, String message, SortedMap<String, String> values) {

    static Reply done(String message) {
        return new Reply(true, message, new TreeMap<>());
    }

    static Reply done(String message, String key, String value) {
        SortedMap<String, String> values = new TreeMap<>();
        values.put(key, value);
        return new Reply(true, message, values);
    }

    static Reply refused(String message) {
        return new Reply(false, message, new TreeMap<>());
    }

    static Reply refused(String message, String key, String value) {
        SortedMap<String, String> values = new TreeMap<>();
        values.put(key, value);
        return new Reply(false, message, values);
    }
}
