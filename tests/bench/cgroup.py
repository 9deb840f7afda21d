"""A contender's processes in a cgroup of their own, and what they cost.

The kernel adds to a cgroup's cpu.stat what each of its threads ran, to the
nanosecond, wherever it was forked and whether or not its parent waited for it:
nothing short-lived is missed, and nothing of the client is counted.
"""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

# How long the last sessions may take to be gone, and how long nothing must
# have run for that to be so.
SETTLE = 3
QUIET = 0.03


# Whoever ends the bench ends the contenders, too.
for _number in signal.SIGTERM, signal.SIGHUP:
    signal.signal(_number, lambda *_: sys.exit(1))


class NoCgroup(Exception):
    """There is no cgroup that this user may divide."""


def _ours() -> Path:
    """The cgroup (version 2) of this process."""
    mounts = Path("/proc/self/mountinfo").read_text()
    mount = re.search(r"^\S+ \S+ \S+ \S+ (\S+) .* - cgroup2 ", mounts, re.MULTILINE)
    path = re.search(r"^0::(.*)$", Path("/proc/self/cgroup").read_text(), re.MULTILINE)
    if not mount or not path:
        raise NoCgroup("this kernel has no cgroup version 2 mounted")
    return Path(mount[1] + path[1])


class Group:
    """Processes whose CPU time is known together."""

    def __init__(self, name: str) -> None:
        self.path = _ours() / f"pingtls-bench-{os.getpid()}-{name}"
        try:
            self.path.mkdir()
        except OSError as error:
            raise NoCgroup(
                f"{self.path}: {error.strerror}; run as root, or under"
                " systemd-run --user --scope -p Delegate=yes"
            ) from error

    def start(self, command: list, **options) -> subprocess.Popen:
        """Runs a command in the group from its first instruction on."""
        enter = 'echo $$ >"$0" && exec "$@"'
        words = ["sh", "-c", enter, self.path / "cgroup.procs", *command]
        return subprocess.Popen([str(word) for word in words], **options)

    def processes(self) -> list[int]:
        return [int(pid) for pid in (self.path / "cgroup.procs").read_text().split()]

    def cpu_us(self) -> int:
        """Microseconds of CPU time, user and system, since the beginning."""
        stat = (self.path / "cpu.stat").read_text()
        return int(re.search(r"^usage_usec (\d+)$", stat, re.MULTILINE)[1])

    def settled_cpu_us(self) -> int:
        """The same once nothing runs any more."""
        end = time.monotonic() + SETTLE
        before, now = -1, self.cpu_us()
        while now != before and time.monotonic() < end:
            time.sleep(QUIET)
            before, now = now, self.cpu_us()
        return now

    def end(self) -> None:
        """Kills what is left and removes the group."""
        (self.path / "cgroup.kill").write_text("1")
        end = time.monotonic() + SETTLE
        while True:
            try:
                self.path.rmdir()
                return
            except OSError:
                # The last of them are not gone yet.
                if time.monotonic() > end:
                    raise
                time.sleep(QUIET)
