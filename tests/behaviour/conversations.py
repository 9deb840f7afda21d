"""The processes that hold the conversations of pingtls, as /proc shows them."""

import re
from pathlib import Path

from programs import children, links, state
from tap import equal, has


def waits(pid: int) -> bool:
    """Whether it has one child, which is confined by now, as it sleeps."""
    found = children(pid)
    return (
        len(found) == 1
        and state(found[0]) == "S"
        and set(links(found[0])) == {0, 1, 2, 3, 4}
        and filters(found[0]) > filters(pid)
    )


def status(pid: int, what: str) -> str:
    """A line of /proc/PID/status."""
    text = Path(f"/proc/{pid}/status").read_text()
    return re.search(rf"^{what}:\s*(.*)$", text, re.MULTILINE)[1]


def filters(pid: int) -> int:
    """How many filters of system calls it has, those of systemd included."""
    return int(status(pid, "Seccomp_filters"))


def check_confined(pid: int, uid: int) -> None:
    """Whether it is this user's, and has its connection and nothing else."""
    found = links(pid)
    equal([found[fd] for fd in range(3)], ["/dev/null"] * 3, "standard descriptors")
    for fd in 3, 4:
        has(found[fd], "^socket:")
    equal(status(pid, "Uid"), "\t".join([str(uid)] * 4), "users")
    equal(status(pid, "CapEff").strip("0"), "", "capabilities")
    equal(status(pid, "NoNewPrivs"), "1", "no new privileges")
    equal(status(pid, "Seccomp"), "2", "a filter of system calls")
    parent = int(status(pid, "PPid"))
    equal(filters(pid), filters(parent) + 1, "filters, of which one is its own")
    limits = Path(f"/proc/{pid}/limits").read_text()
    has(limits, r"Max processes +0 +0", r"Max open files +5 +5")
