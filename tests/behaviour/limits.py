#!/usr/bin/python3
"""Sessions are limited, per source and in all, and the refused are told why."""

import os
import signal
import socket

from peer import ask, connect, read_rest, upgrade
from programs import server, state
from tap import equal, main, test, wait_until

BUSY = b"ERR too many sessions\n"
BUSY_SOURCE = b"ERR too many sessions from your address\n"


def hold(port: int, source: str = "", host: str = "127.0.0.1") -> socket.socket:
    """A session that is surely being served."""
    peer = connect(port, host, source)
    ask(peer, b"PING\n", b"PONG\n")
    return peer


def refused(port: int, expected: bytes, source: str = "") -> None:
    with connect(port, source=source) as peer:
        equal(read_rest(peer), expected, "a session too many")


@test("one source may hold so many sessions, and others are not affected")
def per_source() -> None:
    with server("--max-sessions-per-source", 2) as pingtlsd:
        first, second = hold(pingtlsd.port), hold(pingtlsd.port)
        refused(pingtlsd.port, BUSY_SOURCE)
        hold(pingtlsd.port, source="127.0.0.2").close()
        first.close()
        second.close()
        pingtlsd.wait_sessions(0)
        hold(pingtlsd.port).close()


@test("a source can be a wider network than an address")
def wider_source() -> None:
    limits = ["--max-sessions-per-source", 2, "--source-prefix-ipv4", 24]
    with server(*limits) as pingtlsd:
        held = [hold(pingtlsd.port, source) for source in ("127.0.1.1", "127.0.1.2")]
        refused(pingtlsd.port, BUSY_SOURCE, source="127.0.1.3")
        hold(pingtlsd.port, source="127.0.2.1").close()
        for peer in held:
            peer.close()


@test("a refused client that sent at once still reads why")
def refused_while_sending() -> None:
    with server("--max-sessions-per-source", 1) as pingtlsd:
        with hold(pingtlsd.port):
            for _ in range(20):
                with connect(pingtlsd.port) as peer:
                    peer.sendall(b"PING\nSTARTTLS\n")
                    equal(read_rest(peer), BUSY_SOURCE)


@test("all sources together may hold so many sessions")
def in_all() -> None:
    with server("--max-sessions", 2) as pingtlsd:
        first = hold(pingtlsd.port)
        second = hold(pingtlsd.port, source="127.0.0.2")
        # Over TLS none gives way.  That it is, a session knows when it has read
        # the client's last message of the handshake.
        for peer in first, second:
            ask(upgrade(peer), b"PING\n", b"PONG\n")
        refused(pingtlsd.port, BUSY, source="127.0.0.3")
        first.close()
        pingtlsd.wait_sessions(1)
        hold(pingtlsd.port, source="127.0.0.3").close()
        second.close()


@test("when all are taken, the one idle longest in the clear gives way")
def gives_way() -> None:
    with server("--max-sessions", 3) as pingtlsd:
        idle, busy, tls = (hold(pingtlsd.port) for _ in range(3))
        over_tls = upgrade(tls)
        ask(over_tls, b"PING\n", b"PONG\n")
        wait_until(
            "each waits for the next line",
            lambda: all(state(pid) == "S" for pid in pingtlsd.sessions()),
        )
        ask(busy, b"PING\n", b"PONG\n")
        with hold(pingtlsd.port, source="127.0.0.2"):
            equal(read_rest(idle), b"", "to the one idle longest")
            pingtlsd.wait_line("idle longest when all sessions were taken$")
            ask(busy, b"PING\n", b"PONG\n")
            ask(over_tls, b"PING\n", b"PONG\n")
        equal(pingtlsd.said("killed|crash|signal"), None, "what it is called")
        for peer in idle, busy, tls:
            peer.close()


# Addresses that hold all sessions there may be, each as many as it may have.
HOLDERS = 8
HELD_BY_EACH = 8
BYSTANDERS = 100


@test("a few addresses that fill it, and hold on, do not keep others out")
def filled() -> None:
    limits = ["--max-sessions", HOLDERS * HELD_BY_EACH]
    limits += ["--max-sessions-per-source", HELD_BY_EACH]
    with server(*limits) as pingtlsd:
        sources = [f"127.0.1.{n}" for n in range(1, HOLDERS + 1)]
        held = [hold(pingtlsd.port, s) for s in sources for _ in range(HELD_BY_EACH)]
        for n in range(BYSTANDERS):
            held.append(connect(pingtlsd.port, source=sources[n % HOLDERS]))
            held[n].sendall(b"\n")  # blank lines keep no one
            with connect(pingtlsd.port, source="127.0.0.2") as bystander:
                ask(bystander, b"PING\n", b"PONG\n")
                ask(upgrade(bystander), b"PING\n", b"PONG\n")
        for peer in held:
            peer.close()


@test("a session that does not heed --session-timeout is killed, and said so")
def heedless() -> None:
    with server("--session-timeout", 3) as pingtlsd:
        with hold(pingtlsd.port, source="127.0.0.2") as peer:
            (session,) = pingtlsd.wait_sessions(1)
            os.kill(session, signal.SIGSTOP)
            pingtlsd.wait_line("killing the session from 127.0.0.2:.* beyond its time")
            equal(read_rest(peer), b"")
        pingtlsd.wait_line(r"session from 127.0.0.2:.* by signal 9 \(Killed\)")
        pingtlsd.wait_sessions(0)
        hold(pingtlsd.port).close()


main()
