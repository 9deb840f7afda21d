#!/usr/bin/python3
"""However a connection ends, it ends soon, in order, and no process stays."""

import socket
import ssl

from peer import Tls, ask, client_context, connect, dialogue, read_rest, upgrade
from programs import Server, server
from tap import HANG, equal, main, test

# No ending takes more octets than this from the server.
REPLY_MAX = 256


def transcript(pingtlsd: Server, data: bytes, half_close: bool) -> bytes:
    """What the server says to data, to its own end."""
    with connect(pingtlsd.port) as peer:
        peer.sendall(data)
        if half_close:
            peer.shutdown(socket.SHUT_WR)
        reply = read_rest(peer)
    pingtlsd.wait_sessions(0)
    assert len(reply) <= REPLY_MAX, f"{len(reply)} octets: {reply[:80]!r}"
    return reply


@test("end of file at each point of a session in the clear")
def end_of_file() -> None:
    with server() as pingtlsd:
        for data, expected in (
            (b"", b""),
            (b"\n", b""),
            (b"PI", b""),
            (b"PING", b""),
            (b"PING\n", b"PONG\n"),
            (b"PING\nPI", b"PONG\n"),
            (b"x\n", b"ERR unknown command\n"),
            (b"STARTTLS", b""),
            (b"QUIT\n", b""),
            (b"QUIT\nPING\n", b""),
        ):
            equal(transcript(pingtlsd, data, True), expected, repr(data))


@test("QUIT ends a session whose other side stays open")
def quit_in_the_clear() -> None:
    with server() as pingtlsd:
        equal(transcript(pingtlsd, b"PING\nquit\r\n", False), b"PONG\n")


@test("end of file at each point of the handshake")
def end_in_handshake() -> None:
    with server("--handshake-timeout", HANG) as pingtlsd:
        with connect(pingtlsd.port) as peer:
            hello = Tls(peer).hello()
        pingtlsd.wait_sessions(0)
        for size in 0, 1, 4, 5, 6, len(hello) // 2, len(hello) - 1:
            reply = transcript(pingtlsd, b"STARTTLS\n" + hello[:size], True)
            # An alert record, or nothing at all.
            assert reply[:1] in (b"", b"\x15"), (size, reply)


@test("end of file after the server's part of the handshake")
def end_in_mid_handshake() -> None:
    with server("--handshake-timeout", HANG) as pingtlsd:
        with connect(pingtlsd.port) as peer:
            peer.sendall(b"STARTTLS\n" + Tls(peer).hello())
            equal(peer.recv(1), b"\x16", "a handshake record")
        pingtlsd.wait_sessions(0)


@test("a half-close without close_notify: the answers come, then close_notify")
def half_close_over_tls() -> None:
    with server() as pingtlsd, connect(pingtlsd.port) as peer:
        tls = upgrade(peer)
        tls.sendall(b"PING\nPING\n")
        peer.shutdown(socket.SHUT_WR)
        equal(tls.read_line(), b"PONG\n")
        equal(tls.read_line(), b"PONG\n")
        equal(tls.recv(), b"")
        pingtlsd.wait_sessions(0)


@test("close_notify is answered with close_notify")
def close_notify() -> None:
    with server() as pingtlsd, connect(pingtlsd.port) as peer:
        tls = upgrade(peer)
        ask(tls, b"PING\n", b"PONG\n")
        tls.close_notify()
        equal(tls.recv(), b"")
        pingtlsd.wait_sessions(0)


@test("QUIT over TLS ends with close_notify")
def quit_over_tls() -> None:
    with server() as pingtlsd, connect(pingtlsd.port) as peer:
        tls = upgrade(peer)
        tls.sendall(b"PING\nQUIT\nPING\n")
        equal(tls.read_line(), b"PONG\n")
        equal(tls.recv(), b"")
        pingtlsd.wait_sessions(0)


def record_types(octets: bytes) -> list[int]:
    types = []
    while octets:
        types.append(octets[0])
        octets = octets[5 + int.from_bytes(octets[3:5], "big") :]
    return types


@test("a fatal alert is the last that is sent, with no close_notify behind it")
def after_a_fatal_alert() -> None:
    alert, protected = 21, 23  # record types; TLS 1.3 hides those inside
    with server() as pingtlsd:
        for version, last in (
            (ssl.TLSVersion.TLSv1_2, alert),
            (ssl.TLSVersion.TLSv1_3, protected),
        ):
            context = client_context()
            context.maximum_version = version
            with connect(pingtlsd.port) as peer:
                ask(upgrade(peer, context), b"PING\n", b"PONG\n")
                peer.sendall(b"no record at all\n")
                equal(record_types(read_rest(peer)), [last], "what comes then")
        pingtlsd.wait_sessions(0)


@test("a peer that leaves with a reset harms nobody")
def reset() -> None:
    with server() as pingtlsd:
        for encrypted in False, True:
            peer = connect(pingtlsd.port)
            ask(upgrade(peer) if encrypted else peer, b"PING\n", b"PONG\n")
            # A linger of no time: close() sends a reset.
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0" + bytes(4))
            peer.close()
            pingtlsd.wait_sessions(0)
        dialogue(pingtlsd.port)


@test("an HTTP request ends within a few lines")
def http() -> None:
    headers = b"".join(b"X-Header-%d: y\r\n" % n for n in range(20))
    with server() as pingtlsd:
        reply = transcript(
            pingtlsd, b"GET / HTTP/1.1\r\nHost: localhost\r\n" + headers + b"\r\n", False
        )
        equal(reply.splitlines()[-1], b"ERR too many errors")
        assert b"GET" not in reply and b"HTTP" not in reply, reply


@test("a ClientHello without STARTTLS is recognised, ended at once, and logged")
def hello_without_starttls() -> None:
    with server("--idle-timeout", 0) as pingtlsd:
        with connect(pingtlsd.port) as peer:
            hello = Tls(peer).hello()
        for data in hello, b"PING\n" + hello, hello[:2]:
            said = len(pingtlsd.lines)
            reply = transcript(pingtlsd, data, False)
            equal(reply.splitlines()[-1], b"ERR unknown command")
            pingtlsd.wait_line("ended after .*: TLS without STARTTLS;", said)
        try:
            with connect(pingtlsd.port) as peer:
                Tls(peer).handshake()
        except (ssl.SSLError, ConnectionError):
            pass
        else:
            raise AssertionError("TLS without STARTTLS succeeded")
        dialogue(pingtlsd.port)


@test("noise ends in a bounded reply")
def noise() -> None:
    octets = bytes(range(256)) * 16
    with server() as pingtlsd:
        assert transcript(pingtlsd, octets, True).startswith(b"ERR ")


@test("too many errors end the session, in the clear and over TLS")
def too_many_errors() -> None:
    with server("--max-errors", 2) as pingtlsd:
        with connect(pingtlsd.port) as peer:
            ask(peer, b"x\n", b"ERR unknown command\n")
            peer.sendall(b"x\n")
            equal(read_rest(peer).splitlines()[-1], b"ERR too many errors")
        with connect(pingtlsd.port) as peer:
            ask(peer, b"x\n", b"ERR unknown command\n")
            tls = upgrade(peer)  # and the count begins anew
            ask(tls, b"STARTTLS\n", b"ERR already encrypted\n")
            tls.sendall(b"x\n")
            equal(tls.read_rest().splitlines()[-1], b"ERR too many errors")
        pingtlsd.wait_sessions(0)


main()
