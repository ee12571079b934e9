package org.posthouse.wire;

import java.util.SortedMap;

/// The first message of a stream or the head of a call.
///
/// @param kind which service it is for, e.g. `imap`, `deliver`, `locate`, `routes`, `snapshot`, `control`
/// @param fields what that service needs to know, all together at most 64 kB
public record Opening(String kind, SortedMap<String, String> fields) {

    /// A field that must be there.
    ///
    /// @throws IllegalArgumentException if it is not
    public String field(String name) {
        String value = fields.get(name);
        if (value == null) {
            throw new IllegalArgumentException("'" + kind + "' needs the field '" + name + "'");
        }
        return value;
    }
}
