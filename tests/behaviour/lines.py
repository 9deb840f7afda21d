#!/usr/bin/python3
"""Lines: what counts as one, how long it may be, and that replies keep order."""

import socket
import threading
from collections.abc import Callable

from peer import Tls, ask, connect, read_line, read_rest, upgrade
from programs import Server, peak_memory, server
from tap import equal, main, test

# The protocol's longest line, LF included.
LINE_MAX = 512
PIPELINED = 10_000


def both_ways(check: Callable[[Server, "socket.socket | Tls"], None]) -> None:
    """Runs a check in the clear and over TLS."""
    with server("--max-errors", "1000") as pingtlsd:
        with connect(pingtlsd.port) as peer:
            check(pingtlsd, peer)
        with connect(pingtlsd.port) as peer:
            check(pingtlsd, upgrade(peer))


@test("commands are matched whole, without regard to case")
def commands() -> None:
    def check(_: Server, peer: "socket.socket | Tls") -> None:
        for good in b"PING\n", b"ping\n", b"PiNg\n":
            ask(peer, good, b"PONG\n")
        for bad in b"PIN\n", b"PINGG\n", b"PING PING\n", b" PING\n", b"HELP\n":
            ask(peer, bad, b"ERR unknown command\n")

    both_ways(check)


@test("trailing white space, CR included, is dropped; empty lines are ignored")
def white_space() -> None:
    def check(_: Server, peer: "socket.socket | Tls") -> None:
        ask(peer, b"PING\r\n", b"PONG\n")
        ask(peer, b"PING \t \r\r\n", b"PONG\n")
        ask(peer, b"\n\r\n \t\r\n\nPING\n", b"PONG\n")

    both_ways(check)


@test("NUL and 8-bit octets make a command unknown, and are never repeated")
def odd_octets() -> None:
    def check(_: Server, peer: "socket.socket | Tls") -> None:
        for line in b"\0\n", b"PING\0\n", b"PI\0NG\n", b"\0PING\n", b"\xff\xfe\n":
            ask(peer, line, b"ERR unknown command\n")
        ask(peer, bytes(range(11, 256)) + b"\n", b"ERR unknown command\n")
        ask(peer, b"PING\n", b"PONG\n")

    both_ways(check)


@test(f"a line of {LINE_MAX} octets is read, one of {LINE_MAX + 1} is too long")
def longest_line() -> None:
    def check(_: Server, peer: "socket.socket | Tls") -> None:
        ask(peer, b"PING".ljust(LINE_MAX - 1) + b"\n", b"PONG\n")
        ask(peer, b"x" * (LINE_MAX - 1) + b"\n", b"ERR unknown command\n")
        ask(peer, b"PING".ljust(LINE_MAX) + b"\n", b"ERR line too long\n")
        rest = peer.read_rest() if isinstance(peer, Tls) else read_rest(peer)
        equal(rest, b"", "after a line too long")

    both_ways(check)


@test("a line of 1 MiB costs no memory, and its reply is not lost")
def huge_line() -> None:
    def check(pingtlsd: Server, peer: "socket.socket | Tls") -> None:
        ask(peer, b"PING\n", b"PONG\n")
        (session,) = pingtlsd.wait_sessions(1)
        before = peak_memory(session)
        try:
            for _ in range(64):
                peer.sendall(b"x" * (1 << 14))
        except ConnectionError:
            pass  # it need not read all of it
        after = max(before, peak_memory(session))
        line = peer.read_line() if isinstance(peer, Tls) else read_line(peer)
        equal(line, b"ERR line too long\n")
        rest = peer.read_rest() if isinstance(peer, Tls) else read_rest(peer)
        equal(rest, b"", "after a line too long")
        assert after - before < 1 << 19, f"{after - before} octets more"
        pingtlsd.wait_sessions(0)

    both_ways(check)


@test(f"{PIPELINED} pipelined PINGs are answered in order")
def pipelined() -> None:
    # An unknown command at known places shows that the order is kept.
    lines = [b"PING\n"] * PIPELINED
    answers = [b"PONG\n"] * PIPELINED
    for place in range(0, PIPELINED, 101):
        lines[place], answers[place] = b"x\n", b"ERR unknown command\n"
    request, expected = b"".join(lines), b"".join(answers)

    # Over TLS the object is not for two threads: there the two directions take
    # turns, the many replies waiting in the kernel meanwhile.
    def check(_: Server, peer: "socket.socket | Tls") -> None:
        if isinstance(peer, Tls):
            received = b""
            for start in range(0, len(request), 1 << 13):
                peer.sendall(request[start : start + (1 << 13)])
        else:
            writer = threading.Thread(target=peer.sendall, args=(request,))
            writer.start()
            received = b""
        while len(received) < len(expected):
            data = peer.recv(65536)
            if not data:
                break
            received += data
        equal(len(received), len(expected), "octets of replies")
        assert received == expected, "the replies are out of order"
        ask(peer, b"PING\n", b"PONG\n")

    both_ways(check)


main()
