"""A wall clock of a test's own, by libfaketime.

CLOCK_REALTIME is what a file says, CLOCK_MONOTONIC is left alone.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from programs import needs_plain_build, run, scratch
from tap import needs


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


@contextmanager
def clock() -> Iterator[Clock]:
    faketime = needs("faketime")
    needs_plain_build("must be loaded first, and so must libfaketime")
    library = run([faketime, "-f", "+0", "printenv", "LD_PRELOAD"]).stdout.strip()
    made = Clock()
    settings = {
        "LD_PRELOAD": library,
        "FAKETIME_TIMESTAMP_FILE": str(made.path),
        "FAKETIME_NO_CACHE": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    }
    before = dict(os.environ)
    os.environ.update(settings)
    try:
        yield made
    finally:
        os.environ.clear()
        os.environ.update(before)
