#!/usr/bin/python3
"""The clock on the wall jumps, and no deadline comes early or late for it.

The sandbox would keep sessions from reading the file that has the time, so here
there is none.
"""

import re
import signal
import time

from aftermath import unharmed
from peer import Tls, ask, connect, dialogue, read_rest, upgrade
from programs import Server, server
from tap import equal, main, test, wait_until
from wall_clock import clock

# Seconds of the deadlines here, and how late they may be on a busy machine.
DEADLINE = 2
LATE = 10
# Longer than any deadline, and than a certificate of the tests is valid.
JUMPS = "+2y", "-2y"


def patient(*options: object):
    return server("--no-sandbox", *options)


@test("the clock that jumps is the program's: a certificate expires by it")
def seen() -> None:
    with clock() as wall, patient() as pingtlsd, unharmed(pingtlsd):
        wall.set("+2y")
        pingtlsd.signal(signal.SIGHUP)
        pingtlsd.wait_line("certificate .* expired on")
        pingtlsd.wait_line("the old certificates and keys stay in use")
        dialogue(pingtlsd.port)
        wall.set("-2y")
        pingtlsd.signal(signal.SIGHUP)
        pingtlsd.wait_line("certificate .* is not valid before")
        wall.set("+0")
        pingtlsd.signal(signal.SIGHUP)
        pingtlsd.wait_line("certificates and keys reloaded")


@test("a certificate that is near its end is warned of once a day")
def daily() -> None:
    def warnings() -> int:
        """Those there are when the service has looked at the clock."""
        said = len(pingtlsd.lines)
        pingtlsd.signal(signal.SIGUSR1)
        wait_until("the figures are logged", lambda: len(pingtlsd.lines) > said)
        pingtlsd.signal(signal.SIGUSR1)
        wait_until("and again", lambda: len(pingtlsd.lines) > said + 1)
        return len([x for x in pingtlsd.lines if re.search("certificate .* ends on", x)])

    with clock() as wall, patient() as pingtlsd, unharmed(pingtlsd):
        equal(warnings(), 0, "with a year to go")
        wall.set("+360d")
        equal(warnings(), 1, "with days to go")
        equal(warnings(), 1, "on the same day")
        wall.set("+361d")
        equal(warnings(), 2, "on the next day")
        wall.set("+0")


@test("a session does not end early when the clock jumps")
def not_early() -> None:
    with clock() as wall, patient() as pingtlsd, unharmed(pingtlsd):
        with connect(pingtlsd.port) as clear, connect(pingtlsd.port) as encrypted:
            tls = upgrade(encrypted)
            for jump in JUMPS:
                wall.set(jump)
                for _ in range(3):
                    ask(clear, b"PING\n", b"PONG\n")
                    ask(tls, b"PING\n", b"PONG\n")
            ask(upgrade(clear), b"PING\n", b"PONG\n")
        wall.set("+0")


@test("silent sessions and handshakes end in time when the clock jumps")
def not_late() -> None:
    limits = "--idle-timeout", DEADLINE, "--handshake-timeout", DEADLINE
    with clock() as wall, patient(*limits) as pingtlsd, unharmed(pingtlsd):
        for jump in JUMPS:
            wall.set("+0")
            with connect(pingtlsd.port) as half:
                begun = time.monotonic()
                half.sendall(b"STARTTLS\n" + Tls(half).hello())
                equal(half.recv(1), b"\x16", "a handshake record")
                with connect(pingtlsd.port) as silent:
                    ask(silent, b"PING\n", b"PONG\n")
                    wall.set(jump)
                    equal(read_rest(silent), b"ERR timeout\n")
                assert b"PONG" not in read_rest(half)
                took = time.monotonic() - begun
                assert DEADLINE <= took < DEADLINE + LATE, f"{jump}: {took} s"
            pingtlsd.wait_sessions(0)
        wall.set("+0")


@test("the drain ends in time when the clock jumps")
def drain() -> None:
    for jump in JUMPS:
        with clock() as wall:
            pingtlsd = Server("--no-sandbox", "--drain-timeout", DEADLINE)
            with connect(pingtlsd.port) as peer:
                ask(peer, b"PING\n", b"PONG\n")
                begun = time.monotonic()
                pingtlsd.signal(signal.SIGTERM)
                pingtlsd.wait_line("stopping; sessions to end: 1")
                wall.set(jump)
                equal(pingtlsd.wait(), 0, "exit status")
                took = time.monotonic() - begun
            assert DEADLINE <= took < DEADLINE + LATE, f"{jump}: {took} s"


main()
