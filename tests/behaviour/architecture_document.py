#!/usr/bin/python3
"""doc/architecture.md is true: no folder of src/ uses one that it may not."""

import re
import tempfile
from pathlib import Path

from programs import TOP
from tap import equal, main, test

DOCUMENT = TOP / "doc/architecture.md"
ROW = re.compile(r"^\| `([\w.]+)` \| [^|]+ \| ([^|]*)\|$", re.MULTILINE)
INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"', re.MULTILINE)


def allowed() -> dict[str, set[str]]:
    """The folders that each folder, or main, may use besides itself."""
    rows = ROW.findall(DOCUMENT.read_text())
    return {name: {name, *re.findall(r"`(\w+)`", uses)} for name, uses in rows}


def wrong_uses(src: Path) -> list[str]:
    """The includes of files under src that the table does not allow."""
    may_use, found = allowed(), []
    for path in sorted(src.rglob("*.[ch]")):
        folder = path.relative_to(src).parts[0]
        for include in INCLUDE.findall(path.read_text()):
            if include.partition("/")[0] not in may_use.get(folder, ()):
                found.append(f"{path.relative_to(src)} includes {include}")
    return found


@test("the table of folders has every folder and main, and no others")
def rows() -> None:
    paths = (TOP / "src").glob("**/*.[ch]")
    there = {path.relative_to(TOP / "src").parts[0] for path in paths}
    equal(set(allowed()), there)


@test("no file of src/ includes what its folder may not use")
def includes() -> None:
    equal(wrong_uses(TOP / "src"), [])


@test("a wrong use is found, from above, without a folder and from the side")
def wrong() -> None:
    with tempfile.TemporaryDirectory() as directory:
        src = Path(directory)
        for name, include in [
            ("base/parse.c", "base/parse.h"),
            ("base/above.h", "log/log.h"),
            ("client/bare.c", "probe.h"),
            ("limits/side.c", "stream/stream.h"),
            ("pingtls.c", "log/log.h"),
        ]:
            (src / name).parent.mkdir(exist_ok=True)
            (src / name).write_text(f'/* A file. */\n#include "{include}"\n')
        equal(
            wrong_uses(src),
            [
                "base/above.h includes log/log.h",
                "client/bare.c includes probe.h",
                "limits/side.c includes stream/stream.h",
                "pingtls.c includes log/log.h",
            ],
        )


main()
