package org.posthouse.imap;

import java.io.IOException;

/// What one command does, top to bottom: read arguments, check, act, write untagged replies. The caller then
/// tells changes and writes the tagged OK.
interface Command {
    /// @param in stands behind the command's name
    /// @return what the tagged OK says
    /// @throws ImapException for any other answer
    /// @throws org.posthouse.mailstore.StoreException for an answer that [ImapException#of] gives
    Completed run(Session session, Decoder in) throws IOException;

    /// The tagged OK.
    ///
    /// @param code a response code without brackets, or `""`
    record Completed(String code, String text) {
        /// The command has answered itself.
        static final Completed ANSWERED = new Completed("", "");

        boolean answered() {
            return text.isEmpty();
        }

        static Completed ok(String text) {
            return new Completed("", text);
        }
    }
}
