#!/usr/bin/python3
"""While one source floods the service, another is served, and as fast."""

import signal
import statistics
import sys
import time

from aftermath import unharmed
from peer import ask, connect, read_rest
from programs import PEERS, Program, Server, needs_plain_build, server
from tap import HANG_TEST, comment, equal, main, test

FLOODER, NEIGHBOUR = "127.0.0.2", "127.0.0.3"
# How much slower the neighbour's sessions may become.  Both medians are of the
# same run, and the flood is stopped and let go on between their samples, so
# whatever else the machine does slows both.
SLOWER_MAX = 2
ROUNDS = 20
SAMPLES = 10
# Connections a second: eight times what the default limit allows one source, and
# so few that the flooder's own work, which else is another machine's, is little.
RATE = 500
# For the flood to be under way, or over, before samples are taken.
SETTLE = 0.2
# The service is as fast as in the best of so many tries: what else the machine
# does in one of its two states only adds to it.
TRIES = 5
# The limits of a server without options, which the tests else lift.
DEFAULTS = ("--max-rate-per-source", 64, "--penalties", "handshake=2")


def session_time(port: int) -> float:
    """One short session of the neighbour."""
    begun = time.perf_counter()
    with connect(port, source=NEIGHBOUR) as peer:
        ask(peer, b"PING\n", b"PONG\n")
        took = time.perf_counter() - begun
        peer.sendall(b"QUIT\n")
        equal(read_rest(peer), b"")
    return took


def slowed(pingtlsd: Server, flooder: Program) -> float:
    """How many times slower the neighbour's sessions are for the flood."""
    calm, busy = [], []
    for _ in range(ROUNDS):
        for samples, number in (calm, signal.SIGSTOP), (busy, signal.SIGCONT):
            flooder.signal(number)
            time.sleep(SETTLE)
            samples += [session_time(pingtlsd.port) for _ in range(SAMPLES)]
    calm_ms, busy_ms = (1000 * statistics.median(x) for x in (calm, busy))
    comment(f"the neighbour's median: {calm_ms:.2f} ms, {busy_ms:.2f} ms in the flood")
    return busy_ms / calm_ms


def flooded(*options: object) -> None:
    needs_plain_build("makes each fork too slow for a flood")
    with server(*DEFAULTS) as pingtlsd, unharmed(pingtlsd):
        flooder = Program(
            [sys.executable, PEERS / "flooder.py", pingtlsd.port]
            + ["--source", FLOODER, "--rate", RATE, "--seconds", HANG_TEST, *options]
        )
        flooder.wait_line("begins")
        tries = (slowed(pingtlsd, flooder) for _ in range(TRIES))
        fast_enough = any(times < SLOWER_MAX for times in tries)
        flooder.signal(signal.SIGINT)
        comment(flooder.wait_line(r"made \d+ connections")[0])
        equal(flooder.wait(), 0, "exit status of the flooder")
        pingtlsd.wait_line(f"refus.* {FLOODER}")
        equal(pingtlsd.said(f"refus.* {NEIGHBOUR}"), None, "the neighbour refused")
        assert fast_enough, f"{SLOWER_MAX} times slower or more, {TRIES} times"


@test("a flood of connections beyond the rate")
def connections() -> None:
    flooded()


@test("a flood of connections that stay open")
def open_connections() -> None:
    flooded("--open", 500)


@test("a flood of handshakes that are not finished")
def handshakes() -> None:
    flooded("--handshakes")


main()
