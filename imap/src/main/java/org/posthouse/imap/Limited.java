package org.posthouse.imap;

import org.posthouse.mail.UidSet;

/// The messages that one command deals with where there is a limit on how many that may be (RFC 9738): those with the
/// highest UIDs. The client goes on below.
///
/// @param sequences of those
/// @param code the response code that says that there were more, or `""`
record Limited(UidSet sequences, String code) {

    static Limited of(Session session, UidSet sequences) {
        int messagesMax = session.limits().messagesMax();
        if (messagesMax == 0 || sequences.count() <= messagesMax) {
            return new Limited(sequences, "");
        }
        UidSet highest = highest(sequences, messagesMax);
        long lowestUid = session.selected().uid(highest.first(0));
        return new Limited(highest, code(messagesMax) + " " + lowestUid);
    }

    /// Of a command that does not go at all with so many messages.
    static String code(int messagesMax) {
        return "MESSAGELIMIT " + messagesMax;
    }

    private static UidSet highest(UidSet sequences, int count) {
        int range = sequences.ranges() - 1;
        long left = count;
        while (sequences.last(range) - sequences.first(range) + 1 < left) {
            left -= sequences.last(range) - sequences.first(range) + 1;
            range--;
        }
        UidSet.Builder highest = new UidSet.Builder();
        highest.add(sequences.last(range) - left + 1, sequences.last(range));
        for (int next = range + 1; next < sequences.ranges(); next++) {
            highest.add(sequences.first(next), sequences.last(next));
        }
        return highest.build();
    }
}
