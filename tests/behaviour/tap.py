"""Tests as functions, reported as TAP (Test Anything Protocol).

A test file defines functions marked @test("what a user would say") and ends
with main().
"""

import os
import re
import shutil
import signal
import sys
import time
import traceback
from collections.abc import Callable

# Seconds after which something hangs.  Generous: it decides nothing else.
HANG = 30
# A whole test, however loaded the machine is.
HANG_TEST = 240
# Seconds of a deadline by which a program must have come somewhere, to be tried
# in turn: on a slow machine one is over before.
DEADLINES = 0.5, 2, 10
# Of what the programs said, a failed test shows this many lines.
LINES_SHOWN = 20

ROOT = os.geteuid() == 0


class Skip(Exception):
    """The test cannot run here; the text says why."""


_tests: list[tuple[str, Callable[[], None]]] = []
# Programs that a test has started and not ended: each has a name, the lines it
# has said, and kill().
running: list = []


def test(name: str) -> Callable[[Callable[[], None]], Callable[[], None]]:
    """Marks a function as the test of this name."""

    def mark(function: Callable[[], None]) -> Callable[[], None]:
        _tests.append((name, function))
        return function

    return mark


def needs(tool: str) -> str:
    """The path of a tool that a test cannot do without."""
    path = shutil.which(tool, path=os.environ["PATH"] + ":/usr/sbin:/sbin")
    if path is None:
        raise Skip(f"{tool} is not installed")
    return path


def needs_root() -> None:
    if not ROOT:
        raise Skip("needs root: the processes are not dumpable")


def comment(text: str) -> None:
    for line in text.splitlines():
        print("#", line)


def _hung(*_: object) -> None:
    raise TimeoutError("the test did not end in time")


def main(hang_test: int = HANG_TEST) -> None:
    """Runs the marked tests, reports them as TAP, and exits.

    None may take longer than hang_test seconds.
    """
    failed = 0
    signal.signal(signal.SIGALRM, _hung)
    # A shell's background job ignores these, and so would what it starts.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for number in (signal.SIGHUP, signal.SIGQUIT):
        signal.signal(number, signal.SIG_DFL)
    print(f"1..{len(_tests)}", flush=True)
    for number, (name, function) in enumerate(_tests, 1):
        signal.alarm(hang_test)
        try:
            function()
            print(f"ok {number} - {name}", flush=True)
        except Skip as why:
            print(f"ok {number} - {name} # SKIP {why}", flush=True)
        except Exception:
            failed += 1
            print(f"not ok {number} - {name}")
            comment(traceback.format_exc())
            for program in running:
                comment(f"{program.name} said:")
                comment("\n".join(f"  {x}" for x in program.lines[-LINES_SHOWN:]))
            sys.stdout.flush()
        finally:
            signal.alarm(0)
            for program in list(running):
                program.kill()
    sys.exit(1 if failed else 0)


def wait_until(what: str, condition: Callable[[], object], seconds: float = HANG):
    """Waits until condition() is true and returns what it returned."""
    end = time.monotonic() + seconds
    while not (value := condition()):
        if time.monotonic() > end:
            raise AssertionError(f"not within {seconds} s: {what}")
        time.sleep(0.01)
    return value


def equal(found: object, expected: object, what: str = "") -> None:
    if found != expected:
        raise AssertionError(f"{what}: expected {expected!r}, found {found!r}")


def has(text: str, *patterns: str) -> None:
    """Each regular expression occurs in the text, in any case."""
    for pattern in patterns:
        if not re.search(pattern, text, re.IGNORECASE):
            raise AssertionError(f"{pattern!r} is not in {text!r}")
