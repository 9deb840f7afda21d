"""A wall clock of a test's own, by libfaketime; CLOCK_MONOTONIC is left alone."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from programs import needs_plain_build, run, scratch, state
from tap import needs, wait_until


class Clock:
    """The wall clock of the programs that are started while it is in force."""

    def __init__(self) -> None:
        self.path = scratch() / "clock"
        self.set("+0")

    def set(self, offset: str) -> None:
        """From the true time."""
        new = self.path.with_suffix(".new")
        new.write_text(f"{offset}\n")
        new.rename(self.path)


def forget_processes() -> None:
    """Removes what libfaketime has left of processes that are gone.

    To one with the same process id it would show the true time, without a word.
    """
    for path in Path("/dev/shm").glob("*faketime_*"):
        if not state(int(path.name.rpartition("_")[2])):
            with suppress(OSError):
                path.unlink()


@contextmanager
def faked(**settings: str) -> Iterator[None]:
    """libfaketime, for the programs that are started meanwhile."""
    faketime = needs("faketime")
    needs_plain_build("must be loaded first, and so must libfaketime")
    forget_processes()
    # It fails where such a process was another user's.
    library = wait_until(
        "faketime names its library",
        lambda: run([faketime, "-f", "+0", "printenv", "LD_PRELOAD"]).stdout.strip(),
    )
    before = dict(os.environ)
    os.environ.update(settings, LD_PRELOAD=library, FAKETIME_DONT_FAKE_MONOTONIC="1")
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
        forget_processes()


@contextmanager
def clock() -> Iterator[Clock]:
    """A clock that can be set while programs run that can read its file."""
    made = Clock()
    with faked(FAKETIME_TIMESTAMP_FILE=str(made.path), FAKETIME_NO_CACHE="1"):
        yield made


@contextmanager
def shifted(how: str) -> Iterator[None]:
    """A clock that is off by this much: "+60", or "+60 i-3600" for one that is an
    hour back each time it is looked at.  No file is read for it."""
    with faked(FAKETIME=how, FAKETIME_CACHE_DURATION="1000000"):
        yield
