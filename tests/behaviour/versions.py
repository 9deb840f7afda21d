#!/usr/bin/python3
"""The version is the same wherever it stands."""

import re

from programs import PINGTLS, PINGTLSD, TOP, run
from tap import equal, main, test


def version() -> str:
    """The one that configure.ac has."""
    text = (TOP / "configure.ac").read_text()
    return re.search(r"^AC_INIT\(\[pingtls\], \[([^]]+)\]", text, re.M)[1]


@test("both programs say the version that configure.ac has")
def programs() -> None:
    for program, name in (PINGTLSD, "pingtlsd"), (PINGTLS, "pingtls"):
        equal(run([program, "--version"]).stdout, f"{name} {version()}\n")


@test("NEWS and the Debian changelog begin with it")
def documents() -> None:
    for path, pattern in (
        ("NEWS", r"pingtls (\S+) \("),
        ("debian/changelog", r"pingtls \((\S+)\) "),
    ):
        # A tarball has no debian/.
        if (TOP / path).exists():
            found = re.match(pattern, (TOP / path).read_text())
            equal(found and found[1], version(), path)


main()
