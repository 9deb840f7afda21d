#!/usr/bin/python3
"""Where the clock is not the TSC, each look at it is a system call (vdso(7)),
which a session makes inside its sandbox."""

import errno
import sys

from kernel import await_hiding, hide_vdso, number_of, refuse
from peer import ask, client_context, connect, upgrade
from programs import Program, needs_plain_build, server
from tap import equal, main, test


def without_a_clock() -> None:
    """In the child, before it executes a program."""
    for call in "clock_gettime", "clock_gettime64":
        if number_of(call) >= 0:
            refuse(call, errno.EPERM)
    await_hiding()


@test("without the vDSO a program's looks at the clock are system calls")
def hidden() -> None:
    look = [sys.executable, "-c", "import time; time.monotonic()"]
    blind = Program(look, preexec_fn=without_a_clock, at_start=hide_vdso)
    equal(blind.wait(), 1, "exit status")
    assert blind.said("PermissionError"), blind.lines


@test("a session pings, upgrades and ends in time without the vDSO")
def session() -> None:
    needs_plain_build("has system calls of its own")
    context = client_context()  # which takes time to make
    hiding = {"preexec_fn": await_hiding, "at_start": hide_vdso}
    with server("--idle-timeout", "2", **hiding) as pingtlsd:
        with connect(pingtlsd.port) as peer:
            ask(peer, b"PING\n", b"PONG\n")
            tls = upgrade(peer, context)
            ask(tls, b"PING\n", b"PONG\n")
            tls.read_rest()
        pingtlsd.wait_line("1 in the clear, 1 over TLS")


main()
