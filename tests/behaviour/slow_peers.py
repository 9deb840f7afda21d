#!/usr/bin/python3
"""A slow or silent peer is ended by a deadline, however it drips its octets."""

import socket
import time
from itertools import cycle

from peer import (
    Tls,
    ask,
    ask_until_blocked,
    client_context,
    connect,
    read_line,
    read_rest,
    serves,
    upgrade,
)
from programs import server
from tap import HANG, equal, main, test, wait_until

# Between the octets of a peer that drips: well within every timeout below.
DRIP = 0.2
# A drip goes on for this many octets, far beyond the timeouts.
DRIPS = int(HANG / DRIP)


def drip(peer: socket.socket, octets: bytes) -> bytes:
    """Sends octets slowly, over and over; returns what the server said."""
    for octet, _ in zip(cycle(octets), range(DRIPS)):
        try:
            peer.sendall(bytes([octet]))
            peer.settimeout(DRIP)
            return peer.recv(65536)
        except TimeoutError:
            pass
        except ConnectionError:
            return b""
    raise AssertionError("the server let it drip")


@test("a silent peer is told ERR timeout, in the clear and over TLS")
def idle() -> None:
    context = client_context()  # which takes time to make
    with server("--idle-timeout", 2) as pingtlsd:
        with connect(pingtlsd.port) as peer:
            equal(read_rest(peer), b"ERR timeout\n")
        with connect(pingtlsd.port) as peer:
            equal(upgrade(peer, context).read_rest(), b"ERR timeout\n")
        pingtlsd.wait_sessions(0)


@test("each line has the whole idle time")
def idle_starts_again() -> None:
    idle = 2
    with server("--idle-timeout", idle) as pingtlsd, connect(pingtlsd.port) as peer:
        began = time.monotonic()
        while time.monotonic() - began < 2 * idle:
            time.sleep(idle / 4)
            ask(peer, b"PING\n", b"PONG\n")


@test("a line that drips in is ended by the deadline")
def dripping_line() -> None:
    with server("--idle-timeout", 1) as pingtlsd:
        with connect(pingtlsd.port) as peer:
            equal(drip(peer, b"x"), b"ERR timeout\n")
        pingtlsd.wait_sessions(0)


@test("a line that drips in over TLS is ended by the deadline")
def dripping_line_over_tls() -> None:
    context = client_context()
    with server("--idle-timeout", 2) as pingtlsd, connect(pingtlsd.port) as peer:
        tls = upgrade(peer, context)
        # Over TLS 1.3 tickets are waiting to be read: take them first.
        ask(tls, b"PING\n", b"PONG\n")
        for _ in range(DRIPS):
            try:
                tls.sendall(b"x")
                peer.settimeout(DRIP)
                equal(tls.read_line(), b"ERR timeout\n")
                break
            except TimeoutError:
                pass
        else:
            raise AssertionError("the server let it drip")
        pingtlsd.wait_sessions(0)


@test("a handshake that never comes is ended by its deadline")
def no_handshake() -> None:
    with server("--handshake-timeout", 0.5) as pingtlsd:
        with connect(pingtlsd.port) as peer:
            peer.sendall(b"STARTTLS\n")
            assert b"PONG" not in read_rest(peer)
        pingtlsd.wait_sessions(0)


@test("a handshake that drips in is ended by its deadline")
def dripping_handshake() -> None:
    with server("--handshake-timeout", 1) as pingtlsd:
        with connect(pingtlsd.port) as peer:
            hello = Tls(peer).hello()
            peer.sendall(b"STARTTLS\n")
            drip(peer, hello)
        pingtlsd.wait_sessions(0)


@test("a session is ended by --session-timeout, however lively")
def session_timeout() -> None:
    with server("--session-timeout", 1) as pingtlsd, connect(pingtlsd.port) as peer:
        for _ in range(DRIPS):
            peer.sendall(b"PING\n")
            line = read_line(peer)
            if line != b"PONG\n":
                break
            time.sleep(DRIP)
        equal(line, b"ERR timeout\n")
        pingtlsd.wait_sessions(0)


@test("a peer that never reads is ended by the deadline")
def never_reads() -> None:
    with server("--idle-timeout", 1) as pingtlsd:
        for encrypted in False, True:
            with connect(pingtlsd.port) as peer:
                ask_until_blocked(pingtlsd, peer, upgrade(peer) if encrypted else None)
                pingtlsd.wait_sessions(0)
        wait_until("others are served", lambda: serves(pingtlsd.port))


main()
