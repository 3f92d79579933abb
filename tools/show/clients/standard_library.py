"""Python's own smtplib, imaplib and poplib against Staffetta. Ports and accounts come as JSON on stdin."""

import imaplib
import json
import poplib
import smtplib
import ssl
import sys
import time

HOST = "127.0.0.1"
LOOKS_MAX = 200
LOOK_EVERY_SECONDS = 0.1
# A self-signed certificate: the test is about the protocol.
TLS = ssl._create_unverified_context()


def send(house):
    alice, bob = house["alice"], house["bob"]
    with smtplib.SMTP(HOST, house["ports"]["submission"]) as client:
        client.starttls(context=TLS)
        client.login(alice["user"], alice["password"])
        text = "From: {}\r\nTo: {}\r\nSubject: by smtplib\r\n\r\nHello\r\n"
        refused = client.sendmail(alice["user"], [bob["user"]], text.format(alice["user"], bob["user"]))
        assert refused == {}, refused
    with smtplib.SMTP_SSL(HOST, house["ports"]["submissions"], context=TLS) as client:
        client.login(alice["user"], alice["password"])
        assert client.noop()[0] == 250


def read_by_imap(house):
    bob = house["bob"]
    client = imaplib.IMAP4_SSL(HOST, house["ports"]["imaps"], ssl_context=TLS)
    client.login(bob["user"], bob["password"])
    numbers = b""
    for _ in range(LOOKS_MAX):
        assert client.select("INBOX")[0] == "OK"
        numbers = client.search(None, "SUBJECT", '"by smtplib"')[1][0]
        if numbers:
            break
        time.sleep(LOOK_EVERY_SECONDS)
    assert numbers, "the message did not come"
    number = numbers.split()[0].decode()
    whole = client.fetch(number, "(RFC822 FLAGS)")[1][0][1]
    assert whole.endswith(b"\r\n\r\nHello\r\n"), whole
    header = client.fetch(number, "(BODY.PEEK[HEADER.FIELDS (SUBJECT)])")[1][0][1]
    assert header.strip() == b"Subject: by smtplib", header
    partial = client.fetch(number, "(BODY.PEEK[TEXT]<1.3>)")[1][0][1]
    assert partial == b"ell", partial
    assert client.store(number, "+FLAGS", r"(\Flagged)")[0] == "OK"
    assert client.create('"Py thon"')[0] == "OK"
    assert client.copy(number, '"Py thon"')[0] == "OK"
    assert client.append('"Py thon"', r"(\Seen)", None, b"Subject: kept\r\n\r\nbody\r\n")[0] == "OK"
    assert client.select('"Py thon"')[1] == [b"2"]
    assert client.store("2", "+FLAGS", r"(\Deleted)")[0] == "OK"
    assert client.expunge()[1] == [b"2"]
    assert client.close()[0] == "OK"
    assert client.rename('"Py thon"', "Python")[0] == "OK"
    assert client.delete("Python")[0] == "OK"
    assert client.logout()[0] == "BYE"


def read_by_pop3(house):
    bob = house["bob"]
    client = poplib.POP3(HOST, house["ports"]["pop3"])
    assert "STLS" in client.capa()
    client.stls(context=TLS)
    client.user(bob["user"])
    client.pass_(bob["password"])
    count, octets = client.stat()
    assert count > 0
    sizes = [int(line.split()[1]) for line in client.list()[1]]
    assert (len(sizes), sum(sizes)) == (count, octets)
    uids = [line.split()[1] for line in client.uidl()[1]]
    assert len(set(uids)) == count
    lines = client.retr(1)[1]
    assert sum(len(line) + 2 for line in lines) == sizes[0]
    top = client.top(1, 0)[1]
    assert lines[: len(top) - 1] == top[: len(top) - 1]
    busy = poplib.POP3_SSL(HOST, house["ports"]["pop3s"], context=TLS)
    busy.user(bob["user"])
    try:
        busy.pass_(bob["password"])
        raise AssertionError("a second session was let in")
    except poplib.error_proto as refused:
        assert b"[IN-USE]" in refused.args[0], refused
    client.dele(count)
    client.rset()
    client.dele(count)
    client.quit()
    again = poplib.POP3_SSL(HOST, house["ports"]["pop3s"], context=TLS)
    again.user(bob["user"])
    again.pass_(bob["password"])
    assert again.stat()[0] == count - 1
    assert [line.split()[1] for line in again.uidl()[1]] == uids[:-1]
    again.quit()


HOUSE = json.load(sys.stdin)
{"smtplib": send, "imaplib": read_by_imap, "poplib": read_by_pop3}[sys.argv[1]](HOUSE)
