#!/usr/bin/python3
"""The tests of debian/tests, by the rules of autopkgtest that they rely on.

Their dependencies are installed, they start in a copy of the source, and what
they say on standard error is a failure unless they are allowed to.
"""

import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from inside import apt_get, packages
from programs import run
from tap import HANG_TEST, equal, main, test

CHECKOUT = Path("/srv/pingtls")


def stanzas(text: str) -> Iterator[dict[str, list[str]]]:
    """The paragraphs of a control file: the words of each field."""
    for paragraph in re.split(r"\n\s*\n", text.strip()):
        joined = re.sub(r"\n\s+", " ", paragraph)
        pairs = (line.split(":", 1) for line in joined.splitlines())
        yield {name: re.split(r"[,\s]+", words.strip()) for name, words in pairs}


def copy_of_source() -> Path:
    """A copy that a test may write to."""
    copy = Path(tempfile.mkdtemp()) / "source"
    shutil.copytree(CHECKOUT / "debian", copy / "debian", symlinks=True)
    return copy


def passes(name: str, stanza: dict[str, list[str]]) -> None:
    for package in stanza["Depends"]:
        apt_get("install", *(packages() if package == "@" else [package]))
    source = copy_of_source()
    ended = run(
        [source / stanza.get("Tests-Directory", ["debian/tests"])[0] / name],
        cwd=source,
        env={**os.environ, "AUTOPKGTEST_TMP": tempfile.mkdtemp()},
        timeout=HANG_TEST,
    )
    said = ended.stdout + ended.stderr
    equal(ended.returncode, 0, f"status of {name}, which said {said}")
    if "allow-stderr" not in stanza.get("Restrictions", []):
        equal(ended.stderr, "", f"standard error of {name}")


for declared in stanzas((CHECKOUT / "debian/tests/control").read_text()):
    for test_name in declared["Tests"]:

        @test(f"debian/tests/{test_name}")
        def listed(name: str = test_name, stanza: dict = declared) -> None:
            passes(name, stanza)


main()
