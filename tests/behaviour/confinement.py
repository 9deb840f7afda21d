#!/usr/bin/python3
"""What a session process and a keyholder still have: descriptors above all."""

import errno
import signal

from kernel import refuse
from peer import ask, connect, dialogue, upgrade
from programs import Server, needs_plain_build, open_files, server, state
from tap import equal, main, needs_root, test, wait_until


def kinds(pid: int) -> dict[int, str]:
    """The kind of what each descriptor of the process leads to."""
    found = open_files(pid)
    return {fd: path.partition("[")[0].rstrip(":") for fd, path in found.items()}


def check_descriptors(pingtlsd: Server) -> None:
    with connect(pingtlsd.port) as peer, connect(pingtlsd.port) as other:
        ask(peer, b"PING\n", b"PONG\n")
        ask(upgrade(other), b"PING\n", b"PONG\n")
        for pid in pingtlsd.wait_sessions(2):
            found = kinds(pid)
            for standard in range(3):
                equal(found.pop(standard), "/dev/null", f"descriptor {standard}")
            equal(sorted(found.values()), ["socket", "socket"], "other descriptors")
    found = kinds(pingtlsd.pid)
    equal([found[fd] for fd in range(2)], ["/dev/null"] * 2, "the listener's")
    found = kinds(pingtlsd.keyholder())
    equal([found.pop(fd) for fd in range(3)], ["/dev/null"] * 3, "the keyholder's")
    assert "pipe" not in found.values(), f"the keyholder has the log: {found}"


@test("a session has its connection and its way to the keyholder, nothing else")
def descriptors() -> None:
    needs_root()
    needs_plain_build("is not confined")
    with server() as pingtlsd:
        check_descriptors(pingtlsd)


@test("the same where close_range is refused, and every keyholder ends")
def without_close_range() -> None:
    needs_root()
    needs_plain_build("is not confined")
    with server(preexec_fn=lambda: refuse("close_range", errno.EPERM)) as pingtlsd:
        check_descriptors(pingtlsd)
        for _ in range(3):
            old = pingtlsd.keyholder()
            pingtlsd.signal(signal.SIGHUP)
            wait_until("the old keyholder ends", lambda: not state(old))
        dialogue(pingtlsd.port)


main()
