package org.posthouse.faults;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.stream.IntStream;
import org.posthouse.faults.ClientDesk.Seen;

/// imapfilter: a script in Lua that searches, flags, copies, moves and deletes.
final class ImapFilter implements MailClient {
    private static final Duration LIMIT = Duration.ofMinutes(2);
    private static final int COUNT = 30;

    @Override
    public String name() {
        return "imapfilter";
    }

    @Override
    public Map<String, String> programs() {
        return Map.of("imapfilter", "imapfilter");
    }

    @Override
    public void use(ClientDesk desk) throws IOException {
        desk.fill("INBOX", 0, COUNT);
        var script = desk.write("config.lua", """
                options.timeout = 60
                options.create = true
                options.subscribe = true
                account = IMAP { server = '127.0.0.1', port = %s, username = '%s', password = '%s' }
                inbox = account.INBOX
                results = inbox:contain_subject('message-1') * inbox:is_unseen() - inbox:match_subject('message-1$')
                results:copy_messages(account['filter/copied'])
                inbox:contain_field('X-Posthouse-Id', 'message-2'):move_messages(account['filter/moved'])
                inbox:match_subject('message-[45]$'):mark_seen()
                inbox:contain_subject('message-6'):add_flags({ 'Work', '\\\\Flagged' })
                inbox:contain_subject('message-7'):delete_messages()
                exist, recent, unread = inbox:check_status()
                print('left ' .. exist .. ', unread ' .. unread)
                """.formatted(desk.port(), desk.user(), desk.password()));
        String said = desk.run(LIMIT, "imapfilter", "-t", desk.authority().toString(), "-c", script.toString());
        desk.report()
                .expect(
                        said.lines().anyMatch(line -> line.equals("left 18, unread 16")),
                        "imapfilter: it sees 18 messages left, 16 of them unread");
        SortedMap<String, Seen> inbox = desk.read("INBOX");
        desk.expectSame(inbox.size(), 18, "imapfilter: left in INBOX on the server");
        desk.expectSame(ids(4, 6), ClientDesk.flagged(inbox, "\\seen"), "imapfilter: what it marked as read");
        desk.expectSame(ids(6, 7), ClientDesk.flagged(inbox, "\\flagged work"), "imapfilter: a keyword and a flag");
        desk.expectSame(List.copyOf(desk.read("filter/copied").keySet()), ids(10, 20), "imapfilter: what it copied");
        desk.expectSame(desk.read("filter/moved").size(), 11, "imapfilter: what it moved");
    }

    private static List<String> ids(int from, int until) {
        return IntStream.range(from, until).mapToObj(ClientDesk::id).toList();
    }
}
