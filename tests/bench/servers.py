"""Contenders that run, each in a cgroup of its own."""

import shutil
import subprocess
import time

from cells import CELLS, measure
from cgroup import Group
from contenders import Contender, scratch
from programs import free_port
from tap import HANG

# Daemons are not on everybody's path; /usr/local would not be Debian's.
PATH = "/usr/sbin:/sbin:/usr/bin:/bin"


class DoesNotServe(Exception):
    """A contender that does not answer, and what it said."""


def missing(contender: Contender) -> str:
    """The packages that this contender lacks here."""
    lacks = [p for tool, p in contender.needs if not shutil.which(tool, path=PATH)]
    return " ".join(lacks)


class Server:
    """A contender that listens."""

    def __init__(self, contender: Contender) -> None:
        self.contender = contender
        port = free_port()
        self.address = f"127.0.0.1:{port}"
        self.group = Group(contender.name)
        self._log = scratch() / f"{contender.name}.log"
        with self._log.open("wb") as log:
            self._process = self.group.start(
                contender.command(port),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        try:
            self._warm_up()
        except BaseException:
            self.end()
            raise

    def _warm_up(self) -> None:
        """Until it serves; its first sessions are not measured."""
        end = time.monotonic() + HANG
        while measure(CELLS[0], self, 0.1)["sessions"] == 0:
            if self._process.poll() is not None or time.monotonic() > end:
                said = self._log.read_text(errors="replace").splitlines()[-1:]
                raise DoesNotServe(f"does not serve; it said: {' '.join(said)}")

    def end(self) -> None:
        self.group.end()
        self._process.wait()
