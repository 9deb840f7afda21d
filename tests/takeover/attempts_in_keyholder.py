"""The attempts that are made in the keyholder, and what stops each there.

A keyholder that was taken over has the keys, and can sign or not as it likes.  It
is to reach nothing else, neither listener nor files, network or other processes.
"""

import re
from dataclasses import replace

from attempts import ATTEMPTS, Attempt, victim

# Each of these alone stops the attempt of the name; see Attempt.defences.
DEFENCES = {
    "private": ("limits",),
    "heap": ("limits",),
    "turned": ("limits",),
    "shared": ("filter",),
    "stacks": ("filter",),
    "code": ("filter",),
    "code_later": ("filter",),
    "merge": ("filter",),
    "duplicates": ("filter",),
    "queues": ("filter",),
    "buffers": ("filter",),
    "datagram": ("filter",),
    "signal_by_input": ("filter",),
    "open_file": ("filter", "landlock 1"),
    "empty_file": ("filter", "landlock 3"),
    "execute": ("filter", "landlock 1"),
    "fork_off": ("filter", "limits"),
    "kill_other": ("filter", "landlock 6"),
    "trace_other": ("filter", "landlock 1"),
    "limit_other": ("filter",),
    "slow_other": ("filter",),
    "connect_out": ("filter", "landlock 4"),
    "connect_abstract": ("filter", "landlock 6"),
}

# Whom these name is another process of the user.
ON_OTHERS = "signal_by_input kill_other trace_other limit_other slow_other".split()


def elsewhere(attempt: Attempt, defences: tuple[str, ...]) -> Attempt:
    """The attempt, made in another process than a session."""
    here = replace(attempt, defences=defences, harm=None)
    if attempt.name not in ON_OTHERS:
        return here
    what = re.sub("the (listener|keyholder)", "another process", attempt.what)
    return replace(here, what=what, argument=victim)


STOPPED = tuple(
    elsewhere(a, DEFENCES[a.name]) for a in ATTEMPTS if a.name in DEFENCES
)

# What it can do, and reaches no one but the sessions that wait for it.
HARMLESS = (
    Attempt(
        "talk", "messages without end to the listener and to sessions", "sendto", ()
    ),
    Attempt("hear", "all that there is to receive", "recvmsg", ()),
    Attempt(
        "watch", "every descriptor watched", "epoll_ctl epoll_wait epoll_pwait", ()
    ),
    Attempt(
        "spin",
        "calls without end that reach no one",
        "getrandom clock_gettime gettimeofday time futex munmap",
        (),
    ),
    Attempt("close_all", "every descriptor closed, and an end", "close exit_group", ()),
)
