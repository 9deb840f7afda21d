"""The tests of a process other than a session, made in the same way for each.

As in takeover.py each attempt has to work where nothing confines the process,
and to fail where any one of the defences against it is left.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager

from attempts import Attempt
from defences import ALONE, BARE, all_but
from filters import FILTERED, allowed_calls, programs
from tap import Skip, comment, equal, needs_root, test

Attempts = tuple[Attempt, ...]
# What makes an attempt in such a process, and returns whether it worked; there
# while the context lasts, in programs with these variables in their environment.
Process = Callable[[dict[str, str]], AbstractContextManager[Callable[[Attempt], bool]]]


def stopped_by(kept: str, attempts: Attempts, process: Process) -> None:
    """What this defence alone stops."""
    needs_root()
    if kept == "filter" and not FILTERED:
        raise Skip("built without libseccomp")
    with process(all_but(kept)) as make:
        for attempt in attempts:
            if any(d.startswith(kept) for d in attempt.defences):
                assert not make(attempt), f"{attempt.what} works"
                comment(attempt.what)


def check_filter(name: str, attempts: Attempts) -> None:
    """Every system call that the filter allows has an attempt that makes it."""
    if not FILTERED:
        raise Skip("built without libseccomp")
    tried = {call for attempt in attempts for call in attempt.calls.split()}
    allowed = allowed_calls(programs()[name])
    equal([call for call in allowed if call not in tried], [], f"{name} without")


def confined_tests(
    where: str, process: Process, stopped: Attempts, harmless: Attempts, as_it_is: str
) -> None:
    """Declares the tests; `where` is "in a ...", `as_it_is` the name of the last."""

    @test(f"{where} that nothing confines, each attempt works")
    def bare() -> None:
        needs_root()
        with process(BARE) as make:
            for attempt in stopped:
                assert make(attempt), f"{attempt.what} fails"

    for each_kept in ALONE:
        test(f"{where}, what {each_kept} alone stops")(
            lambda kept=each_kept: stopped_by(kept, stopped, process)
        )

    @test(as_it_is)
    def confined() -> None:
        needs_root()
        with process({}) as make:
            for attempt in stopped:
                if FILTERED or attempt.defences != ("filter",):
                    assert not make(attempt), f"{attempt.what} works"
            for attempt in harmless:
                make(attempt)
