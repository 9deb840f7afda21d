#!/usr/bin/python3
"""A peer that stops, wherever it stops, is gone when its deadline has passed.

Every peer here keeps its connection open for the whole course: nothing but the
server's deadline ends it.
"""

import re
import socket
import ssl
import time

from peer import Tls, ask_until_blocked, client_context, connect, serves, upgrade
from programs import Server, server
from tap import equal, has, main, test, wait_until

# Seconds: of each deadline below.
DEADLINE = 1
# Beyond it: two seconds for a last reply to be read, and a busy machine.
LATE = 2 + 10

# Between the octets that a slow reader takes.
DRIP = 0.1

ENDED = r"session from .* ended after ([\d.]+) s: (.*?);"


Peers = list[socket.socket]


def held(pingtlsd: Server, peers: Peers, outcome: str, talked: float = 0) -> None:
    """All of them are ended with this outcome, neither early nor late.

    They may have talked for so many seconds before they stopped.
    """
    pingtlsd.wait_sessions(0)
    wait_until(
        f"{len(peers)} sessions in the log",
        lambda: sum("ended after" in line for line in pingtlsd.lines) >= len(peers),
    )
    found = [m for line in pingtlsd.lines if (m := re.search(ENDED, line))]
    equal(len(found), len(peers), "sessions in the log")
    for end in found:
        has(end[2], outcome)
        seconds = float(end[1])
        assert DEADLINE <= seconds < DEADLINE + LATE + talked, f"ended after {seconds} s"
    for peer in peers:
        peer.close()
    wait_until("others are served", lambda: serves(pingtlsd.port))


def only(version: ssl.TLSVersion) -> ssl.SSLContext:
    context = client_context()
    context.minimum_version = context.maximum_version = version
    return context


VERSIONS = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3


@test("a handshake that stalls at any point, TLS 1.2 and 1.3, ends at its deadline")
def handshakes() -> None:
    with server("--handshake-timeout", DEADLINE) as pingtlsd:
        peers: Peers = []
        for context in map(only, VERSIONS):
            size = len(Tls(socket.socket(), context).hello())
            # The whole ClientHello too: the client's last flight is missing.
            for part in 0, 1, 5, 6, size // 2, size - 1, size:
                peer = connect(pingtlsd.port)
                peer.sendall(b"STARTTLS\n" + Tls(peer, context).hello()[:part])
                peers.append(peer)
        held(pingtlsd, peers, "handshake failed .timed out")


@test("a session that stalls at any point ends at its deadline")
def sessions() -> None:
    with server("--idle-timeout", DEADLINE) as pingtlsd:
        peers: Peers = []
        for begun in b"", b"P", b"PING", b"PING\r", b"\0", b"x" * 511:
            peers.append(connect(pingtlsd.port))
            peers[-1].sendall(begun)
            for context in map(only, VERSIONS):
                peers.append(connect(pingtlsd.port))
                tls = upgrade(peers[-1], context)
                if begun:
                    tls.sendall(begun)
        held(pingtlsd, peers, "timed out")


@test("a TLS record that stalls at any point ends at the line's deadline")
def records() -> None:
    with server("--idle-timeout", DEADLINE) as pingtlsd:
        peers: Peers = []
        for context in map(only, VERSIONS):
            for part in 1, 4, 5, 6, 20, -1:
                peers.append(connect(pingtlsd.port))
                tls = upgrade(peers[-1], context)
                tls.object.write(b"PING\n")
                tls.peer.sendall(tls.out.read()[:part])
        held(pingtlsd, peers, "timed out")


@test("peers that never read are gone at the deadline, and others are served")
def never_read() -> None:
    with server("--idle-timeout", DEADLINE) as pingtlsd:
        began = time.monotonic()
        peers = [connect(pingtlsd.port)]
        ask_until_blocked(pingtlsd, peers[0])
        for context in map(only, VERSIONS):
            peers.append(connect(pingtlsd.port))
            tls = upgrade(peers[-1], context)
            ask_until_blocked(pingtlsd, peers[-1], tls)
        held(pingtlsd, peers, "timed out", time.monotonic() - began)


@test("a peer that reads an octet now and then holds a reply no longer")
def drips_its_reading() -> None:
    with server("--idle-timeout", DEADLINE) as pingtlsd:
        peer = connect(pingtlsd.port)
        ask_until_blocked(pingtlsd, peer)
        while pingtlsd.sessions():
            assert peer.recv(1), "the server closed before its deadline"
            time.sleep(DRIP)
        pingtlsd.wait_line("ended after .*: timed out")
        wait_until("others are served", lambda: serves(pingtlsd.port))


main()
