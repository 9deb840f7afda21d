#!/usr/bin/python3
"""Servers of every service that misbehave before TLS, each in one way.

Every service and habit has a port of its own on the loopback interface, which
is printed.  They serve as many connections as come, until they are ended.
"""

import argparse
import re
import socket
import ssl
import threading
from collections.abc import Callable

# What a client of ours does, up to TLS: octets that the server says, and octets
# that end what the client has to say to it.
Step = tuple[str, bytes]

EHLO = b"250-mx\r\n250 STARTTLS\r\n"
XMPP_TLS = b"urn:ietf:params:xml:ns:xmpp-tls"
XMPP_HEADER = b"<?xml version='1.0'?><stream:stream id='1' version='1.0'>"
XMPP_OFFER = (
    b"<stream:features><starttls xmlns='%s'/></stream:features>" % XMPP_TLS
)
MYSQL_GREETING = (
    b"\x1d\0\0\0\x0a5.5.5-10.11\0\1\2\3\4saltsalt\0%s\x21"  # its capabilities
)


def said(octets: bytes) -> Step:
    return "S", octets


def heard(end: bytes) -> Step:
    return "C", end


CRLF = b"\r\n"

# The orderly dialogue of each service, and the same without the offer.
SMTP = [said(b"220 mx\r\n"), heard(CRLF), said(EHLO), heard(CRLF), said(b"220 go\r\n")]
DIALOGUES: dict[str, list[Step]] = {
    "smtp": SMTP,
    "submission": SMTP,
    "lmtp": SMTP,
    "imap": [
        said(b"* OK imap\r\n"),
        heard(CRLF),
        said(b"* CAPABILITY IMAP4rev1 STARTTLS\r\na1 OK\r\n"),
        heard(CRLF),
        said(b"a2 OK go\r\n"),
    ],
    "pop3": [
        said(b"+OK pop\r\n"),
        heard(CRLF),
        said(b"+OK\r\nSTLS\r\n.\r\n"),
        heard(CRLF),
        said(b"+OK go\r\n"),
    ],
    "ftp": [
        said(b"220 ftp\r\n"),
        heard(CRLF),
        said(b"211-Features\r\n AUTH TLS\r\n211 End\r\n"),
        heard(CRLF),
        said(b"234 go\r\n"),
    ],
    "nntp": [
        said(b"200 news\r\n"),
        heard(CRLF),
        said(b"101 list\r\nVERSION 2\r\nSTARTTLS\r\n.\r\n"),
        heard(CRLF),
        said(b"382 go\r\n"),
    ],
    "sieve": [
        said(b'"IMPLEMENTATION" "x"\r\n"STARTTLS"\r\nOK "hi"\r\n'),
        heard(CRLF),
        said(b'OK "go"\r\n'),
    ],
    "xmpp": [
        heard(b"version='1.0'>"),
        said(XMPP_HEADER + XMPP_OFFER),
        heard(b"/>"),
        said(b"<proceed xmlns='%s'/>" % XMPP_TLS),
    ],
    "ldap": [
        heard(b"1.3.6.1.4.1.1466.20037"),
        said(b"\x30\x0c\x02\x01\x01\x78\x07\x0a\x01\x00\x04\x00\x04\x00"),
    ],
    "postgres": [heard(b"\x04\xd2\x16\x2f"), said(b"S")],
    "mysql": [said(MYSQL_GREETING % b"\xff\xff"), heard(b"\0" * 23)],
}
DIALOGUES["xmpp-server"] = DIALOGUES["xmpp"]

# How each is left over TLS.
SMTP_FAREWELL = [heard(CRLF), said(b"250 mx\r\n"), heard(CRLF), said(b"221 bye\r\n")]
XMPP_FAREWELL = [
    heard(b"version='1.0'>"),
    said(XMPP_HEADER + b"<stream:features/>"),
    heard(b"</stream:stream>"),
    said(b"</stream:stream>"),
]
FAREWELLS: dict[str, list[Step]] = {
    "smtp": SMTP_FAREWELL,
    "submission": SMTP_FAREWELL,
    "lmtp": SMTP_FAREWELL,
    "imap": [heard(CRLF), said(b"* BYE\r\na3 OK\r\n")],
    "pop3": [heard(CRLF), said(b"+OK bye\r\n")],
    "ftp": [heard(CRLF), said(b"221 bye\r\n")],
    "nntp": [heard(CRLF), said(b"205 bye\r\n")],
    "sieve": [said(b"OK\r\n"), heard(CRLF), said(b"OK bye\r\n")],
    "xmpp": XMPP_FAREWELL,
    "xmpp-server": XMPP_FAREWELL,
    "ldap": [heard(b"\x42\x00")],
    "postgres": [],
    "mysql": [heard(b"\0" * 25), said(b"\x05\0\0\3\xff\x15\x04no")],
}

# What each says instead of its offer, where it makes one of its own.
STRIPPED = {
    EHLO: b"250-mx\r\n250 XXXXXXXA\r\n",
    b"* CAPABILITY IMAP4rev1 STARTTLS\r\na1 OK\r\n": (
        b"* CAPABILITY IMAP4rev1\r\na1 OK\r\n"
    ),
    b"+OK\r\nSTLS\r\n.\r\n": b"+OK\r\nTOP\r\n.\r\n",
    b"211-Features\r\n AUTH TLS\r\n211 End\r\n": b"211-Features\r\n UTF8\r\n211 End\r\n",
    b"101 list\r\nVERSION 2\r\nSTARTTLS\r\n.\r\n": b"101 list\r\nVERSION 2\r\n.\r\n",
    b'"IMPLEMENTATION" "x"\r\n"STARTTLS"\r\nOK "hi"\r\n': (
        b'"IMPLEMENTATION" "x"\r\nOK "hi"\r\n'
    ),
    XMPP_HEADER + XMPP_OFFER: XMPP_HEADER + b"<stream:features/>",
    MYSQL_GREETING % b"\xff\xff": MYSQL_GREETING % b"\xff\xf7",
}

# How each refuses to begin TLS.
REFUSALS = {
    "smtp": b"454 not now\r\n",
    "submission": b"454 not now\r\n",
    "lmtp": b"454 not now\r\n",
    "imap": b"a2 NO not now\r\n",
    "pop3": b"-ERR not now\r\n",
    "ftp": b"431 not now\r\n",
    "nntp": b"580 not now\r\n",
    "sieve": b"NO\r\n",
    "xmpp": b"<failure xmlns='%s'/></stream:stream>" % XMPP_TLS,
    "xmpp-server": b"<failure xmlns='%s'/></stream:stream>" % XMPP_TLS,
    "ldap": b"\x30\x0c\x02\x01\x01\x78\x07\x0a\x01\x34\x04\x00\x04\x00",
    "postgres": b"N",
}

# How each turns a client away at once.
GREETING_REFUSALS = {
    "smtp": b"554 no\r\n",
    "submission": b"554 no\r\n",
    "lmtp": b"421 no\r\n",
    "imap": b"* BYE no\r\n",
    "pop3": b"-ERR no\r\n",
    "ftp": b"421 no\r\n",
    "nntp": b"400 no\r\n",
    "sieve": b'BYE "no"\r\n',
    "xmpp": XMPP_HEADER + b"<stream:error><host-unknown/></stream:error>",
    "xmpp-server": XMPP_HEADER + b"<stream:error><host-unknown/></stream:error>",
    "ldap": b"\x30\x0c\x02\x01\x00\x78\x07\x0a\x01\x34\x04\x00\x04\x00",
    "postgres": b"E\0\0\0\x10SFATAL\0Mno\0\0",
    "mysql": b"\x05\0\0\0\xff\x10\x04no",
}

# What each says for ever: at its turn, behind the beginning of a reply.
ENDLESS = {
    "smtp": b"220-x\r\n",
    "submission": b"220-x\r\n",
    "lmtp": b"220-x\r\n",
    "imap": b"* OK x\r\n",
    "pop3": b"X\r\n",
    "ftp": b" x\r\n",
    "nntp": b"X\r\n",
    "sieve": b'"X" "y"\r\n',
    "xmpp": b"<x/>",
    "xmpp-server": b"<x/>",
    "ldap": b"\x04\x00",
    "postgres": b"S",
    "mysql": b"\xff\xff\xff\0",
}
# Those whose greeting is a line have it in the reply to their first command.
ENDLESS_SECOND = {"imap", "pop3", "nntp"}
ENDLESS_FIRST = {
    "imap": b"* CAPABILITY STARTTLS\r\n",
    "pop3": b"+OK\r\n",
    "ftp": b"220-x\r\n",
    "nntp": b"101 list\r\n",
    "xmpp": XMPP_HEADER + b"<stream:features>",
    "xmpp-server": XMPP_HEADER + b"<stream:features>",
    "ldap": b"\x30\x84\x7f\xff\xff\xff",
    "postgres": b"E\x7f\xff\xff\xff",
}

# TLS: a fatal alert, handshake_failure (RFC 8446, 6).
ALERT = b"\x15\x03\x03\x00\x02\x02\x28"


def hear(peer: socket.socket, end: bytes) -> bytes:
    """Reads octet by octet, so that nothing of TLS is taken."""
    octets = b""
    while not octets.endswith(end):
        octet = peer.recv(1)
        if not octet:
            raise ConnectionError("the client left")
        octets += octet
    return octets


def answer(service: str, line: bytes) -> bytes:
    """An answer to any command of any client over TLS."""
    words = line.split() or [b""]
    if service in {"smtp", "submission", "lmtp"}:
        return b"221 bye\r\n" if words[0] == b"QUIT" else b"250 mx\r\n"
    if service == "imap":
        bye = b"* BYE\r\n" if line.rstrip().endswith(b"LOGOUT") else b""
        return bye + words[0] + b" OK\r\n"
    if service == "pop3":
        return b"+OK\r\n.\r\n" if words[0] in {b"CAPA", b"LIST"} else b"+OK\r\n"
    if service == "ftp":
        replies = {b"USER": b"230 in", b"PWD": b'257 "/"', b"QUIT": b"221 bye"}
        return replies.get(words[0], b"200 ok") + b"\r\n"
    return b"OK\r\n"


class Peer:
    """A connection, and how its dialogue goes."""

    def __init__(self, peer: socket.socket, service: str, tls, any_client: bool) -> None:
        self.service, self.socket, self.tls = service, peer, tls
        self.any_client = any_client
        # What another client says instead of "a1" and "a2", and whether it has
        # asked for TLS already.
        self.tag, self.hurries = b"", False
        self.dialogue = DIALOGUES[service]
        peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def _tagged(self, octets: bytes) -> bytes:
        """With the tag that the client has chosen."""
        if self.any_client and self.service == "imap":
            return re.sub(rb"(?m)^a[12] ", self.tag + b" ", octets)
        return octets

    def say(self, octets: bytes) -> None:
        self.socket.sendall(self._tagged(octets))

    def drip(self, octets: bytes) -> None:
        """One octet a segment."""
        for octet in self._tagged(octets):
            self.socket.sendall(bytes([octet]))

    def hear(self, end: bytes) -> None:
        line = hear(self.socket, end)
        if self.any_client:
            self.tag = line.split(b" ")[0]
            asks = b"STARTTLS\r\n", b"STLS\r\n", b"AUTH TLS\r\n"
            self.hurries = line.upper().endswith(asks)

    def play(self, say: Callable[[bytes], None], steps: list[Step]) -> None:
        for step in steps:
            # Some clients ask for no capabilities before TLS.
            if self.hurries and step != self.dialogue[-1]:
                continue
            say(step[1]) if step[0] == "S" else self.hear(step[1])

    def before_last(self) -> list[Step]:
        """The dialogue but its last reply; where it has none, all of it."""
        last = self.dialogue[-1]
        return self.dialogue[:-1] if last[0] == "S" else self.dialogue

    def last(self) -> bytes:
        """Its last reply; b"" where TLS begins without."""
        last = self.dialogue[-1]
        return last[1] if last[0] == "S" else b""

    def shake_hands(self) -> None:
        """The handshake, and what an orderly server says after it."""
        with self.tls.wrap_socket(self.socket, server_side=True) as encrypted:
            if self.any_client:
                self.please(encrypted)
                return
            for who, octets in FAREWELLS[self.service]:
                if who == "S":
                    encrypted.sendall(octets)
                else:
                    hear(encrypted, octets)
            if FAREWELLS[self.service]:
                encrypted.unwrap()
            self.wait(encrypted)

    def please(self, encrypted: ssl.SSLSocket) -> None:
        """Answers whatever a client says over TLS."""
        if self.service == "sieve":
            encrypted.sendall(b"OK\r\n")
        for line in encrypted.makefile("rb"):
            encrypted.sendall(answer(self.service, line))
            if b"QUIT" in line or b"LOGOUT" in line:
                break
        encrypted.unwrap()

    def wait(self, peer: socket.socket | None = None) -> None:
        """Until the client has gone."""
        while (peer or self.socket).recv(4096):
            pass


def behaves(p: Peer) -> None:
    """Does nothing wrong."""
    p.play(p.say, p.dialogue)
    p.shake_hands()


def drips(p: Peer) -> None:
    """Sends one octet at a time, then does the handshake."""
    p.play(p.drip, p.dialogue)
    p.shake_hands()


def injects(p: Peer) -> None:
    """Adds clear text behind the positive reply, in the same segment."""
    p.play(p.say, p.before_last())
    p.say(p.last() + b"250 more\r\n")
    p.shake_hands()


def injects_later(p: Peer) -> None:
    """Adds clear text when the client has begun the handshake."""
    p.play(p.say, p.dialogue)
    p.hear(b"\x16")
    p.say(b"250 more\r\n")
    p.wait()


def strips(p: Peer) -> None:
    """Does not offer STARTTLS, and refuses it."""
    steps = [(who, STRIPPED.get(octets, octets)) for who, octets in p.before_last()]
    p.play(p.say, steps)
    p.say(REFUSALS.get(p.service, b""))
    p.wait()


def strips_and_takes(p: Peer) -> None:
    """Does not offer STARTTLS, and takes it: somebody removed the offer."""
    p.play(p.say, [(who, STRIPPED.get(octets, octets)) for who, octets in p.dialogue])
    p.shake_hands()


def refuses(p: Peer) -> None:
    """Offers STARTTLS, and refuses it."""
    p.play(p.say, p.before_last())
    p.say(REFUSALS[p.service])
    p.wait()


def turns_away(p: Peer) -> None:
    """Refuses service: 554, BYE, an error packet."""
    until_reply(p, 0)
    p.say(GREETING_REFUSALS[p.service])
    p.wait()


def preauth(p: Peer) -> None:
    """Greets as authenticated already (IMAP)."""
    p.say(b"* PREAUTH welcome\r\n")
    p.wait()


def wrong_tag(p: Peer) -> None:
    """Answers STARTTLS with another tag (IMAP)."""
    p.play(p.say, p.before_last())
    p.say(b"a3 OK go\r\n")
    p.wait()


def endless(p: Peer) -> None:
    """Has no end to a reply."""
    until_reply(p, 1 if p.service in ENDLESS_SECOND else 0)
    p.say(ENDLESS_FIRST.get(p.service, b""))
    while True:
        p.say(ENDLESS[p.service] * 100)


def oversized(p: Peer) -> None:
    """Says a line, a tag or a packet of more octets than any has."""
    until_reply(p, 0)
    p.say(ENDLESS_FIRST.get(p.service, b"")[:1])
    while True:
        p.say(b"x" * 4096)


def alerts(p: Peer) -> None:
    """Says a TLS alert first."""
    until_reply(p, 0)
    p.say(ALERT)
    p.wait()


def alerts_after(p: Peer) -> None:
    """Takes STARTTLS, and answers ClientHello with an alert."""
    p.play(p.say, p.dialogue)
    p.hear(b"\x16")
    p.say(ALERT)
    p.wait()


def until_reply(p: Peer, number: int) -> None:
    """The dialogue up to the server's reply of this number, from 0 on."""
    replies = 0
    for step in p.dialogue:
        if step[0] == "S" and replies == number:
            break
        replies += step[0] == "S"
        p.play(p.say, [step])


def silent_at(number: int) -> Callable[[Peer], None]:
    def habit(p: Peer) -> None:
        until_reply(p, number)
        p.wait()

    habit.__doc__ = f"Says nothing from its reply {number} on."
    return habit


def closes_at(number: int) -> Callable[[Peer], None]:
    def habit(p: Peer) -> None:
        until_reply(p, number)

    habit.__doc__ = f"Closes instead of its reply {number}."
    return habit


def lies(p: Peer) -> None:
    """BER that says it is longer inside than it is (LDAP)."""
    p.play(p.say, p.before_last())
    p.say(b"\x30\x0c\x02\x01\x01\x78\x07\x0a\x01\x00\x04\x00\x04\x7f")
    p.wait()


def long_lengths(p: Peer) -> None:
    """Lengths of five octets, as Active Directory's (LDAP)."""
    p.play(p.say, p.before_last())
    p.say(
        b"\x30\x84\x00\x00\x00\x10\x02\x01\x01\x78\x84\x00\x00\x00\x07"
        b"\x0a\x01\x00\x04\x00\x04\x00"
    )
    p.shake_hands()


def twice(p: Peer) -> None:
    """Its last reply twice in one segment."""
    p.play(p.say, p.before_last())
    p.say(p.last() * 2)
    p.shake_hands()


def out_of_sequence(p: Peer) -> None:
    """A packet of the wrong number (MySQL)."""
    greeting = bytearray(p.dialogue[0][1])
    greeting[3] = 7
    p.say(bytes(greeting))
    p.wait()


HABITS: dict[str, Callable[[Peer], None]] = {
    function.__name__: function
    for function in [
        behaves,
        drips,
        injects,
        injects_later,
        strips,
        strips_and_takes,
        refuses,
        turns_away,
        preauth,
        wrong_tag,
        endless,
        oversized,
        alerts,
        alerts_after,
        lies,
        long_lengths,
        twice,
        out_of_sequence,
    ]
}

# Silence and close in each state; behind the last reply is the handshake.
REPLIES_MOST = 3
for i in range(REPLIES_MOST + 1):
    HABITS[f"silent_{i}"] = silent_at(i)
    HABITS[f"closes_{i}"] = closes_at(i)


# The habits that only some services have, and those that some have not: LDAP
# and PostgreSQL offer nothing, and MySQL's STARTTLS has no reply.
OF_SOME = {
    "preauth": {"imap"},
    "wrong_tag": {"imap"},
    "lies": {"ldap"},
    "long_lengths": {"ldap"},
    "out_of_sequence": {"mysql"},
    "strips": DIALOGUES.keys() - {"ldap", "postgres"},
    "strips_and_takes": DIALOGUES.keys() - {"ldap", "postgres", "mysql"},
    "refuses": DIALOGUES.keys() - {"mysql"},
    "twice": DIALOGUES.keys() - {"mysql"},
}


def session(habit, peer: socket.socket, *how: object) -> None:
    with peer:
        try:
            habit(Peer(peer, *how))
        except OSError:
            pass  # the client left


def serve(listener: socket.socket, habit, *how: object) -> None:
    while True:
        peer, _ = listener.accept()
        threading.Thread(
            target=session, args=(habit, peer, *how), daemon=True
        ).start()


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__.splitlines()[0],
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="\n".join(f"{n}: {h.__doc__}" for n, h in HABITS.items()),
    )
    parser.add_argument("--cert", required=True, help="for the handshakes")
    parser.add_argument("--key", required=True)
    parser.add_argument(
        "--any-client",
        action="store_true",
        help="expect what other clients than pingtls say, too",
    )
    options = parser.parse_args()
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(options.cert, options.key)

    for service in DIALOGUES:
        for name, habit in HABITS.items():
            if service not in OF_SOME.get(name, DIALOGUES):
                continue
            listener = socket.create_server(("127.0.0.1", 0))
            port = listener.getsockname()[1]
            print(f"hostile_server: {service} {name} {port}", flush=True)
            how = service, tls, options.any_client
            threading.Thread(
                target=serve, args=(listener, habit, *how), daemon=True
            ).start()
    print("hostile_server: listening", flush=True)
    threading.Event().wait()


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        pass
