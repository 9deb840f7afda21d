#!/usr/bin/python3
"""A session that was taken over harms no one but itself.

A library preloaded into pingtlsd makes an attempt in a session process, inside
the sandbox, while bystanders connect, upgrade and ping.  Each attempt is made
three ways: where every defence against it is taken away it must work, or it
would show nothing; where all defences are there it must fail and no one may
feel it; and each defence must stop it alone, where there are several.
"""

import os
import shutil
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from pathlib import Path

from attempts import ATTEMPTS, CHANNEL, Attempt
from filters import allowed_calls, number_of, programs
from mutants import Change, build
from programs import cert, key, scratch
from scene import SLOWER_MAX, Scene, inetd_scene, scene
from tap import Skip, comment, equal, main, needs_root, test

HEADER = Path(os.environ["PINGTLSD"]).parent / "confine/sandbox_filters.h"
FILTERED = HEADER.exists()

# What takes each defence away: from a build (mutants.py) or from a run
# (without.c).  The filter's way depends on the attempt, Landlock's on the version.
DEFENCES: dict[str, Change | dict[str, str]] = {
    "limits": {"TAKEOVER_UNLIMITED": "1"},
    "SO_PASSRIGHTS": {"TAKEOVER_PASSRIGHTS": "1"},
    "not dumpable": {"TAKEOVER_DUMPABLE": "1"},
    "closed ruleset": {"TAKEOVER_KEEPS": "ruleset"},
    "standard descriptors": {"TAKEOVER_KEEPS": "standard"},
    "one signature": Change(
        "keyholder/keyholder_serve.c",
        "send_reply(channel, &reply);\n\treturn false;",
        "send_reply(channel, &reply);\n\treturn true;",
    ),
    "check of results": Change(
        "session/session_result.c",
        "if (can_be_true(r, life_ns, asked))",
        "if (can_be_true(r, life_ns, asked) || r != NULL)",
    ),
    "kill by the listener": Change(
        "listener/listener.c", "\tlistener_kill_overdue(l, now);\n", ""
    ),
    "form of what is signed": Change(
        "keyholder/keys.c", "!signing_allowed(", "false && !signing_allowed("
    ),
}


@dataclass
class Lacking:
    """Defences that a service lacks."""

    changes: tuple[Change, ...] = ()
    variables: dict[str, str] = field(default_factory=dict)

    def scene(self, attempt: Attempt) -> AbstractContextManager[Scene]:
        return scene(self.variables, attempt.pair, build(self.changes), attempt.options)


def without_filter(attempt: Attempt) -> dict[str, str]:
    numbers = (str(number_of(call)) for call in attempt.calls.split() if call != "all")
    return {"TAKEOVER_ALLOWED": ",".join(numbers) or "all"}


def lacking(attempt: Attempt, kept: str | None = None) -> Lacking:
    """All defences against the attempt but the one that is kept."""
    variables: dict[str, str] = {}
    changes: list[Change] = []
    for defence in attempt.defences:
        kind, _, version = defence.partition(" ")
        if kind == "landlock":
            # No more of it, either, than is kept.
            least = int(version) if defence == kept else int(version) - 1
            variables["TAKEOVER_LANDLOCK"] = str(least)
        elif defence == kept:
            continue
        elif kind == "filter":
            variables |= without_filter(attempt)
        else:
            match DEFENCES[defence]:
                case Change() as change:
                    changes.append(change)
                case dict(run):
                    variables |= run
    return Lacking(tuple(changes), variables)


def works_once(attempt: Attempt, s: Scene) -> bool:
    with s.enter() as peer:
        answer = s.make(peer, attempt.name, str(attempt.argument(s)))
        if attempt.harm is None:
            return answer == "made"
        return attempt.harm(s)


def works(attempt: Attempt, service: Lacking) -> bool:
    with service.scene(attempt) as s:
        return any(works_once(attempt, s) for _ in range(attempt.tries))


def harms_no_one(attempt: Attempt, service: Lacking) -> None:
    may_be_made = not attempt.defences or attempt.harm
    with service.scene(attempt) as s:
        with s.bystanders:
            before = s.bystanders.median()
            with s.enter() as peer:
                answer = s.make(peer, attempt.name, str(attempt.argument(s)))
                after = s.bystanders.median(below=before * SLOWER_MAX)
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
        made = works(attempt, lacking(attempt))
        assert made, "it fails without its defences, too"
    for defence in attempt.defences:
        if len(attempt.defences) > 1 and (FILTERED or defence != "filter"):
            alone = works(attempt, lacking(attempt, kept=defence))
            assert not alone, f"it works though there is {defence}"
    if attempt.confined_by_structure:
        harms_no_one(attempt, Lacking(variables=without_filter(attempt)))
    if not FILTERED and attempt.defences == ("filter",):
        raise Skip("it works in a build without libseccomp")
    harms_no_one(attempt, Lacking())


for each in ATTEMPTS:
    stopped = ", by ".join(each.defences)
    name = f"{each.what}: {f'stopped by {stopped}' if stopped else 'harmless'}"
    test(name)(lambda attempt=each: run(attempt))


@test("every system call that a session may make has an attempt that makes it")
def every_call() -> None:
    if not FILTERED:
        raise Skip("built without libseccomp")
    tried = {call for attempt in ATTEMPTS for call in attempt.calls.split()}
    filters = programs(HEADER)
    for name in "session_filter", "inetd_filter":
        allowed = allowed_calls(filters[name])
        equal([call for call in allowed if call not in tried], [], f"{name} without")


@test("the channel to a keyholder whose key only root can read: harmless")
def key_of_root() -> None:
    needs_root()
    path = scratch() / "of-root.pem"
    shutil.copyfile(key("ecdsa"), path)
    path.chmod(0o600)
    options = ("--cert", cert("ecdsa"), "--key", str(path))
    for attempt in CHANNEL:
        if attempt.confined_by_structure:
            harms_no_one(
                replace(attempt, pair="", options=options),
                Lacking(variables=without_filter(attempt)),
            )


def fails_under_inetd(attempt: Attempt, *way: str) -> None:
    with inetd_scene(*way) as s, s.enter() as peer:
        answer = s.make(peer, attempt.name, str(attempt.argument(s)))
        comment(f"{attempt.what}: {answer or 'ended'}")
        if attempt.defences and not attempt.inetd_may:
            assert attempt.harm or answer != "made", f"{attempt.what} can be made"
            assert not attempt.harm or not attempt.harm(s), f"{attempt.what}"


def each_under_inetd(*way: str) -> None:
    needs_root()
    for attempt in ATTEMPTS:
        if attempt.listener_only:
            continue
        if FILTERED or attempt.defences != ("filter",):
            fails_under_inetd(attempt, *way)


@test("the same where each connection has a process that systemd starts")
def accept_yes() -> None:
    each_under_inetd()


@test("the same where each connection has a process that inetd starts")
def inetd() -> None:
    each_under_inetd("--inetd")


main()
