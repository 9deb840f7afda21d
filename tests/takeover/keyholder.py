#!/usr/bin/python3
"""A keyholder that was taken over has the keys, and reaches nothing else.

A session makes it make each attempt, by the library that is preloaded into both.
"""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from attempts import Attempt
from attempts_in_keyholder import HARMLESS, STOPPED
from confined import check_filter, confined_tests
from programs import BECOME, Program, Server
from scene import Scene, scene
from tap import main, test


def make(attempt: Attempt, s: Scene) -> bool:
    """Makes the attempt in a keyholder, which then ends; whether it worked."""
    assert isinstance(s.service, Server)
    keyholder, lines = s.service.keyholder(), len(s.service.lines)
    # Another process of the user, that a keyholder might harm.
    other = Program(["sleep", "infinity"], **BECOME)
    s.victim = other.pid
    with s.enter() as peer:
        what = f"{attempt.name} {attempt.argument(s)}"
        answer = s.make(peer, "in_keyholder", what)
    # The attempt itself may have ended it.
    with suppress(ProcessLookupError):
        os.kill(keyholder, signal.SIGKILL)
    # A keyholder that traces it would keep it as a zombie.
    other.kill()
    s.service.wait_line("started a new keyholder", lines)
    s.bystanders.session()
    return answer == "made"


@contextmanager
def keyholder(variables: dict[str, str]) -> Iterator[Callable[[Attempt], bool]]:
    """That of a service that at its end still serves, and leaves nothing behind."""
    with scene(variables) as s:
        yield lambda attempt: make(attempt, s)
        assert isinstance(s.service, Server)
        s.service.stop()


confined_tests(
    "in a keyholder",
    keyholder,
    STOPPED,
    HARMLESS,
    "in a keyholder as it is, each fails, and the listener starts another one",
)


@test("every system call that its filter allows has an attempt that makes it")
def every_call() -> None:
    check_filter("keyholder_filter", STOPPED + HARMLESS)


main()
