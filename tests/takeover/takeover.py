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
import time
from dataclasses import replace

from attempts import ATTEMPTS, CHANNEL, Attempt
from confined import check_filter
from defences import Lacking, lacking, without_filter
from filters import FILTERED
from programs import cert, key, scratch
from scene import SLOWER_MAX, Scene, inetd_scene, scene
from tap import Skip, comment, equal, main, needs_root, test


# Only what the service as it is makes of the attempts: where it has been shown on
# another machine that they work without their defences.
AS_IS = bool(os.environ.get("TAKEOVER_AS_IS"))


def make(attempt: Attempt, s: Scene) -> bool:
    """Makes the attempt; returns whether it worked."""
    attempt.prepare(s)
    with s.enter() as peer:
        answer = s.make(peer, attempt.name, str(attempt.argument(s)))
        return attempt.harm(s) if attempt.harm else answer == "made"


def works(attempt: Attempt, service: Lacking) -> bool:
    with service.scene(attempt) as s:
        return any(make(attempt, s) for _ in range(attempt.tries))


def harms_no_one(attempt: Attempt, service: Lacking) -> None:
    may_be_made = not attempt.defences or attempt.harm
    with service.scene(attempt) as s:
        with s.bystanders:
            before = s.bystanders.median()
            attempt.prepare(s)
            with s.enter() as peer:
                answer = s.make(peer, attempt.name, str(attempt.argument(s)))
                before, after = s.bystanders.compare(before)
        assert may_be_made or answer != "made", "it can be made"
        assert not attempt.harm or not attempt.harm(s), "it harms"
        comment(
            f"{answer or 'ended'}; the bystanders' medians: "
            f"{before * 1000:.1f} ms, {after * 1000:.1f} ms after"
        )
        equal(s.bystanders.failures, [], "failures of bystanders")
        assert after <= before * SLOWER_MAX, "bystanders are slowed down"
        s.check_service()


def check_defences(attempt: Attempt) -> None:
    """It works where it lacks all of them, and not where it lacks all but one."""
    if attempt.defences:
        assert works(attempt, lacking(attempt)), "it fails without its defences, too"
        comment(f"without {' and '.join(attempt.defences)}: works")
    for defence in attempt.defences:
        if len(attempt.defences) > 1 and (FILTERED or defence != "filter"):
            alone = works(attempt, lacking(attempt, kept=defence))
            assert not alone, f"it works though there is {defence}"
            comment(f"with {defence} alone: stopped")
    if attempt.confined_by_structure:
        harms_no_one(attempt, Lacking(variables=without_filter(attempt)))


def run(attempt: Attempt) -> None:
    needs_root()
    began = time.monotonic()
    if not AS_IS:
        check_defences(attempt)
    if not FILTERED and attempt.defences == ("filter",):
        raise Skip("it works in a build without libseccomp")
    harms_no_one(attempt, Lacking())
    comment(f"{time.monotonic() - began:.1f} s")


for each in ATTEMPTS:
    stopped = ", by ".join(each.defences)
    name = f"{each.what}: {f'stopped by {stopped}' if stopped else 'harmless'}"
    test(name)(lambda attempt=each: run(attempt))


def is_there(defence: str, version: int) -> bool:
    """Whether this build has the defence on a kernel with this Landlock."""
    kind, _, least = defence.partition(" ")
    if kind == "landlock":
        return version >= int(least)
    return FILTERED or kind != "filter"


def stopped_with_landlock(version: int) -> None:
    needs_root()
    with scene({"TAKEOVER_LANDLOCK": str(version)}) as s:
        for attempt in ATTEMPTS:
            if not any(d.startswith("landlock") for d in attempt.defences):
                continue
            others = [d for d in attempt.defences if is_there(d, version)]
            if others:
                assert not make(attempt, s), f"{attempt.what} works"
            comment(f"{attempt.what}: {' and '.join(others) or 'nothing stops it'}")
        s.bystanders.session()


for each_version in 0, 1, 2, 4:
    kernel = f"version {each_version}" if each_version else "none"
    test(f"what Landlock answers for, where the kernel has {kernel}: by the rest")(
        lambda version=each_version: stopped_with_landlock(version)
    )


@test("every system call that a session may make has an attempt that makes it")
def every_call() -> None:
    for name in "session_filter", "inetd_filter":
        check_filter(name, ATTEMPTS)


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
