package org.posthouse.mailstore;

import java.util.Collections;
import java.util.SortedMap;
import java.util.TreeMap;
import org.posthouse.mail.Rights;

/// Who may do what with a mailbox (RFC 4314): rights by identifier, which is a user's canonical address or `anyone`;
/// with `-` before it, rights that are withheld. Immutable.
///
/// @param entries sorted; none of them empty
public record Acl(SortedMap<String, Rights> entries) {
    /// Everybody.
    public static final String ANYONE = "anyone";
    /// Nobody is named: the owner may do everything, others nothing.
    public static final Acl NONE = new Acl(Collections.emptySortedMap());

    /// Takes over what is given, which must not change any more.
    public Acl {
        entries = Collections.unmodifiableSortedMap(entries);
    }

    /// What a user may do: what is granted to the user and to anyone, without what is withheld from either. An owner
    /// who is not named has everything, and one who is cannot lose [Rights#OWNERS].
    public Rights of(String user, String owner) {
        boolean owns = user.equals(owner);
        if (entries.isEmpty()) {
            return owns ? Rights.ALL : Rights.NONE;
        }
        Rights granted = entries.getOrDefault(user, owns ? Rights.ALL : Rights.NONE)
                .plus(entries.getOrDefault(ANYONE, Rights.NONE))
                .minus(entries.getOrDefault("-" + user, Rights.NONE))
                .minus(entries.getOrDefault("-" + ANYONE, Rights.NONE));
        return owns ? granted.plus(Rights.OWNERS) : granted;
    }

    /// With other rights for one identifier; none at all removes it.
    Acl with(String identifier, Rights rights) {
        SortedMap<String, Rights> changed = new TreeMap<>(entries);
        if (rights.bits() == 0) {
            changed.remove(identifier);
        } else {
            changed.put(identifier, rights);
        }
        return changed.isEmpty() ? NONE : new Acl(changed);
    }

    void encode(ByteWriter out) {
        out.number(entries.size());
        entries.forEach((identifier, rights) -> out.text(identifier).number(rights.bits()));
    }

    static Acl decode(ByteReader in) {
        int count = in.count();
        if (count == 0) {
            return NONE;
        }
        SortedMap<String, Rights> entries = new TreeMap<>();
        for (int i = 0; i < count; i++) {
            entries.put(in.text(), new Rights(in.smallNumber()));
        }
        return new Acl(entries);
    }
}
