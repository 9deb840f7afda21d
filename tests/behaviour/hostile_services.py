#!/usr/bin/python3
"""Whatever a service does before TLS: no success where there is none, an end, and
one line that names the cause."""

import json
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from subprocess import CompletedProcess

from hostile import WELL, Case, hostile
from json_lines import validate
from programs import PINGTLS, certs, run
from tap import comment, equal, main, test

# Seconds to wait: for servers that fall silent, and for others.
SHORT, LONG = 2, 20
# Clients at once.  Most of them wait.
AT_ONCE = 8

CLEAR_TEXT = "clear-text-after-starttls", "clear text after STARTTLS"

# The reason and the words for each habit (tests/peers/hostile_server.py) of any
# service, or of one.
EXPECTED = {
    "injects": CLEAR_TEXT,
    "injects_later": CLEAR_TEXT,
    "strips": ("starttls-not-supported", "does not offer"),
    "strips_and_takes": ("starttls-stripped", "not among its capabilities"),
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
    "twice": CLEAR_TEXT,
    "out_of_sequence": ("protocol", "out of sequence"),
    # At some reply, or in the handshake.
    "silent": ("timeout", r"did not (send|answer) .* within [\d.]+ s"),
    "closes": ("closed|handshake", "closed|broke|reset"),
}


def expected(case: Case) -> tuple[str, str]:
    if f"{case.habit} {case.service}" in EXPECTED:
        return EXPECTED[f"{case.habit} {case.service}"]
    return EXPECTED[re.sub(r"_\d$", "", case.habit)]


def ping(case: Case, *options: object) -> CompletedProcess[str]:
    """Pings with options, of which the last bounds the time."""
    seconds = SHORT if case.habit.startswith("silent") else LONG
    target = f"{case.service}://localhost:{case.port}"
    trust = ["--ca-file", certs() / "ca.pem"]
    return run([PINGTLS, "-c", 1, *trust, *options, seconds, target])


def try_all(is_right: Callable[[Case], bool], cases: list[Case]) -> None:
    """Has is_right() judge each server; shows those that it calls wrong."""
    comment(f"{len(cases)} servers")
    with ThreadPoolExecutor(AT_ONCE) as pool:
        judged = zip(cases, pool.map(is_right, cases))
        equal([case for case, right in judged if not right], [])


@test("every service, whatever it does before TLS, ends in its reason and a line")
def reasons() -> None:
    found: list[dict] = []

    def is_right(case: Case) -> bool:
        ended = ping(case, "-j", "-W")
        told, summary = map(json.loads, ended.stdout.splitlines())
        found.extend([told, summary])
        said, message = told["reason"], told["message"]
        if case.habit in WELL:
            return (ended.returncode, told["ok"], said) == (0, True, None)
        reason, words = expected(case)
        return (
            (ended.returncode, told["ok"], ended.stderr) == (1, False, "")
            and re.fullmatch(reason, said) is not None
            and re.search(words, message) is not None
            and message.isascii()
            and message.isprintable()
        )

    try_all(is_right, hostile())
    validate(found)


@test("people, too, read one line that names the cause, and nothing where none is")
def lines() -> None:
    def is_right(case: Case) -> bool:
        # Patient with each reply, so that it is -w that ends the silent ones.
        ended = ping(case, "-q", "-W", LONG, "-w")
        said = ended.stderr.rstrip("\n")
        if case.habit in WELL:
            return (ended.returncode, said) == (0, "")
        silent = case.habit.startswith("silent")
        words = "the deadline was over" if silent else expected(case)[1]
        return (
            ended.returncode == 1
            and said.isascii()
            and said.isprintable()
            and said.startswith(f"pingtls: {case.service}://localhost:{case.port}: ")
            and re.search(words, said) is not None
        )

    try_all(is_right, hostile())


main()
