#!/usr/bin/python3
"""A minute of an attack that costs the attacker nothing, and what others notice.

It is for a machine that does nothing else: how long an answer takes decides.
"""

import signal
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "behaviour"))
from peer import ask, connect
from programs import PEERS, Program, needs_plain_build, server
from tap import comment, equal, main, test

# The limits of a server without options, which the tests else lift.
DEFAULTS = ("--max-rate-per-source", 64, "--penalties", "handshake=2")
SOURCES = [f"127.0.1.{number}" for number in range(1, 9)]
# Together as many as there may be.
EACH = 128
SECONDS = 60
BYSTANDERS = 100
# So many of them are answered within so many seconds.
ANSWERED = 98
SOON = 1


def bystander(port: int) -> float:
    """Seconds until its first PONG."""
    began = time.monotonic()
    with connect(port, source="127.0.0.2") as peer:
        ask(peer, b"PING\n", b"PONG\n")
        return time.monotonic() - began


@test(
    f"{len(SOURCES)} addresses that hold {len(SOURCES) * EACH} idle sessions: of "
    f"{BYSTANDERS} others {ANSWERED} are answered within {SOON} s"
)
def idle_sessions() -> None:
    needs_plain_build("makes each fork too slow for an attack")
    with server(*DEFAULTS) as pingtlsd:
        words = [sys.executable, PEERS / "holder.py", pingtlsd.port]
        holder = Program([*words, "--each", EACH, "--sources", *SOURCES])
        holder.wait_line(f"holds {len(SOURCES) * EACH} sessions")
        began, took = time.monotonic(), []
        for number in range(BYSTANDERS):
            wait = began + number * SECONDS / BYSTANDERS - time.monotonic()
            time.sleep(max(0, wait))
            try:
                took.append(bystander(pingtlsd.port))
            except (OSError, AssertionError) as error:
                comment(f"bystander {number}: {error!r}")
        holder.signal(signal.SIGTERM)
        equal(holder.wait(), 0, "exit status of the attacker")
        gave_way = sum("idle longest" in line for line in pingtlsd.lines)
        comment(f"slowest of {len(took)}: {max(took):.3f} s; {gave_way} gave way")
        soon = sum(seconds <= SOON for seconds in took)
        assert soon >= ANSWERED, f"{soon} of {BYSTANDERS}"
        assert gave_way >= BYSTANDERS / 2, "they were not taken most of the time"


main()
