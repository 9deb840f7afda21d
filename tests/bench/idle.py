"""What an idle upgraded session holds of memory, and a new process of time."""

import json
import re
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cells import load_command, pause
from contenders import PROGRAMS, pingtlsd

# Enough that one page more or less of the listener is nothing to each.
SESSIONS = 100
# How long until a session that was just opened has settled down.
REST = 0.5
# How long processes are started anew.
STARTS = 1.0


@contextmanager
def held(server, sessions: int, sources: int = 1) -> Iterator[dict]:
    """Idle upgraded sessions for the length of a with statement."""
    words = [PROGRAMS / "hold", f"--way={server.contender.way}"]
    words += [f"--sessions={sessions}", f"--sources={sources}"]
    words += pause(server.contender, 64)
    holder = subprocess.Popen(
        [str(word) for word in [*words, server.address]],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield json.loads(holder.stdout.readline())
    finally:
        holder.communicate()


def _kib(text: str, field: str) -> int:
    return int(re.search(rf"^{field}:\s+(\d+) kB$", text, re.MULTILINE)[1])


def _memory(processes: list[int]) -> tuple[int, int]:
    """Private memory and page tables of all of them together, in KiB."""
    private = tables = 0
    for pid in processes:
        try:
            rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
            private += _kib(rollup, "Private_Dirty")
            tables += _kib(Path(f"/proc/{pid}/status").read_text(), "VmPTE")
        except ProcessLookupError:
            pass  # ended meanwhile
    return private, tables


def memory(server) -> dict:
    """Of one session more, in KiB: private memory, and its page tables."""
    before = _memory(server.group.processes())
    with held(server, SESSIONS) as holding:
        if holding["held"] == 0:
            raise RuntimeError(f"{server.contender.name}: {holding['why']}")
        time.sleep(REST)
        after = _memory(server.group.processes())
    private, tables = (
        (now - then) / holding["held"] for now, then in zip(after, before)
    )
    return {"private_kib": private, "page_tables_kib": tables, **holding}


def starts() -> dict:
    """From exec to the first PONG: of a program with no libraries, and of
    pingtlsd, started for each connection."""
    commands = {
        "responder": [PROGRAMS / "responder"],
        "pingtlsd": pingtlsd("--inetd"),
    }
    seen = {}
    for name, command in commands.items():
        words = load_command(STARTS, "--way=plain", "--exec", "--", *command)
        ran = subprocess.run(
            words, capture_output=True, text=True, check=True, encoding="utf-8"
        )
        seen[name] = json.loads(ran.stdout)["first_pong_us"]
    return seen
