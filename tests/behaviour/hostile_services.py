#!/usr/bin/python3
"""Whatever a service does before TLS: no success where there is none, an end, and
one line that names the cause."""

import re
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from programs import EXCHANGE_CLIENT, PEERS, PINGTLS, Program, cert, certs, key, run
from tap import comment, equal, main, test

# Seconds for a reply: with servers that fall silent, and with others.
SHORT, LONG = 1, 20
# Clients at once.  Most of them wait.
AT_ONCE = 8

CLEAR_TEXT = "clear-text-after-starttls", "clear text after STARTTLS"

# The reason and the words for each habit (tests/peers/hostile_server.py) of any
# service, or of one.  None: success.
EXPECTED = {
    "drips": None,
    "injects": CLEAR_TEXT,
    "injects_later": CLEAR_TEXT,
    "strips": ("starttls-not-supported", "does not offer"),
    "strips_and_takes": ("ok, not offered", "not among its capabilities"),
    "refuses": ("starttls-refused", "refused"),
    "refuses postgres": ("starttls-not-supported", "does not support"),
    "turns_away": ("service-refused", "refused service"),
    "turns_away xmpp": ("service-refused", "refused a stream to .*host-unknown"),
    "turns_away xmpp-server": ("service-refused", "refused a stream to .*host-unknown"),
    "turns_away ldap": ("service-refused", "ends the connection"),
    "preauth": ("preauth", "authenticated already"),
    "wrong_tag": ("protocol", "wrong tag"),
    "endless": ("protocol", "more than|not a MySQL packet|broken"),
    "oversized": ("protocol", "more than|not a MySQL packet|broken"),
    "alerts": ("protocol", "speaks TLS from the start"),
    "alerts_after": ("handshake", "TLS alert from the peer"),
    "lies": ("protocol", "broken"),
    "long_lengths": None,
    "twice": CLEAR_TEXT,
    "out_of_sequence": ("protocol", "out of sequence"),
    # At some reply, or in the handshake.
    "silent": ("timeout", r"did not (send|answer) .* within [\d.]+ s|-w was over|timed out"),
    "closes": ("closed|handshake", "closed|broke|reset"),
}


def expected(service: str, habit: str) -> tuple[str, str] | None:
    if f"{habit} {service}" in EXPECTED:
        return EXPECTED[f"{habit} {service}"]
    return EXPECTED[re.sub(r"_\d$", "", habit)]


def hostile() -> list[tuple[str, str, int]]:
    """Starts the servers; returns each service and habit, and its port."""
    pair = ["--cert", cert("ecdsa"), "--key", key("ecdsa")]
    server = Program([sys.executable, PEERS / "hostile_server.py", *pair])
    server.wait_line("listening$")
    found = [re.match(r"hostile_server: (\S+) (\S+) (\d+)$", x) for x in server.lines]
    ports = [(match[1], match[2], int(match[3])) for match in found if match]
    assert ports, "no servers"
    return ports


def try_all(judge: Callable[[str, str, int, float], str]) -> None:
    """Has judge() say of each server what is wrong, or nothing."""

    def one(case: tuple[str, str, int]) -> str:
        service, habit, port = case
        seconds = SHORT if habit.startswith("silent") else LONG
        wrong = judge(service, habit, port, seconds)
        return f"{service} {habit}: {wrong}" if wrong else ""

    cases = hostile()
    comment(f"{len(cases)} ways to misbehave")
    with ThreadPoolExecutor(AT_ONCE) as pool:
        equal([wrong for wrong in pool.map(one, cases) if wrong], [])


@test("every service, whatever it does before TLS, ends in its reason and a line")
def exchanges() -> None:
    def judge(service: str, habit: str, port: int, seconds: float) -> str:
        ended = run([EXCHANGE_CLIENT, service, port, int(1000 * seconds)])
        wanted = expected(service, habit)
        well = wanted is None or wanted[0].startswith("ok")
        line = ended.stdout.rstrip("\n")
        if (
            ended.returncode == (0 if well else 1)
            and ended.stderr == ""
            and line.isascii()
            and line.isprintable()
            and re.match(f"({wanted[0]})(: |$)" if wanted else "ok$", line)
        ):
            return ""
        return f"{ended.returncode} {ended.stdout!r} {ended.stderr!r}"

    try_all(judge)


@test("pingtls, too, ends with status 1 and one line that names the cause")
def pings() -> None:
    def judge(service: str, habit: str, port: int, seconds: float) -> str:
        # Patient with each reply, so that it is -w that ends the silent ones.
        bounds = ["-W", LONG, "-w", seconds]
        ended = run(
            [PINGTLS, "-q", "-c", 1, *bounds, "--ca-file", certs() / "ca.pem"]
            + [f"{service}://localhost:{port}"]
        )
        wanted = expected(service, habit)
        said = ended.stderr.rstrip("\n")
        if wanted is None and ended.returncode == 0 and said == "":
            return ""
        if (
            wanted is not None
            and ended.returncode == 1
            and said.isascii()
            and said.isprintable()
            and re.match(f"pingtls: {service}://localhost:{port}: ", said)
            and re.search(wanted[1], said)
        ):
            return ""
        return f"{ended.returncode} {ended.stderr!r}"

    try_all(judge)


main()
