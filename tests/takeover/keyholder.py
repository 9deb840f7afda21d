#!/usr/bin/python3
"""A keyholder that was taken over has the keys, and reaches nothing else.

A session makes it make each attempt, by the library that is preloaded into both.
As in takeover.py each has to work where nothing confines the keyholder, and to
fail where any one of the defences against it is left.
"""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager

from attempts import Attempt
from attempts_in_keyholder import HARMLESS, STOPPED
from defences import ALONE, BARE, all_but
from filters import FILTERED, allowed_calls, programs
from programs import BECOME, Program, Server, state
from scene import Scene, scene
from tap import Skip, comment, equal, main, needs_root, test

def make_in_keyholder(attempt: Attempt, s: Scene) -> bool:
    """Makes the attempt in a keyholder, which then ends; whether it worked."""
    assert isinstance(s.service, Server)
    keyholder, lines = s.service.keyholder(), len(s.service.lines)
    # Another process of the user, that a keyholder might harm.
    other = Program(["sleep", "infinity"], **BECOME)
    s.victim = other.pid
    with s.enter() as peer:
        what = f"{attempt.name} {attempt.argument(s)}"
        answer = s.make(peer, "in_keyholder", what)
    if state(keyholder):
        os.kill(keyholder, signal.SIGKILL)
    # A keyholder that traces it would keep it as a zombie.
    other.kill()
    s.service.wait_line("started a new keyholder", lines)
    return answer == "made"


@contextmanager
def service(variables: dict[str, str]) -> Iterator[Scene]:
    """One that at its end still serves, and leaves nothing behind."""
    with scene(variables) as s:
        yield s
        s.bystanders.session()
        assert isinstance(s.service, Server)
        s.service.stop()


@test("in a keyholder that nothing confines, each attempt works")
def bare_keyholder() -> None:
    needs_root()
    with service(BARE) as s:
        for attempt in STOPPED:
            assert make_in_keyholder(attempt, s), f"{attempt.what} fails"


def stopped_in_keyholder(kept: str) -> None:
    """What this defence alone stops in the keyholder."""
    needs_root()
    if kept == "filter" and not FILTERED:
        raise Skip("built without libseccomp")
    with service(all_but(kept)) as s:
        for attempt in STOPPED:
            if any(d.startswith(kept) for d in attempt.defences):
                assert not make_in_keyholder(attempt, s), f"{attempt.what} works"
                comment(attempt.what)


for each_kept in ALONE:
    test(f"in a keyholder, what {each_kept} alone stops")(
        lambda kept=each_kept: stopped_in_keyholder(kept)
    )


@test("in a keyholder as it is, each fails, and the listener starts another one")
def confined_keyholder() -> None:
    needs_root()
    with service({}) as s:
        for attempt in STOPPED:
            if FILTERED or attempt.defences != ("filter",):
                assert not make_in_keyholder(attempt, s), f"{attempt.what} works"
        for attempt in HARMLESS:
            make_in_keyholder(attempt, s)
            s.bystanders.session()


@test("every system call that its filter allows has an attempt that makes it")
def every_call() -> None:
    if not FILTERED:
        raise Skip("built without libseccomp")
    tried = {call for attempt in STOPPED + HARMLESS for call in attempt.calls.split()}
    allowed = allowed_calls(programs()["keyholder_filter"])
    equal([call for call in allowed if call not in tried], [], "without")


main()
