"""The outcomes of a probe: a table of what the server does, and what is said of it."""

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from programs import PEERS, Program, cert, key

PIN = "sha256//" + "A" * 43 + "="


@dataclass
class Outcome:
    """What is said of a server of SMTP with this habit and certificate.

    `line` is what the line on standard error has, in this order: the step, the
    cause, and what to do.  `seen` tells whether a certificate was.
    """

    name: str
    habit: str
    reason: str | None
    line: tuple[str, ...] = ()
    pair: str = "ecdsa"
    options: tuple[object, ...] = ()
    offered: bool | None = True
    seen: bool = False
    verified: bool | None = None
    pin: bool | None = None


OUTCOMES = (
    Outcome("good", "drips", None, seen=True, verified=True),
    Outcome(
        *("not offered", "strips", "starttls-not-supported"),
        ("does not offer STARTTLS", '"454 not now"', "smtpd_tls_security_level"),
        offered=False,
    ),
    Outcome(
        *("refused", "refuses", "starttls-refused"),
        ("offers STARTTLS, but refused it", r'"454 not now" \(in the clear, from anyone\)', "server's log"),
    ),
    Outcome(
        *("stripped", "strips_and_takes", "starttls-stripped"),
        ("takes STARTTLS", "not among its capabilities", "may remove it on the way"),
        **{"offered": False, "seen": True, "verified": True},
    ),
    Outcome(
        *("clear text", "injects", "clear-text-after-starttls"),
        ("clear text after STARTTLS", '"250 more', "on the way"),
    ),
    Outcome(
        *("expired", "drips", "certificate-expired"),
        ("certificate not verified", "certificate expired on 2021-01-01", "a new one"),
        **{"pair": "expired", "seen": True, "verified": False},
    ),
    Outcome(
        *("wrong name", "drips", "certificate-host-mismatch"),
        (
            "certificate not verified",
            r"certificate is for elsewhere\.example, not localhost",
            "--verify-name",
        ),
        **{"pair": "wrong-name", "seen": True, "verified": False},
    ),
    Outcome(
        *("not trusted", "drips", "certificate-not-trusted"),
        ("certificate not verified", "CN=pingtls stranger CA", "--ca-file"),
        **{"pair": "stranger", "seen": True, "verified": False},
    ),
    Outcome(
        *("pin", "drips", "pin-mismatch"),
        ("no pin of --pinnedpubkey", "server's key, sha256//"),
        options=(f"--pinnedpubkey={PIN}",),
        **{"seen": True, "verified": True, "pin": False},
    ),
    Outcome(
        *("a TLSA record of another key", "drips", "tlsa-invalid"),
        ("certificate not verified", "no TLSA record matches", "is 3 1 1 "),
        options=(f"--tlsa=3 1 1 {'0' * 64}",),
        **{"seen": True, "verified": False},
    ),
    Outcome(
        *("a TLSA record that cannot be used", "drips", "dane-required"),
        ("certificate not verified", "no TLSA record can be used", "SMTP"),
        options=(f"--tlsa=1 1 1 {'0' * 64}",),
        **{"seen": True, "verified": False},
    ),
    Outcome(
        *("ends soon", "drips", "certificate-expires-soon"),
        ("certificate CN=", r"ends in \d+ days", "--min-days"),
        options=("--min-days=4000",),
        **{"seen": True, "verified": True},
    ),
    Outcome(
        *("time-out", "silent_0", "timeout"),
        (r"did not send its greeting within [\d.]+ s", "is it a port for smtps://"),
        options=("-W", 0.2),
        offered=None,
    ),
    Outcome(
        *("TLS at once", "alerts", "protocol"),
        ("speaks TLS from the start", "smtps://"),
        offered=None,
    ),
    Outcome(
        *("a handshake that the server refuses", "alerts_after", "handshake"),
        ("handshake", "alert 40", "--priority"),
    ),
)


@contextmanager
def servers() -> Iterator[dict[tuple[str, str], int]]:
    """The port of each certificate and habit (tests/peers/hostile_server.py)."""
    ports, started = {}, []
    for pair in sorted({o.pair for o in OUTCOMES}):
        peer = Program(
            [sys.executable, PEERS / "hostile_server.py"]
            + ["--cert", cert(pair), "--key", key(pair)]
        )
        started.append(peer)
        peer.wait_line("listening$")
        for line in peer.lines:
            if found := re.match(r"hostile_server: smtp (\S+) (\d+)$", line):
                ports[pair, found[1]] = int(found[2])
    yield ports
    for peer in started:
        peer.kill()
