package org.posthouse.mail;

/// A set of rights to a mailbox (RFC 4314 section 2.1), one bit a letter.
///
/// @param bits a union of the constants here
public record Rights(int bits) {
    /// `l`: the mailbox is shown.
    public static final int LOOKUP = 1;
    /// `r`: it can be selected and read.
    public static final int READ = 2;
    /// `s`: `\Seen` may be changed.
    public static final int SEEN = 4;
    /// `w`: other flags may be changed.
    public static final int WRITE = 8;
    /// `i`: messages may be put in.
    public static final int INSERT = 16;
    /// `p`: mail may be sent to it.
    public static final int POST = 32;
    /// `k`: mailboxes may be made below it.
    public static final int CREATE = 64;
    /// `x`: it may be deleted and renamed.
    public static final int DELETE = 128;
    /// `t`: `\Deleted` may be changed.
    public static final int DELETE_MESSAGES = 256;
    /// `e`: messages may be expunged.
    public static final int EXPUNGE = 512;
    /// `a`: its access control list may be read and changed.
    public static final int ADMINISTER = 1024;

    private static final String LETTERS = "lrswipkxtea";

    /// None.
    public static final Rights NONE = new Rights(0);
    /// All.
    public static final Rights ALL = new Rights((1 << LETTERS.length()) - 1);
    /// What an owner cannot lose: to see a mailbox, and to say who else may do what.
    public static final Rights OWNERS = new Rights(LOOKUP | ADMINISTER);

    /// From letters. The old `c` and `d` stand for `kx` and `te` (RFC 4314 section 2.1.1).
    ///
    /// @throws IllegalArgumentException for a letter that is no right
    public static Rights of(String letters) {
        int bits = 0;
        for (int i = 0; i < letters.length(); i++) {
            char letter = letters.charAt(i);
            int at = LETTERS.indexOf(letter);
            if (at >= 0) {
                bits |= 1 << at;
            } else if (letter == 'c') {
                bits |= CREATE | DELETE;
            } else if (letter == 'd') {
                bits |= DELETE_MESSAGES | EXPUNGE;
            } else {
                throw new IllegalArgumentException("no such right: " + letter);
            }
        }
        return new Rights(bits);
    }

    /// Whether all of these are among them.
    public boolean has(int wanted) {
        return (bits & wanted) == wanted;
    }

    /// Whether any of these is among them.
    public boolean hasAny(int wanted) {
        return (bits & wanted) != 0;
    }

    /// These and those.
    public Rights plus(Rights other) {
        return new Rights(bits | other.bits);
    }

    /// These without those.
    public Rights minus(Rights other) {
        return new Rights(bits & ~other.bits);
    }

    /// The letters, without the old ones.
    public String letters() {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < LETTERS.length(); i++) {
            if ((bits & 1 << i) != 0) {
                text.append(LETTERS.charAt(i));
            }
        }
        return text.toString();
    }

    /// The letters as a client is shown them: with `c` and `d` for those that know only RFC 2086 (RFC 4314 section
    /// 2.1.1).
    @Override
    public String toString() {
        String old = (hasAny(CREATE | DELETE) ? "c" : "") + (hasAny(DELETE_MESSAGES | EXPUNGE) ? "d" : "");
        return letters() + old;
    }
}
