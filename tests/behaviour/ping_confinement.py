#!/usr/bin/python3
"""What a server says is read by a process of pingtls that can do nothing."""

import errno
import os
import re
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager

from conversations import check_confined, waits
from kernel import refuse
from programs import (
    BECOME,
    CHECK_PINGTLS,
    PINGTLS,
    Program,
    certs,
    children,
    links,
    needs_plain_build,
    run,
    server,
    state,
)
from tap import HANG, equal, has, main, needs_root, test, wait_until

NOBODY = 65534


def command(*options: object) -> list[str]:
    return [PINGTLS, "--ca-file", str(certs() / "ca.pem"), *map(str, options)]


@contextmanager
def in_conversation(service: str, **how: object) -> Iterator[tuple[Program, int]]:
    """A client that has a connection on which nothing was said, and the process
    of its conversation."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        where = f"{service}127.0.0.1:{listener.getsockname()[1]}"
        program = Program(command("-W", 4 * HANG, where), **how)
        peer, _ = listener.accept()
    with peer:
        wait_until("its process waits", lambda: waits(program.pid))
        yield program, children(program.pid)[0]
        program.signal(signal.SIGINT)
        equal(program.wait(), 1, "exit status")
        equal(program.session(), [], "processes that stay")


@test("of root: a process of nobody's, with its connection and nothing else")
def of_root() -> None:
    needs_root()
    needs_plain_build("is not confined")
    for service in "", "smtp://":
        with in_conversation(service) as (_, pid):
            check_confined(pid, NOBODY)


@test("of a user: the same, as that user")
def of_a_user() -> None:
    needs_root()
    needs_plain_build("is not confined")
    for service in "", "smtp://":
        with in_conversation(service, **BECOME) as (_, pid):
            check_confined(pid, BECOME["user"])


@test("the process that resolves and connects has no connection any more")
def parent() -> None:
    needs_root()
    needs_plain_build("is not confined")
    with in_conversation("") as (program, _):
        sockets = [x for x in links(program.pid).values() if x.startswith("socket:")]
        equal(len(sockets), 1, f"sockets: its child's records: {sockets}")


def names_layers(words: list[object]) -> None:
    """Each layer that the kernel refuses is named with -v, and only then."""
    calls = {"landlock_restrict_self": "Landlock", "seccomp": "seccomp"}
    for call, layer in calls.items():
        for options, shown in ((), False), (("-v",), True):
            ended = run(
                [*words, *options], preexec_fn=lambda: refuse(call, errno.EPERM)
            )
            said = ended.stdout + ended.stderr
            equal(ended.returncode, 0, f"exit status: {said}")
            found = re.search(f"is not confined by: .*{layer}", said)
            equal(bool(found), shown, f"{layer} with {options}: {said}")


@test("a layer that the kernel refuses is named by -v, and the probe goes on")
def refused_layers() -> None:
    needs_plain_build("is not confined")
    with server() as pingtlsd:
        where = f"localhost:{pingtlsd.port}"
        names_layers(command("-c", 1, where))
        names_layers(command("-c", 1, "--prometheus", where))
        at = "-H", "localhost", "-p", pingtlsd.port
        names_layers([CHECK_PINGTLS, "--ca-file", certs() / "ca.pem", *at])


@contextmanager
def a_process(*options: object) -> Iterator[tuple[Program, int]]:
    """A client, and the process of its only conversation."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        where = f"127.0.0.1:{listener.getsockname()[1]}"
        program = Program(command("-c", 1, "-W", 4 * HANG, *options, where))
        peer, _ = listener.accept()
    with peer:
        wait_until("its process runs", lambda: children(program.pid))
        yield program, children(program.pid)[0]


@test("killed itself, it leaves no process behind")
def killed() -> None:
    with a_process() as (program, pid):
        program.signal(signal.SIGKILL)
        program.wait()
        wait_until("its process ends", lambda: state(pid) in ("", "Z"))


@test("a process that does not end when -w is over is killed")
def stuck() -> None:
    with a_process("-w", 3) as (program, pid):
        os.kill(pid, signal.SIGSTOP)
        equal(program.wait(), 1, "exit status")
        equal(program.session(), [], "processes that stay")
    has("\n".join(program.lines), "the process of this conversation does not end")


@test("a process that is killed is told in one line")
def process_killed() -> None:
    with a_process() as (program, pid):
        os.kill(pid, signal.SIGKILL)
        equal(program.wait(), 1, "exit status")
    has("\n".join(program.lines), "was ended by signal 9")


main()
