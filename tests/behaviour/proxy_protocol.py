#!/usr/bin/python3
"""Behind a proxy that sends the PROXY protocol, the real source counts."""

import socket

from peer import Tls, ask, connect, read_rest
from programs import PINGTLSD, TO_SERVE, Program, free_port, pair, server
from tap import equal, main, needs, test, wait_until

V1 = b"PROXY TCP4 192.0.2.7 192.0.2.1 40000 10001\r\n"
V2 = b"\r\n\r\n\x00\r\nQUIT\n" + bytes.fromhex(
    "21 21 0024 20010db8000000000000000000000007"
    "20010db8000000000000000000000001 9c40 2711"
)
BUSY_SOURCE = b"ERR too many sessions from your address\n"


def ping_through(port: int, header: bytes) -> socket.socket:
    peer = connect(port)
    ask(peer, header + b"PING\n", b"PONG\n")
    return peer


@test("the log names whom the header names, in both versions and in the clear")
def log() -> None:
    with server("--proxy-protocol", "127.0.0.1") as pingtlsd:
        ping_through(pingtlsd.port, V1).close()
        pingtlsd.wait_line(r"session from 192\.0\.2\.7:40000 ended")
        ping_through(pingtlsd.port, V2).close()
        pingtlsd.wait_line(r"session from \[2001:db8::7\]:40000 ended")
        ping_through(pingtlsd.port, b"PROXY UNKNOWN\r\n").close()
        pingtlsd.wait_line(r"session from 127\.0\.0\.1:\d+ ended")


@test("header, STARTTLS and ClientHello in one segment")
def one_segment() -> None:
    with server("--proxy-protocol", "127.0.0.1") as pingtlsd:
        for header in (V1, V2):
            with connect(pingtlsd.port) as peer:
                tls = Tls(peer)
                peer.sendall(header + b"STARTTLS\n" + tls.hello())
                tls.handshake()
                ask(tls, b"PING\n", b"PONG\n")


@test("a header that drips")
def drips() -> None:
    with server("--proxy-protocol", "127.0.0.1") as pingtlsd:
        with connect(pingtlsd.port) as peer:
            for octet in V1:
                peer.sendall(bytes([octet]))
            ask(peer, b"PING\n", b"PONG\n")


@test("limits count the real source")
def limits() -> None:
    with server(
        *("--proxy-protocol", "127.0.0.1"), *("--max-sessions-per-source", 1)
    ) as pingtlsd:
        with ping_through(pingtlsd.port, V1), ping_through(pingtlsd.port, V2):
            with connect(pingtlsd.port) as peer:
                peer.sendall(V1)
                equal(read_rest(peer), BUSY_SOURCE, "its second session")


@test("who is not listed is a client, and its header an unknown command")
def not_listed() -> None:
    with server("--proxy-protocol", "127.0.0.9") as pingtlsd:
        with connect(pingtlsd.port) as peer:
            ask(peer, V1, b"ERR unknown command\n")
            ask(peer, b"PING\n", b"PONG\n")


@test("a proxy that sends something else, nothing, or closes, is refused and said")
def malformed() -> None:
    for said, ends, why in (
        (b"PING\n", False, "is no PROXY header"),
        (b"", False, "no PROXY header in time"),
        (V1[:9], True, "closed within the PROXY header"),
        # Of version 2 its length says so, of version 1 its octets.
        (V2[:14] + b"\xff\xff", False, "its PROXY header is too long"),
        (b"PROXY TCP4 ".ljust(107, b"1"), False, "its PROXY header is too long"),
    ):
        # A server each, as it logs one line a second of such things.
        with server("--proxy-protocol", "127.0.0.1") as pingtlsd:
            with connect(pingtlsd.port) as peer:
                peer.sendall(said)
                if ends:
                    peer.shutdown(socket.SHUT_WR)
                try:
                    equal(read_rest(peer), b"", f"after {said!r}")
                except ConnectionResetError:
                    pass
            pingtlsd.wait_line(rf"refused 127.*{why}")
            equal(pingtlsd.sessions(), [], "processes spent on it")
            ping_through(pingtlsd.port, V1).close()


@test("under inetd too")
def inetd() -> None:
    needs_tcpserver = needs("tcpserver")
    port = free_port()
    inetd = Program(
        [needs_tcpserver, "-RHl0", "127.0.0.1", port, PINGTLSD, "--inetd"]
        + ["--log=stderr", "--proxy-protocol=127.0.0.1", *TO_SERVE, *pair("ecdsa")]
    )

    def listens() -> bool:
        try:
            connect(port).close()
        except ConnectionRefusedError:
            return False
        return True

    wait_until("tcpserver listens", listens)
    with connect(port) as peer:
        tls = Tls(peer)
        peer.sendall(V1 + b"STARTTLS\n" + tls.hello())
        tls.handshake()
        ask(tls, b"PING\n", b"PONG\n")
    inetd.wait_line(r"session from 192\.0\.2\.7:40000 ended")
    inetd.kill()


main()
