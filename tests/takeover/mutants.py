"""A pingtlsd that lacks defences which are in its own code.

A source file is changed or replaced, compiled as the build does it, and linked
before the archives that have the whole one.
"""

import functools
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from programs import PINGTLSD, TOP, scratch

BUILT = Path(PINGTLSD).parent


@dataclass(frozen=True)
class Change:
    """What is taken out of a source file, and what remains in its place."""

    file: str
    old: str
    new: str

    def apply(self) -> str:
        source = (TOP / "src" / self.file).read_text()
        assert source.count(self.old) == 1, f"{self.file} has not once: {self.old!r}"
        return source.replace(self.old, self.new)


@dataclass(frozen=True)
class Replacement:
    """A source file in the place of another."""

    file: str
    by: str  # of this directory

    def apply(self) -> str:
        return Path(__file__).with_name(self.by).read_text()


@functools.cache
def _command(variables: str) -> str:
    """What make has in these variables."""
    environment = {k: v for k, v in os.environ.items() if k != "MAKEFLAGS"}
    return subprocess.run(
        ["make", "-s", "-C", BUILT, "--eval", f"show:; @:$(info {variables})", "show"],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()


@functools.cache
def build(changes: tuple[Change | Replacement, ...]) -> str:
    """The path of a pingtlsd with these changes."""
    if not changes:
        return PINGTLSD
    directory = scratch() / f"mutant.{abs(hash(changes)):x}"
    directory.mkdir()
    objects = []
    for change in changes:
        source = directory / Path(change.file).name
        source.write_text(change.apply())
        objects.append(f"{source}.o")
        _run(f"{_command('$(COMPILE)')} -w -c -o {source}.o {source}")
    program = directory / "pingtlsd"
    flags = _command("$(CCLD) $(AM_CFLAGS) $(CFLAGS) $(AM_LDFLAGS) $(LDFLAGS)")
    libraries = _command("$(pingtlsd_LDADD) $(LIBS)")
    _run(f"{flags} -o {program} pingtlsd.o {' '.join(objects)} {libraries}")
    return str(program)


def _run(command: str) -> None:
    done = subprocess.run(
        command, shell=True, cwd=BUILT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
