#!/usr/bin/python3
"""SECURITY.md is true: its sources and tests exist, each test by its name."""

import re

from programs import TOP
from tap import equal, main, test

CELLS = 4


def rows() -> list[list[str]]:
    """The rows of its tables, without their heads."""
    lines = (TOP / "SECURITY.md").read_text().splitlines()
    tables = [line for line in lines if line.startswith("| ")]
    split = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in tables]
    found = [cells for cells in split if "`" in cells[-1]]
    assert found, "no tables"
    return found


@test("every defence names a source file that there is")
def sources() -> None:
    for row in rows():
        equal(len(row), CELLS, f"cells of {row}")
        for name in re.findall(r"`(\S+?)`", row[2]):
            assert (TOP / "src" / name).exists(), f"src/{name}: {row[0]}"


@test("every defence names a test that there is")
def tests() -> None:
    for row in rows():
        found = re.fullmatch(r"`(\S+)`: (.+)", row[3])
        assert found, f"no test: {row}"
        path = TOP / "tests" / found[1]
        if found[2] not in path.read_text():
            raise AssertionError(f"{found[1]} has no test {found[2]!r}")


main()
