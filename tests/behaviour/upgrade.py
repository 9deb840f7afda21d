#!/usr/bin/python3
"""STARTTLS upgrades the connection in place, and nothing crosses the upgrade."""

import socket
import ssl

from peer import (
    Tls,
    ask,
    client_context,
    connect,
    dialogue,
    read_line,
    read_rest,
    upgrade,
)
from programs import server
from tap import equal, main, test

# Tries of the upgrade in one segment; the article's server loses one in thirty.
TRIES = 1000
# Types of TLS records (RFC 8446, 5.1).
ALERT, HANDSHAKE = b"\x15", b"\x16"


@test("a session pings in the clear, upgrades, pings over TLS and quits")
def whole_session() -> None:
    with server() as pingtlsd:
        dialogue(pingtlsd.port)


@test(f"STARTTLS and the ClientHello in one segment: {TRIES} of {TRIES} upgraded")
def one_segment() -> None:
    context = client_context()
    with server() as pingtlsd:
        for _ in range(TRIES):
            with connect(pingtlsd.port) as peer:
                tls = Tls(peer, context)
                peer.sendall(b"STARTTLS\n" + tls.hello())
                tls.handshake()
                ask(tls, b"PING\n", b"PONG\n")


@test("PING, STARTTLS and the ClientHello in one segment")
def all_in_one_segment() -> None:
    with server() as pingtlsd, connect(pingtlsd.port) as peer:
        tls = Tls(peer)
        peer.sendall(b"PING\r\n\nstarttls \r\n" + tls.hello())
        equal(read_line(peer), b"PONG\n")
        ask(tls.handshake(), b"PING\n", b"PONG\n")


@test("STARTTLS has no reply")
def no_reply() -> None:
    with server() as pingtlsd:
        # All that is said to it comes before the end, or before the ServerHello.
        with connect(pingtlsd.port) as peer:
            peer.sendall(b"STARTTLS\n")
            peer.shutdown(socket.SHUT_WR)
            equal(read_rest(peer)[:1] in (b"", ALERT), True, "an alert, or nothing")
        with connect(pingtlsd.port) as peer:
            peer.sendall(b"STARTTLS\n" + Tls(peer).hello())
            equal(peer.recv(1), HANDSHAKE, "the first octet")


@test("a command in the clear behind STARTTLS is never answered, alone")
def injected_alone() -> None:
    with server() as pingtlsd, connect(pingtlsd.port) as peer:
        peer.sendall(b"STARTTLS\nPING\n")
        reply = read_rest(peer)
        assert b"PONG" not in reply and b"ERR" not in reply, reply
        pingtlsd.wait_sessions(0)


@test("a command in the clear between STARTTLS and the ClientHello fails it")
def injected_before_hello() -> None:
    with server() as pingtlsd, connect(pingtlsd.port) as peer:
        tls = Tls(peer)
        peer.sendall(b"STARTTLS\nPING\n" + tls.hello())
        try:
            tls.handshake()
        except ssl.SSLError:
            pass
        else:
            raise AssertionError("the handshake succeeded")
        pingtlsd.wait_sessions(0)


@test("a command in the clear behind the ClientHello is never answered")
def injected_after_hello() -> None:
    with server() as pingtlsd, connect(pingtlsd.port) as peer:
        tls = Tls(peer)
        peer.sendall(b"STARTTLS\n" + tls.hello() + b"PING\n")
        try:
            tls.handshake()
            answer = tls.read_rest()
        except (ssl.SSLError, ConnectionError):
            pass
        else:
            raise AssertionError(f"the session went on: {answer!r}")
        pingtlsd.wait_sessions(0)


@test("octets of a line begun in the clear do not begin a line over TLS")
def no_line_crosses() -> None:
    with server() as pingtlsd, connect(pingtlsd.port) as peer:
        tls = upgrade(peer)
        tls.sendall(b"NG\n")
        equal(tls.read_line(), b"ERR unknown command\n")


@test("STARTTLS inside TLS is refused and the session goes on")
def starttls_twice() -> None:
    with server() as pingtlsd, connect(pingtlsd.port) as peer:
        tls = upgrade(peer)
        ask(tls, b"STARTTLS\n", b"ERR already encrypted\n")
        ask(tls, b"PING\n", b"PONG\n")


@test("one octet a segment, STARTTLS and the handshake too")
def octet_by_octet() -> None:
    with server() as pingtlsd, connect(pingtlsd.port) as peer:
        tls = Tls(peer)
        for octet in b"PING\nSTARTTLS\n" + tls.hello():
            peer.sendall(bytes([octet]))
        equal(read_line(peer), b"PONG\n")
        tls.handshake()
        for octet in b"PING\n":
            tls.sendall(bytes([octet]))
        equal(tls.read_line(), b"PONG\n")


@test("a handshake that fails never falls back to clear text")
def no_fallback() -> None:
    with server() as pingtlsd, connect(pingtlsd.port) as peer:
        hello = Tls(peer).hello()
        # A record of the handshake type whose content is noise.
        peer.sendall(b"STARTTLS\n" + hello[:5] + b"\xff" * (len(hello) - 5))
        try:
            peer.sendall(b"PING\nPING\n")
            reply = read_rest(peer)
        except ConnectionError:
            reply = b""
        assert b"PONG" not in reply and b"ERR" not in reply, reply
        equal(reply[:1] in (b"", ALERT), True, "an alert, or nothing")
        pingtlsd.wait_sessions(0)


main()
