#!/usr/bin/python3
"""A soak: many sessions, good and hostile mixed, leave nothing behind.

The sessions are those of soak_peers.py, run by several processes at once.
"""

import collections
import json
import os
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "behaviour"))
from peer import dialogue
from programs import Program, Server, descriptors, resident_memory, server
from tap import HANG, comment, equal, main, needs_root, test, wait_until

SESSIONS = 100_000
# After so many, everything that is allocated once has been.
WARM = 10_000
# Sessions between two looks.
LEG = 10_000
# Octets that a process may grow after the first sessions.
GROWTH_MAX = 1 << 20
# Some of the peers wait for the server: more of them than processors.
PEERS = 2 * (os.cpu_count() or 1)
# The longest leg, and all of them, on a machine that does other things besides.
HANG_LEG = 300
HANG_SOAK = 1800


def leg(pingtlsd: Server, seed: int, count: int) -> collections.Counter:
    """So many sessions; returns how many of each kind."""
    script = Path(__file__).with_name("soak_peers.py")
    peers = []
    for index in range(PEERS):
        share = count * (index + 1) // PEERS - count * index // PEERS
        words = [sys.executable, script, pingtlsd.port, seed * PEERS + index, share]
        peers.append(Program(words))
    kinds: collections.Counter = collections.Counter()
    for peer in peers:
        wait_until("a leg ends", lambda: peer.process.poll() is not None, HANG_LEG)
        if peer.wait() != 0:
            raise AssertionError("\n".join(peer.lines))
        kinds.update(json.loads(peer.lines[-1]))
    pingtlsd.wait_sessions(0)
    return kinds


@test(f"{SESSIONS} sessions, good and hostile: nothing grows and nothing stays")
def soak() -> None:
    needs_root()
    begun = time.monotonic()
    with server("--idle-timeout", HANG, "--handshake-timeout", HANG) as pingtlsd:
        watched = pingtlsd.pid, pingtlsd.keyholder(), pingtlsd.loader()
        kinds = leg(pingtlsd, 0, WARM)
        memory = [resident_memory(pid) for pid in watched]
        files = [descriptors(pid) for pid in watched]
        for number in range(1, 1 + (SESSIONS - WARM) // LEG):
            kinds += leg(pingtlsd, number, LEG)
            more = [resident_memory(pid) - was for pid, was in zip(watched, memory)]
            comment(
                f"{kinds.total()} sessions, {time.monotonic() - begun:.0f} s: "
                f"listener {more[0] >> 10:+} KiB, keyholder {more[1] >> 10:+} KiB, "
                f"loader {more[2] >> 10:+} KiB"
            )
        for kind, count in kinds.most_common():
            comment(f"{count} {kind}")
        equal(kinds.total(), SESSIONS)
        assert max(more) < GROWTH_MAX, f"octets more: {more}"
        equal([descriptors(pid) for pid in watched], files, "descriptors")
        equal(pingtlsd.sessions(), [], "sessions left")
        wait_until(
            f"{SESSIONS} sessions in the log",
            lambda: sum(" ended after " in x for x in pingtlsd.lines) == SESSIONS,
        )
        equal(pingtlsd.said("by signal|its process failed"), None, "a crash")
        dialogue(pingtlsd.port)


main(HANG_SOAK)
