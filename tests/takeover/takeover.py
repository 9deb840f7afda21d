#!/usr/bin/python3
"""A session that was taken over harms no one but itself.

A library preloaded into pingtlsd makes an attempt in a session process, inside
the sandbox, while bystanders connect, upgrade and ping.  Each attempt is made
three ways: where every defence against it is taken away it must work, or it
would show nothing; where all defences are there it must fail and no one may
feel it; and each defence must stop it alone, where there are several.
"""

import os
from pathlib import Path

from attempts import ATTEMPTS, Attempt
from filters import number_of
from scene import SLOWER_MAX, instances, scene
from tap import Skip, comment, equal, main, needs_root, test

HEADER = Path(os.environ["PINGTLSD"]).parent / "confine/sandbox_filters.h"
FILTERED = HEADER.exists()

# What takes each defence away (without.c); the filter's way depends on the
# attempt, and Landlock's on the version.
DEFENCES = {
    "limits": {"TAKEOVER_UNLIMITED": "1"},
    "not dumpable": {"TAKEOVER_DUMPABLE": "1"},
    "closed ruleset": {"TAKEOVER_KEEPS": "ruleset"},
    "standard descriptors": {"TAKEOVER_KEEPS": "standard"},
}


def without(attempt: Attempt, defence: str) -> dict[str, str]:
    """The environment in which this defence is taken away."""
    kind, _, version = defence.partition(" ")
    if kind == "filter" and attempt.calls == "all":
        return {"TAKEOVER_ALLOWED": "all"}
    if kind == "filter":
        numbers = (str(number_of(call)) for call in attempt.calls.split())
        return {"TAKEOVER_ALLOWED": ",".join(numbers)}
    if kind == "landlock":
        return {"TAKEOVER_LANDLOCK": str(int(version) - 1)}
    return DEFENCES[defence]


def only(attempt: Attempt, kept: str | None) -> dict[str, str]:
    """The environment in which the attempt meets with this one defence, or none."""
    variables = {}
    for defence in attempt.defences:
        if defence != kept:
            variables |= without(attempt, defence)
    if kept and kept.startswith("landlock"):
        # Not with more of it than that version has.
        variables["TAKEOVER_LANDLOCK"] = kept.split()[1]
    return variables


def works(attempt: Attempt, variables: dict[str, str]) -> bool:
    with scene(variables) as s, s.enter() as peer:
        answer = s.make(peer, attempt.name, str(attempt.argument(s)))
        if attempt.harm is None:
            return answer == "made"
        try:
            peer.sendall(b"PING\n")  # input, for whom it is to hit
        except OSError:
            pass  # the session is gone
        return attempt.harm(s)


def fails_and_harms_no_one(attempt: Attempt) -> None:
    may_be_made = not attempt.defences or attempt.harm
    with scene({}) as s:
        with s.bystanders:
            before = s.bystanders.median()
            with s.enter() as peer:
                answer = s.make(peer, attempt.name, str(attempt.argument(s)))
                after = s.bystanders.median()
        assert may_be_made or answer != "made", "it can be made"
        assert not attempt.harm or not attempt.harm(s), "it harms"
        comment(
            f"{answer or 'ended'}; the bystanders' medians: "
            f"{before * 1000:.1f} ms, {after * 1000:.1f} ms after"
        )
        equal(s.bystanders.failures, [], "failures of bystanders")
        assert after <= before * SLOWER_MAX, "bystanders are slowed down"
        s.check_service()


def run(attempt: Attempt) -> None:
    needs_root()
    if attempt.defences:
        made = works(attempt, only(attempt, None))
        assert made, "it fails without its defences, too"
    for defence in attempt.defences:
        if len(attempt.defences) > 1 and (FILTERED or defence != "filter"):
            alone = works(attempt, only(attempt, defence))
            assert not alone, f"it works though there is {defence}"
    if not FILTERED and attempt.defences == ("filter",):
        raise Skip("it works in a build without libseccomp")
    fails_and_harms_no_one(attempt)


for each in ATTEMPTS:
    stopped = ", by ".join(each.defences)
    name = f"{each.what}: {f'stopped by {stopped}' if stopped else 'harmless'}"
    test(name)(lambda attempt=each: run(attempt))


def fails_in_an_instance(attempt: Attempt, *way: str) -> None:
    with instances(*way) as s, s.enter() as peer:
        answer = s.make(peer, attempt.name, str(attempt.argument(s)))
        comment(f"{attempt.what}: {answer or 'ended'}")
        if attempt.defences and not attempt.instance_may:
            assert attempt.harm or answer != "made", f"{attempt.what} can be made"
            assert not attempt.harm or not attempt.harm(s), f"{attempt.what}"


def in_instances(*way: str) -> None:
    needs_root()
    for attempt in ATTEMPTS:
        if FILTERED or attempt.defences != ("filter",):
            fails_in_an_instance(attempt, *way)


@test("the same where each connection has a process that systemd starts")
def accept_yes() -> None:
    in_instances()


@test("the same where each connection has a process that inetd starts")
def inetd() -> None:
    in_instances("--inetd")


main()
