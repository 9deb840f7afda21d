#!/usr/bin/python3
"""A flood of records that TLS allows, or almost, ends by itself or at a deadline.

The floods are made by tests/peers/records, which after an honest handshake has
the keys and makes its own records.
"""

import re
import time

from peer import ask, connect, dialogue, serves, upgrade
from programs import (
    RECORDS,
    Program,
    Server,
    needs_plain_build,
    peak_memory,
    run,
    server,
)
from tap import comment, equal, has, main, test, wait_until

# More than any server takes before it has had enough, or its deadline comes.
COUNT = 1_000_000_000
# Between two records of a trickle: well within the deadline.
PAUSE_MS = 100
# How long a flood may last, in seconds.
DEADLINE = 1
# Beyond it: the server's linger, and how slow a busy machine is.
LATE = 10
# What a peer may hear: its handshake, one reply or alert.
OCTETS_BACK_MAX = 4096
# Records of one octet, which no limit ends.
ONE_OCTET_RECORDS = 200_000
# Above an upgraded session that does little.
MEMORY_MORE_MAX = 1 << 19


class Flood:
    """One flood, from the connection to its end."""

    def __init__(
        self, pingtlsd: Server, version: str, kind: str, count=COUNT, pause_ms=0
    ) -> None:
        said = len(pingtlsd.lines)
        begun = time.monotonic()
        ended = run([RECORDS, pingtlsd.port, version, kind, count, pause_ms])
        self.seconds = time.monotonic() - begun
        found = re.match(r"(\w+) after (\d+) records, (\d+) octets", ended.stdout)
        if ended.returncode or not found:
            raise AssertionError(f"records {version} {kind}: {ended}")
        self.records, self.octets_back = int(found[2]), int(found[3])
        pingtlsd.wait_sessions(0)
        self.log = pingtlsd.wait_line(r"session from .* ended .*", said)[0]
        comment(f"TLS {version}, {kind}: {self.records} in {self.seconds:.2f} s")


def refused_at_once(version: str, kinds: dict[str, str], **how) -> None:
    """Each flood is cut off for its own reason, before any deadline."""
    with server() as pingtlsd:
        for kind, reason in kinds.items():
            flood = Flood(pingtlsd, version, kind, **how)
            has(flood.log, reason)
            assert flood.octets_back <= OCTETS_BACK_MAX, flood.octets_back
        dialogue(pingtlsd.port)


def ended_by_deadline(version: str, kinds: list[str], **how) -> None:
    """Each flood, after its handshake, ends when a line must have come."""
    with server("--idle-timeout", DEADLINE) as pingtlsd:
        for kind in kinds:
            flood = Flood(pingtlsd, version, kind, **how)
            has(flood.log, r"ended .*: timed out")
            assert flood.seconds < DEADLINE + LATE, f"{kind}: {flood.seconds} s"
            assert flood.octets_back <= OCTETS_BACK_MAX, flood.octets_back
        wait_until("others are served", lambda: serves(pingtlsd.port))


@test("renegotiation, TLS 1.2: the first ClientHello inside the session ends it")
def renegotiation_flood() -> None:
    refused_at_once("1.2", {"hellos": "Rehandshake was requested"})


@test("key updates, TLS 1.3: a flood of them ends the session")
def key_update_flood() -> None:
    kinds = "key-updates", "packed-key-updates", "packed-quiet-key-updates"
    refused_at_once("1.3", {kind: "Too many handshake packets" for kind in kinds})


@test("empty records: too many end the session, or the deadline does")
def empty_records() -> None:
    refused_at_once("1.2", {"empty": "Too many empty record packets"})
    # TLS 1.3 allows them as cover traffic (RFC 8446, 5.4).
    ended_by_deadline("1.3", ["empty"])


@test("warning alerts: no number of them holds a session beyond the deadline")
def warnings() -> None:
    ended_by_deadline("1.2", ["warnings"])
    # There all but two alerts are fatal (RFC 8446, 6).
    refused_at_once("1.3", {"warnings": "User canceled"})


@test("a trickle that never makes a line is ended by the deadline")
def trickles() -> None:
    ended_by_deadline("1.2", ["empty", "warnings", "unfinished"], pause_ms=PAUSE_MS)
    ended_by_deadline("1.3", ["empty", "unfinished"], pause_ms=PAUSE_MS)


@test("change_cipher_spec: a flood within the handshake or after it ends it")
def change_cipher_specs() -> None:
    reasons = {"1.2": "unexpected TLS packet", "1.3": "Too many empty record packets"}
    for version, reason in reasons.items():
        refused_at_once(version, {"change-cipher-specs": reason})
        refused_at_once(version, {"late-change-cipher-specs": "unexpected TLS packet"})


@test("alerts and empty records in the handshake end it")
def handshake_records() -> None:
    kinds = "early-warnings", "mid-warnings"
    kinds += "early-empty-handshakes", "mid-empty-handshakes"
    for version in "1.2", "1.3":
        refused_at_once(version, {kind: "handshake failed" for kind in kinds})


@test("a line too long is noticed in records of one octet, too")
def unfinished_line() -> None:
    for version in "1.2", "1.3":
        refused_at_once(version, {"unfinished": "line too long"})


@test(f"{ONE_OCTET_RECORDS} records of one octet cost a session no memory")
def one_octet() -> None:
    needs_plain_build("keeps what is freed")
    for version in "1.2", "1.3":
        with server() as pingtlsd, connect(pingtlsd.port) as neighbour:
            tls = upgrade(neighbour)
            (calm,) = pingtlsd.sessions()
            peer = Program(
                [RECORDS, pingtlsd.port, version, "octets", ONE_OCTET_RECORDS, 0]
            )
            peak = 0
            while peer.process.poll() is None:
                ask(tls, b"PING\n", b"PONG\n")
                for session in pingtlsd.sessions():
                    if session != calm:
                        peak = max(peak, peak_memory(session))
            equal(peer.wait(), 0, "exit status of records")
            has(peer.lines[-1], f"^closed after {ONE_OCTET_RECORDS} records")
            more = peak - peak_memory(calm)
            assert peak and more < MEMORY_MORE_MAX, f"{more} octets more"


main()
