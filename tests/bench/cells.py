"""What is measured of each contender, and how one measurement is made."""

import json
import subprocess
from dataclasses import dataclass

from contenders import PROGRAMS, Contender

# Milliseconds in which asyncio's server has read STARTTLS for sure, by how many
# sessions there are at once.
PAUSES = {1: 5, 8: 20, 64: 100}
# Over one connection, and of these on their way together.  The handshake is a
# few hundredths of what they cost.
PINGS = 200_000
WINDOW = 1000


@dataclass(frozen=True)
class Cell:
    """One kind of load."""

    name: str
    kind: str  # upgraded, plain, resumed, pipelined
    at_once: int = 1

    def takes(self, contender: Contender) -> bool:
        if contender.only and self.name not in contender.only:
            return False
        return {
            "upgraded": True,
            "plain": contender.plain,
            "resumed": contender.resumes,
            "pipelined": contender.pipelines,
        }[self.kind]

    def options(self, contender: Contender) -> list[str]:
        way = "plain" if self.kind == "plain" else contender.way
        words = [f"--way={way}", f"--at-once={self.at_once}"]
        if contender.pauses and way == "starttls":
            words.append(f"--pause={PAUSES[self.at_once]}")
        if self.kind == "resumed":
            words.append("--resume")
        if self.kind == "pipelined":
            words += [f"--pings={PINGS}", f"--window={WINDOW}", f"--per-record={WINDOW}"]
        return words

    @property
    def per_session(self) -> int:
        """What a session's cost is divided by."""
        return PINGS if self.kind == "pipelined" else 1


CELLS = [
    *(Cell(f"upgraded, {n} at once", "upgraded", n) for n in (1, 8, 64)),
    *(Cell(f"plain, {n} at once", "plain", n) for n in (1, 8, 64)),
    Cell("resumed, 1 at once", "resumed"),
    Cell("pipelined", "pipelined"),
]


def load(address: str, seconds: float, *options: str) -> dict:
    """Runs the client; what it prints."""
    command = [PROGRAMS / "load", f"--seconds={seconds}", *options, address]
    ran = subprocess.run(
        [str(word) for word in command], capture_output=True, text=True, check=True
    )
    return json.loads(ran.stdout)


def measure(cell: Cell, running, seconds: float) -> dict:
    """One measurement of one contender that runs."""
    before = running.group.settled_cpu_us()
    seen = load(running.address, seconds, *cell.options(running.contender))
    spent = running.group.settled_cpu_us() - before
    done = seen["sessions"] * cell.per_session
    seen["cpu_us"] = spent / done if done else None
    seen["per_second"] = done / seen["seconds"]
    return seen
