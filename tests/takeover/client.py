#!/usr/bin/python3
"""A conversation of pingtls that was taken over harms no one but itself.

A server tells it which attempt to make, by the library that is preloaded into
pingtls.  As in takeover.py each has to work where nothing confines the process,
and to fail where any one of the defences against it is left.
"""

import os
import socket

from attempts import Attempt
from attempts_in_client import HARMLESS, STOPPED
from defences import ALONE, BARE, all_but
from filters import FILTERED, allowed_calls, programs
from peer import read_line
from programs import BECOME, PINGTLS, Program
from scene import LIBRARY, Scene
from tap import HANG, Skip, comment, equal, main, needs_root, test


def make(attempt: Attempt, variables: dict[str, str]) -> bool:
    """Makes the attempt, and lets the client end; whether it worked."""
    # Another process of the user, that might be harmed.
    other = Program(["sleep", "infinity"], **BECOME)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        client = Program(
            [PINGTLS, "-c", 1, "--plain", f"127.0.0.1:{port}"],
            env={**os.environ, "LD_PRELOAD": LIBRARY, **variables},
            **BECOME,
        )
        scene = Scene(client, port, other.pid, 0)
        peer, _ = listener.accept()
        answer = tell(peer, f"TAKEOVER {attempt.name} {attempt.argument(scene)}\n")
    equal(client.wait(), 1, "exit status of pingtls")
    client.wait_gone()
    other.kill()
    scene.close()
    return answer == b"made\n"


def tell(peer: socket.socket, line: str) -> bytes:
    """Answers the first PING by the line; returns what comes to that."""
    peer.settimeout(HANG)
    with peer:
        equal(read_line(peer), b"PING\n")
        peer.sendall(line.encode())
        try:
            return read_line(peer)
        except OSError:
            return b""


@test("in a conversation that nothing confines, each attempt works")
def bare() -> None:
    needs_root()
    for attempt in STOPPED:
        assert make(attempt, BARE), f"{attempt.what} fails"


def stopped_by(kept: str) -> None:
    """What this defence alone stops."""
    needs_root()
    if kept == "filter" and not FILTERED:
        raise Skip("built without libseccomp")
    for attempt in STOPPED:
        if any(d.startswith(kept) for d in attempt.defences):
            assert not make(attempt, all_but(kept)), f"{attempt.what} works"
            comment(attempt.what)


for each_kept in ALONE:
    test(f"in a conversation, what {each_kept} alone stops")(
        lambda kept=each_kept: stopped_by(kept)
    )


@test("in a conversation as it is, each fails, and the client ends in order")
def confined() -> None:
    needs_root()
    for attempt in STOPPED:
        if FILTERED or attempt.defences != ("filter",):
            assert not make(attempt, {}), f"{attempt.what} works"
    for attempt in HARMLESS:
        make(attempt, {})


@test("every system call that its filter allows has an attempt that makes it")
def every_call() -> None:
    if not FILTERED:
        raise Skip("built without libseccomp")
    tried = {call for attempt in STOPPED + HARMLESS for call in attempt.calls.split()}
    allowed = allowed_calls(programs()["client_filter"])
    equal([call for call in allowed if call not in tried], [], "without")


main()
