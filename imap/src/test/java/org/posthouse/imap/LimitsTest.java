package org.posthouse.imap;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Lists in commands have an end (docs/access.md has the table): one more than that is refused, as many are not, and
/// the conversation goes on.
class LimitsTest {
    private static TestServer server;

    @BeforeAll
    static void start() {
        server = new TestServer();
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    /// `...` in a command stands for what is repeated.
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            ignoreLeadingAndTrailingWhitespace = true,
            value = {
                "FETCH 1 (BODY.PEEK[2]...)                | ' BODY.PEEK[2]'    | 200    | BAD More than 200 items",
                "FETCH 1 (BODY[HEADER.FIELDS (x...)])     | ' x'               | 1000   | BAD More than 1000 header",
                "FETCH 1... FLAGS                         | ',1'               | 20000  | BAD More than 20000 ranges",
                "SORT (DATE...) UTF-8 ALL                 | ' DATE'            | 20     | BAD More than 20 sort",
                "LIST '' (x...)                           | ' x'               | 100    | BAD More than 100 patterns",
                "LIST '' % RETURN (CHILDREN...)           | ' CHILDREN'        | 20     | BAD More than 20 options",
                "GETMETADATA INBOX (/shared/x...)         | ' /shared/x'       | 100    | BAD More than 100 entries",
                "SETMETADATA INBOX (/private/x NIL...)    | ' /private/x NIL'  | 100    | BAD More than 100 entries",
                "URLFETCH x...                            | ' x'               | 100    | BAD More than 100 URLs",
                "LANGUAGE en...                           | ' en'              | 50     | BAD More than 50 languages",
                "ENABLE x...                              | ' x'               | 100    | BAD More than 100 cap",
                "APPEND INBOX {1+}~x...                   | ' {1+}~x'          | 1000   | NO [LIMIT] More than 1000",
            })
    void listsHaveAnEnd(String command, String repeated, int most, String refusal) {
        String line = command.replace("''", "\"\"").replace("~", "\r\n");
        String more = repeated.replace("~", "\r\n");
        MemoryDuplex client = MemoryDuplex.saying(
                "l LOGIN limits@example.org secret",
                "s SELECT INBOX",
                "f APPEND INBOX {1+}\r\nx",
                "a1 " + line.replace("...", more.repeat(most - 1)),
                "a2 " + line.replace("...", more.repeat(most)),
                "a3 NOOP");
        server.server().serve(client, server::logIn);
        assertThat(client.heard()).doesNotContain("a1 " + refusal).contains("a2 " + refusal, "a3 OK");
    }
}
