#!/usr/bin/python3
"""While one source floods the service, another is served all the time.

How much slower it is served the bench says: make bench-neighbours.
"""

import re
import sys
import time

from aftermath import unharmed
from peer import ask, connect, read_rest
from programs import PEERS, Program, Server, needs_plain_build, server
from tap import comment, equal, main, test, wait_until

FLOODER, NEIGHBOUR = "127.0.0.2", "127.0.0.3"
# The limits of a server without options, which the tests else lift.
LIMIT = 64
DEFAULTS = ("--max-rate-per-source", LIMIT, "--penalties", "handshake=2")
# Of the connections of a source beyond that limit, so many seconds' worth are
# forgiven.
BURST_SECONDS = 4
# Connections a second, and for how long: far more than the limit lets through.
RATE = 500
SECONDS = 3
# Seconds between the neighbour's sessions, which stay within the limit.
PACE = 2 / LIMIT


def start_flood(pingtlsd: Server, seconds: float, *options: object) -> Program:
    flooder = Program(
        [sys.executable, PEERS / "flooder.py", pingtlsd.port, "--source", FLOODER]
        + ["--rate", RATE, "--seconds", seconds, *options]
    )
    flooder.wait_line("begins")
    return flooder


def neighbour(port: int) -> None:
    """One short session of the neighbour."""
    with connect(port, source=NEIGHBOUR) as peer:
        ask(peer, b"PING\n", b"PONG\n")
        peer.sendall(b"QUIT\n")
        equal(read_rest(peer), b"")


def sessions_of(pingtlsd: Server, source: str) -> int:
    ended = re.compile(rf"session from {re.escape(source)}:\d+ ended")
    return sum(bool(ended.search(line)) for line in pingtlsd.lines)


def flooded(*options: object) -> None:
    needs_plain_build("makes each fork too slow for a flood")
    with server(*DEFAULTS) as pingtlsd:
        with unharmed(pingtlsd):
            began, served = time.monotonic(), 0
            flooder = start_flood(pingtlsd, SECONDS, *options)
            while flooder.process.poll() is None:
                neighbour(pingtlsd.port)
                served += 1
                time.sleep(PACE)
            comment(f"{flooder.wait_line(r'made .*')[0]}; the neighbour's: {served}")
            equal(flooder.wait(), 0, "exit status of the flooder")
        may = LIMIT * (time.monotonic() - began + BURST_SECONDS)
        spent = sessions_of(pingtlsd, FLOODER)
        assert spent <= may, f"the flood took {spent} sessions, beyond {may:.0f}"
        pingtlsd.wait_line(f"refus.* {FLOODER}")
        wait_until(
            f"{served} sessions of the neighbour in the log",
            lambda: sessions_of(pingtlsd, NEIGHBOUR) == served,
        )
        equal(pingtlsd.said(f"refus.* {NEIGHBOUR}"), None, "the neighbour refused")


@test("a flood of connections beyond the rate")
def connections() -> None:
    flooded()


@test("a flood of connections that stay open")
def open_connections() -> None:
    flooded("--open", 500)


@test("a flood of handshakes that are not finished")
def handshakes() -> None:
    flooded("--handshakes")


if __name__ == "__main__":
    main()
