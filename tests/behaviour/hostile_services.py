#!/usr/bin/python3
"""Whatever a service does before TLS: no success where there is none, an end, and
one line that names the cause."""

import re
import sys
from collections.abc import Iterator

from programs import EXCHANGE_CLIENT, PEERS, Program, certs, run
from tap import comment, equal, main, test

# For a reply, in ms: with servers that fall silent, and with others.
SHORT, LONG = 300, 20_000

# What is said of each habit (tests/peers/hostile_server.py), of any service or
# of one.
EXPECTED = {
    "drips": "ok",
    "injects": "clear-text-after-starttls: ",
    "injects_later": "clear-text-after-starttls: ",
    "strips": "starttls-not-supported: ",
    "strips_and_takes": "ok, not offered",
    "refuses": "starttls-refused: ",
    "refuses postgres": "starttls-not-supported: ",
    "turns_away": "service-refused: ",
    "preauth": "preauth: ",
    "wrong_tag": "protocol: ",
    "endless": "protocol: ",
    "oversized": "protocol: ",
    "alerts": "protocol: the server speaks TLS from the start",
    "alerts_after": "handshake: ",
    "lies": "protocol: ",
    "long_lengths": "ok",
    "twice": "clear-text-after-starttls: ",
    "out_of_sequence": "protocol: ",
}
# Of those that fall silent, or close, at some reply or in the handshake.
IN_TIME = {
    "silent": ("timeout: ",),
    "closes": ("closed: ", "handshake: "),
}


def expected(service: str, habit: str) -> tuple[str, ...]:
    if habit[:-2] in IN_TIME:
        return IN_TIME[habit[:-2]]
    return (EXPECTED.get(f"{habit} {service}") or EXPECTED[habit],)


def hostile() -> Iterator[tuple[str, str, int]]:
    """Each service and habit, and the port it has."""
    server = Program(
        [sys.executable, PEERS / "hostile_server.py"]
        + ["--cert", certs() / "ecdsa-cert.pem", "--key", certs() / "ecdsa-key.pem"]
    )
    server.wait_line("listening$")
    for line in list(server.lines):
        if found := re.match(r"hostile_server: (\S+) (\S+) (\d+)$", line):
            yield found[1], found[2], int(found[3])
    server.kill()


@test("every service, whatever it does before TLS, ends in its reason and a line")
def services() -> None:
    wrong, count = [], 0
    for service, habit, port in hostile():
        ms = SHORT if habit.startswith("silent") else LONG
        ended = run([EXCHANGE_CLIENT, service, port, ms])
        lines = ended.stdout.splitlines()
        well = lines and lines[0].startswith("ok")
        count += 1
        if (
            len(lines) != 1
            or ended.stderr
            or ended.returncode != (0 if well else 1)
            or not lines[0].startswith(expected(service, habit))
            or not lines[0].isascii()
            or not lines[0].isprintable()
        ):
            wrong.append(f"{service} {habit}: {ended.returncode} {lines}")
    comment(f"{count} ways to misbehave")
    assert count > 0
    equal(wrong, [])


main()
