#!/usr/bin/python3
"""The source keeps the rules of CONTRIBUTING.md that a program can check."""

import re
import tempfile
from pathlib import Path

from programs import TOP
from tap import equal, main, test

FUNCTION_MAX = 50


def opening(path: Path) -> str:
    """The comment that a file begins with, or ""."""
    found = re.match(r"/\*(.*?)\*/", path.read_text(), re.DOTALL)
    return found[1] if found else ""


def words(text: str) -> set[str]:
    return set(re.findall(r"\w+", text.lower()))


def repeats_header(path: Path) -> bool:
    """The first sentence of a .c file says nothing that its header does not."""
    header = path.with_suffix(".h")
    sentence = re.split(r"[.:](?:\s|$)", opening(path))[0]
    return header.exists() and words(sentence) <= words(opening(header)) != set()


def long_functions(path: Path) -> list[str]:
    bodies = re.finditer(r"^(\w+)\([^;{}]*\)\n\{\n(.*?)^\}", path.read_text(), re.M | re.S)
    return [body[1] for body in bodies if body[2].count("\n") > FUNCTION_MAX]


def sources() -> list[Path]:
    found = sorted((TOP / "src").rglob("*.c"))
    assert found, "no sources"
    return found


@test("the opening comment of a .c file does not repeat that of its header")
def openings() -> None:
    equal([str(path) for path in sources() if opening(path) and repeats_header(path)], [])


@test(f"no function has more than {FUNCTION_MAX} lines")
def functions() -> None:
    found = {str(path): long_functions(path) for path in sources()}
    equal({path: names for path, names in found.items() if names}, {})


@test("both checks find what they are for")
def findings() -> None:
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "lamp.c"
        path.with_suffix(".h").write_text("/*\n * Lamps, and how to light them.\n */\n")
        path.write_text("/*\n * How to light lamps.\n */\n")
        assert repeats_header(path)
        path.write_text("/*\n * Lamps are lit by hand.\n */\n")
        assert not repeats_header(path)
        for lines in FUNCTION_MAX, FUNCTION_MAX + 1:
            path.write_text("void\nlight(void)\n{\n" + "\tx();\n" * lines + "}\n")
            equal(long_functions(path), ["light"] if lines > FUNCTION_MAX else [])


main()
