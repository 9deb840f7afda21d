"""The hostile servers of tests/peers, started."""

import atexit
import re
import sys
from dataclasses import dataclass

from programs import PEERS, Program, cert, key

sys.path.append(str(PEERS))
import hostile_server

# The habits of those that do nothing wrong.
WELL = {"behaves", "drips", "long_lengths"}


@dataclass(frozen=True)
class Case:
    """A server of a service, with a habit."""

    service: str
    habit: str
    port: int


def hostile(*options: str, pair: str = "ecdsa") -> list[Case]:
    """Starts a server of each service and habit."""
    identity = ["--cert", cert(pair), "--key", key(pair)]
    server = Program([sys.executable, PEERS / "hostile_server.py", *identity, *options])
    # For those who are no tests: a test ends what it started by itself.
    atexit.register(server.kill)
    server.wait_line("listening$")
    found = [re.match(r"hostile_server: (\S+) (\S+) (\d+)$", x) for x in server.lines]
    cases = [Case(match[1], match[2], int(match[3])) for match in found if match]
    assert cases, "no servers"
    return cases


def descriptions() -> dict[str, str]:
    """Each habit in words."""
    return {
        habit: (function.__doc__ or habit).rstrip(".")
        for habit, function in hostile_server.HABITS.items()
    }
