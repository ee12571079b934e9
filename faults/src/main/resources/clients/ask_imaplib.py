"""What Python's imaplib asks a server, each answer looked at. Arguments: host, port, user, password, file with the
authority's certificate. Ends with code 0 and a line that counts the checks, or at the first answer that is wrong."""
import imaplib
import ssl
import sys
from email import message_from_bytes, policy

host, port, user, password, authority = sys.argv[1:]
trust = ssl.create_default_context(cafile=authority)
checks = 0


def check(what, got, expected):
    global checks
    if got != expected:
        sys.exit(f"{what}: {got!r} and not {expected!r}")
    checks += 1


def ok(answer):
    """The data of an answer that must be OK."""
    check(str(answer), answer[0], "OK")
    return answer[1]


def connect():
    client = imaplib.IMAP4(host, int(port), timeout=60)
    ok(client.starttls(trust))
    ok(client.login(user, password))
    return client


def message(number):
    return (
        f"From: Ann <ann@example.org>\r\nTo: {user}\r\nSubject: imaplib {number}\r\n"
        f"Date: Thu, {1 + number % 28} Jan 2026 10:00:00 +0000\r\nMessage-ID: <imaplib{number}@clients.example>\r\n"
        "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
        f"--b\r\nContent-Type: text/plain; charset=us-ascii\r\n\r\nword{number}\r\n"
        "--b\r\nContent-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n\r\naGVsbG8=\r\n"
        "--b--\r\n"
    ).encode()


def numbers(data):
    return [int(number) for number in data[0].split()]


with connect() as client:
    for mailbox in ("imaplib", "imaplib/copies"):
        ok(client.create(mailbox))
        ok(client.subscribe(mailbox))
    check("LIST", len(ok(client.list('""', "imaplib*"))), 2)
    check("LSUB", len(ok(client.lsub('""', "imaplib*"))), 2)
    for number in range(1, 41):
        flags = "\\Seen" if number % 2 else None
        data = ok(client.append("imaplib", flags, imaplib.Time2Internaldate(1767261600 + number), message(number)))
        check("APPENDUID", data[0].startswith(b"[APPENDUID "), True)
    check("SELECT", ok(client.select("imaplib")), [b"40"])
    check("STATUS", b"MESSAGES 40 UNSEEN 20" in ok(client.status("imaplib", "(MESSAGES UNSEEN)"))[0], True)

    # SEARCH, by what is cheap and what is not.
    for criteria, expected in (
        ("ALL", list(range(1, 41))),
        ("UNSEEN", list(range(2, 41, 2))),
        ("SUBJECT \"imaplib 7\"", [7]),
        ("BODY word33", [33]),
        ("TEXT word3", [3] + list(range(30, 40))),
        ("NOT SEEN 1:6", [2, 4, 6]),
        ("OR (2 UNSEEN) (40 SUBJECT 40)", [2, 40]),
        ("SENTON 5-Jan-2026", [4, 32]),
        ("SINCE 1-Jan-2026 BEFORE 2-Jan-2026 SMALLER 10", []),
        ("HEADER Message-ID <imaplib9@clients.example>", [9]),
    ):
        check("SEARCH " + criteria, numbers(ok(client.search(None, criteria))), expected)
    check("SORT", numbers(ok(client.sort("REVERSE ARRIVAL", "UTF-8", "1:3"))), [3, 2, 1])
    check("THREAD", ok(client.thread("REFERENCES", "UTF-8", "1:3"))[0].count(b"("), 3)

    # FETCH: what came back is what was sent.
    data = ok(client.fetch("7", "(UID FLAGS RFC822.SIZE BODY.PEEK[])"))
    check("FETCH of a body", data[0][1], message(7))
    check("RFC822.SIZE", f"RFC822.SIZE {len(message(7))} ".encode() in data[0][0] + b" ", True)
    check("FETCH BODY[1]", ok(client.fetch("8", "(BODY.PEEK[1])"))[0][1], b"word8")
    check("FETCH partial", ok(client.fetch("8", "(BODY.PEEK[]<0.5>)"))[0][1], b"From:")
    parsed = message_from_bytes(ok(client.fetch("9", "(RFC822.HEADER)"))[0][1], policy=policy.default)
    check("FETCH of a header", parsed["subject"], "imaplib 9")
    check("FETCH BODYSTRUCTURE", b'"application" "octet-stream"' in ok(client.fetch("9", "BODYSTRUCTURE"))[0].lower(), True)
    check("PEEK changes nothing", numbers(ok(client.search(None, "8 UNSEEN"))), [8])
    ok(client.fetch("8", "(BODY[1])"))
    check("BODY[] makes it read", numbers(ok(client.search(None, "8 SEEN"))), [8])

    # STORE, COPY, MOVE, EXPUNGE.
    check("STORE", b"\\Flagged" in ok(client.store("1:10", "+FLAGS", "(\\Flagged)"))[0], True)
    ok(client.store("1:10", "-FLAGS.SILENT", "(\\Flagged)"))
    check("STORE took it back", numbers(ok(client.search(None, "FLAGGED"))), [])
    ok(client.copy("1:5", "imaplib/copies"))
    ok(client.uid("MOVE", "40", "imaplib/copies"))
    check("MOVE", client.response("EXPUNGE")[1], [b"40"])
    ok(client.store("1:4", "+FLAGS.SILENT", "(\\Deleted)"))
    check("EXPUNGE", ok(client.expunge()), [b"1", b"1", b"1", b"1"])
    check("SELECT of copies", ok(client.select("imaplib/copies", readonly=True)), [b"6"])
    check("STORE in EXAMINE", client.store("1", "+FLAGS", "(\\Seen)")[0], "NO")
    check("SELECT of nothing", client.select("imaplib/none")[0], "NO")
    check("NAMESPACE", ok(client.namespace())[0].startswith(b'(("" "/"))'), True)
    check("GETACL", user.encode() in ok(client.getacl("imaplib"))[0], True)
    ok(client.getquotaroot("imaplib"))

    # IDLE, which imaplib of this age does not know: by hand, while another connection appends.
    ok(client.select("imaplib"))
    with connect() as other:
        tag = client._new_tag()
        client.send(tag + b" IDLE\r\n")
        check("IDLE", client.readline()[:1], b"+")
        ok(other.append("imaplib", None, None, message(41)))
        told = [client.readline()]
        while b"EXISTS" not in told[-1]:
            told.append(client.readline())
        check("IDLE tells of the new one", told[-1], b"* 36 EXISTS\r\n")
        client.send(b"DONE\r\n")
        line = client.readline()
        while not line.startswith(tag):
            line = client.readline()
        check("DONE", line.split()[1], b"OK")

# Names and subjects in UTF-8 (RFC 6855). imaplib of this age appends "UTF8 (...)" as the message itself, so another
# connection appends.
with connect() as client, connect() as other:
    ok(client.enable("UTF8=ACCEPT"))
    ok(client.create('"imaplib/Entw\u00fcrfe"'))
    names = b" ".join(ok(other.list('""', "imaplib/*")))
    check("LIST without UTF8=ACCEPT", b"imaplib/Entw&APw-rfe" in names, True)
    unicode = message(42).replace(b"imaplib 42", "Gr\u00fc\u00dfe 42".encode())
    ok(other.append("imaplib/Entw&APw-rfe", None, None, unicode))
    check("SELECT in UTF-8", ok(client.select('"imaplib/Entw\u00fcrfe"')), [b"1"])
    check("SEARCH in UTF-8", numbers(ok(client.search(None, 'SUBJECT "gr\u00fc\u00dfe"'))), [1])
    check("FETCH in UTF-8", ok(client.fetch("1", "(BODY.PEEK[])"))[0][1], unicode)
    check("LOGOUT", other.logout()[0], "BYE")

print(checks, "answers as they should be")
