"""What is measured of each contender, and how one measurement is made."""

import json
import subprocess
from dataclasses import dataclass

from contenders import PIPELINED, PROGRAMS, WINDOW, Contender

# Milliseconds in which asyncio's server has read STARTTLS for sure, by how many
# sessions there are at once.
PAUSES = {1: 20, 8: 20, 64: 100}


def pause(contender: Contender, at_once: int) -> list[str]:
    return [f"--pause={PAUSES[at_once]}"] if contender.pauses else []


@dataclass(frozen=True)
class Cell:
    """One kind of load."""

    name: str
    kind: str  # upgraded, plain, resumed, pipelined
    at_once: int = 1
    per_record: int = 1

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
        if way == "starttls":
            words += pause(contender, self.at_once)
        if self.kind == "resumed":
            words.append("--resume")
        if self.kind == "pipelined":
            words += ["--keep-pinging", f"--window={WINDOW}"]
            words += [f"--per-write={self.per_record}"]
        return words


CELLS = [
    *(Cell(f"upgraded, {n} at once", "upgraded", n) for n in (1, 8, 64)),
    *(Cell(f"plain, {n} at once", "plain", n) for n in (1, 8, 64)),
    Cell("resumed, 1 at once", "resumed"),
    *(Cell(name, "pipelined", 1, n) for n, name in PIPELINED.items()),
]


def load_command(seconds: float, *words: object) -> list[str]:
    return [str(word) for word in [PROGRAMS / "load", f"--seconds={seconds}", *words]]


def measure(cell: Cell, server, seconds: float) -> dict:
    """One measurement of a contender that runs."""
    before = server.group.settled_cpu_us()
    command = load_command(seconds, *cell.options(server.contender), server.address)
    ran = subprocess.run(command, capture_output=True, text=True, check=True)
    seen = json.loads(ran.stdout)
    spent = server.group.settled_cpu_us() - before
    done = seen["sessions"]
    if cell.kind == "pipelined":
        # A PING is what counts there; the one session lasts as it is told to.
        done, seen["latency_us"] = seen["pongs"], None
    seen["cpu_us"] = spent / done if done else None
    seen["per_second"] = done / seen["seconds"]
    return seen
