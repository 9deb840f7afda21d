#!/usr/bin/python3
"""doc/architecture.md is true: folders, what they use, and the names in its walks."""

import re
import tempfile
from pathlib import Path

from programs import TOP
from tap import equal, main, test

DOCUMENT = TOP / "doc/architecture.md"
ROW = re.compile(r"^\| `([\w.]+)` \| [^|]+ \| ([^|]*)\|$", re.MULTILINE)
INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"', re.MULTILINE)


# A file of src/, and a function or table in it.
NAME = re.compile(r"`(\S+\.c)`:\s+`(\w+)`")


def missing(text: str) -> list[str]:
    """The names in the text that are not defined where it says."""
    found = []
    for file, name in NAME.findall(text):
        path = TOP / "src" / file
        definition = re.compile(rf"^(static .*|}} )?\b{name}[(\[]", re.MULTILINE)
        if not path.exists() or not definition.search(path.read_text()):
            found.append(f"{file}: {name}")
    return found


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
            ("services/side.c", "tls/policy.h"),
            ("pingtls.c", "log/log.h"),
        ]:
            (src / name).parent.mkdir(exist_ok=True)
            (src / name).write_text(f'/* A file. */\n#include "{include}"\n')
        equal(
            wrong_uses(src),
            [
                "base/above.h includes log/log.h",
                "client/bare.c includes probe.h",
                "pingtls.c includes log/log.h",
                "services/side.c includes tls/policy.h",
            ],
        )


@test("every function that the document names is where it says")
def names() -> None:
    text = DOCUMENT.read_text()
    assert len(NAME.findall(text)) > 20, "there are no walks"
    equal(missing(text), [])
    gone = "`base/parse.c`: `parse_count` `base/parse.c`: `strtoul` `no.c`: `main`"
    equal(missing(gone), ["base/parse.c: strtoul", "no.c: main"])


main()
