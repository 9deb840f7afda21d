#!/usr/bin/python3
"""Many reloads leave nothing behind, whatever sessions there are from before."""

import signal
from contextlib import ExitStack

from peer import ask, connect, upgrade
from programs import SANITIZED, Server, descriptors, resident_memory, server
from tap import ROOT, comment, main, test, wait_until

RELOADS = 300
IDLE = 30
# After so many, everything that is allocated once has been.
WARM = 30
# The one in use, and the one that it replaced.
KEYHOLDERS_MAX = 2
# Octets that a process may grow.
GROWTH_MAX = 1 << 20
HANG_RELOADS = 600


def reload(pingtlsd: Server) -> None:
    lines = len(pingtlsd.lines)
    pingtlsd.signal(signal.SIGHUP)
    pingtlsd.wait_line("certificates and keys reloaded", lines)


def few_keyholders(pingtlsd: Server) -> None:
    wait_until(
        f"{KEYHOLDERS_MAX} keyholders at most",
        lambda: len(pingtlsd.keyholders()) <= KEYHOLDERS_MAX,
    )


@test(f"{RELOADS} reloads with {IDLE} idle sessions: two keyholders at most")
def three_hundred_reloads() -> None:
    with server(f"--idle-timeout={HANG_RELOADS}") as pingtlsd, ExitStack() as stack:
        watched = pingtlsd.pid, pingtlsd.loader()
        for _ in range(WARM):
            reload(pingtlsd)
        pingtlsd.keyholder()  # waits until there is one only
        memory = [resident_memory(pid) for pid in watched]
        files = [descriptors(pid) for pid in watched] if ROOT else []
        idle = []
        for _ in range(IDLE):
            # Each has its channel to a keyholder of its own.
            idle.append(stack.enter_context(connect(pingtlsd.port)))
            ask(idle[-1], b"PING\n", b"PONG\n")
            for _ in range(RELOADS // IDLE):
                reload(pingtlsd)
                few_keyholders(pingtlsd)
        for peer in idle:
            ask(peer, b"PING\n", b"PONG\n")
        with connect(pingtlsd.port) as peer:
            ask(upgrade(peer), b"PING\n", b"PONG\n")
        pingtlsd.wait_sessions(IDLE)
        stack.close()
        pingtlsd.wait_sessions(0)
        pingtlsd.keyholder()
        more = [resident_memory(pid) - was for pid, was in zip(watched, memory)]
        comment(f"listener {more[0] >> 10:+} KiB, loader {more[1] >> 10:+} KiB")
        # AddressSanitizer keeps what is freed.
        assert SANITIZED or max(more) < GROWTH_MAX, f"octets more: {more}"
        # What ended last is closed a moment later.
        wait_until(
            f"descriptors as before: {files}",
            lambda: not ROOT or [descriptors(pid) for pid in watched] == files,
        )


main(HANG_RELOADS)
