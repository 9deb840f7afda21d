#!/usr/bin/python3
"""./bootstrap on a machine that lacks something."""

import os
import shutil
from pathlib import Path

from programs import TOP, run, scratch
from tap import equal, has, main, needs, test

# Enough of a checkout for autoreconf to begin with.
SOURCES = ("bootstrap", "configure.ac", "Makefile.am")


def checkout(name: str) -> Path:
    """A place that ./bootstrap may spoil."""
    directory = scratch() / name
    directory.mkdir()
    for source in SOURCES:
        shutil.copy(TOP / source, directory)
    return directory


def machine(name: str, without: str) -> Path:
    """A directory with all commands of this machine but those of a package."""
    directory = scratch() / f"{name}-bin"
    directory.mkdir()
    for place in "/bin", "/usr/bin":
        for command in os.listdir(place):
            link = directory / command
            if not command.startswith(without) and not link.is_symlink():
                link.symlink_to(Path(place) / command)
    return directory


def lacks(directory: Path, commands: Path, what: str) -> None:
    """./bootstrap says in one line what is missing, and leaves no configure."""
    environment = {**os.environ, "PATH": str(commands)}
    ended = run([directory / "bootstrap"], env=environment)
    equal(ended.returncode, 1, f"status: {ended.stdout}{ended.stderr}")
    equal(len(ended.stderr.splitlines()), 1, ended.stderr)
    has(ended.stderr, f"^bootstrap: .*{what}.*apt install {what}")
    assert not (directory / "configure").exists(), "a configure is left"


@test("without pkg-config it says so, and leaves no configure behind")
def no_pkg_config() -> None:
    needs("autoreconf")
    directory = checkout("no-pkg-config")
    lacks(directory, machine("no-pkg-config", "pkg"), "pkg-config")


@test("without autoconf-archive it says so, and leaves no configure behind")
def no_archive() -> None:
    for tool in "autoreconf", "pkg-config":
        needs(tool)
    directory = checkout("no-archive")
    commands = machine("no-archive", "aclocal")
    (commands / "aclocal").write_text("#!/bin/sh\necho /nonexistent\n")
    (commands / "aclocal").chmod(0o755)
    lacks(directory, commands, "autoconf-archive")


main()
