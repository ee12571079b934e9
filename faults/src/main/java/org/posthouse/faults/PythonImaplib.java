package org.posthouse.faults;

import java.io.IOException;
import java.time.Duration;
import java.util.Map;

/// Python's imaplib: the script `ask_imaplib.py` looks at each answer.
final class PythonImaplib implements MailClient {
    private static final Duration LIMIT = Duration.ofMinutes(2);

    @Override
    public String name() {
        return "imaplib";
    }

    @Override
    public Map<String, String> programs() {
        return Map.of("python3", "python3");
    }

    @Override
    public void use(ClientDesk desk) throws IOException {
        String said = desk.run(
                LIMIT,
                "python3",
                desk.script("ask_imaplib.py").toString(),
                "127.0.0.1",
                desk.port(),
                desk.user(),
                desk.password(),
                desk.authority().toString());
        desk.report().expect(said.contains("answers as they should be"), "imaplib: %s", said.strip());
        // It appended 40, moved one away, expunged four, and heard of one more while it idled.
        try (var client = desk.connect()) {
            desk.expectSame(
                    client.command("STATUS imaplib (MESSAGES UNSEEN)")
                            .getFirst()
                            .text(),
                    "STATUS imaplib (MESSAGES 36 UNSEEN 17)",
                    "imaplib: what is left on the server");
            client.logout();
        }
    }
}
