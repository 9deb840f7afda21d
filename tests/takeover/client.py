#!/usr/bin/python3
"""A conversation of pingtls that was taken over harms no one but itself.

A server tells it which attempt to make, by the library that is preloaded into
pingtls.
"""

import os
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from attempts import Attempt
from attempts_in_client import HARMLESS, STOPPED
from confined import check_filter, confined_tests
from peer import read_line
from programs import BECOME, PINGTLS, Program
from scene import LIBRARY, Scene
from tap import HANG, equal, main, test


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


@contextmanager
def conversation(variables: dict[str, str]) -> Iterator[Callable[[Attempt], bool]]:
    yield lambda attempt: make(attempt, variables)


confined_tests(
    "in a conversation",
    conversation,
    STOPPED,
    HARMLESS,
    "in a conversation as it is, each fails, and the client ends in order",
)


@test("every system call that its filter allows has an attempt that makes it")
def every_call() -> None:
    check_filter("client_filter", STOPPED + HARMLESS)


main()
