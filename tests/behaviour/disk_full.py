#!/usr/bin/python3
"""A full disk costs the metrics file its news, and the service nothing."""

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from aftermath import unharmed
from peer import dialogue
from programs import USER, run, scratch, server
from tap import Skip, equal, main, needs, needs_root, test, wait_until

# Octets of a file system that holds the metrics twice, old and new.
SIZE = 1 << 17


@contextmanager
def small_disk() -> Iterator[Path]:
    """A file system of its own for the service to write to."""
    needs_root()
    directory = scratch() / "disk"
    directory.mkdir()
    mounted = run([needs("mount"), "-t", "tmpfs", "-o", f"size={SIZE}", "none", directory])
    if mounted.returncode:
        raise Skip(f"cannot mount: {mounted.stderr.strip()}")
    shutil.chown(directory, USER)
    try:
        yield directory
    finally:
        run([needs("umount"), "--lazy", directory])


def fill(directory: Path) -> Path:
    """Takes all the room that is left."""
    filler = directory / "filler"
    with filler.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(4096))
        except OSError as error:
            equal(error.strerror, "No space left on device")
    return filler


def sessions(path: Path) -> int:
    """Those that have ended, of which the last lines of the file tell."""
    pattern = r"(?m)^pingtlsd_session_duration_seconds_count (\d+)$"
    return int(re.search(pattern, path.read_text())[1])


@test("no room: it is said, the old file stays whole, and the next one is written")
def full() -> None:
    with small_disk() as directory:
        path = directory / "pingtlsd.prom"
        with server("--metrics-file", path) as pingtlsd, unharmed(pingtlsd):
            dialogue(pingtlsd.port)
            # Then there is no news, and no file is being written.
            wait_until("a file", lambda: path.exists() and sessions(path) == 1)
            filler = fill(directory)
            dialogue(pingtlsd.port)
            pingtlsd.wait_line(f"cannot write {path}: No space left on device")
            dialogue(pingtlsd.port)
            equal(sessions(path), 1, "sessions in the old file")
            equal({x.name for x in directory.iterdir()}, {path.name, filler.name})
            filler.unlink()
            dialogue(pingtlsd.port)
            wait_until("the next file", lambda: sessions(path) == 4)


main()
