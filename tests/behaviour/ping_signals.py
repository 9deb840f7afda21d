#!/usr/bin/python3
"""Signals end pingtls in order wherever it is, or make it say how it stands."""

import signal
import time

from programs import PINGTLS, Program, certs, python_peer, server
from tap import HANG, equal, has, main, test


def client(*options: object) -> Program:
    return Program([PINGTLS, "--ca-file", certs() / "ca.pem", *options])


def interrupt(program: Program, number: int, status: int) -> None:
    """It ends soon with this status, the summary and no error."""
    began = time.monotonic()
    program.signal(number)
    equal(program.wait(), status, "exit status")
    assert time.monotonic() - began < HANG / 2, "it waited for something"
    equal(program.said("^pingtls:"), None, "an error")
    has("\n".join(program.lines), r"in the clear: \d+ sent")


@test("SIGINT and SIGTERM end it in order, with the summary")
def in_order() -> None:
    for number in signal.SIGINT, signal.SIGTERM:
        with server() as pingtlsd:
            program = client("-i", 0.05, f"localhost:{pingtlsd.port}")
            program.wait_line(r"over TLS: seq=3\b")
            interrupt(program, number, 0)
            has("\n".join(program.lines), r"over TLS: \d+ sent, \d+ received, 0% loss")
            pingtlsd.wait_line(r"ended after .*: quit;")


@test("SIGINT with pings that nobody answers: status 1")
def unanswered() -> None:
    peer, port = python_peer("misbehaving_server.py", "mute")
    program = client("-W", HANG, f"localhost:{port}")
    program.wait_line("connected in")
    interrupt(program, signal.SIGINT, 1)
    has("\n".join(program.lines), "1 sent, 0 received, 100% loss")
    peer.kill()


@test("SIGINT while --starttls-delay passes, or in the handshake: status 1")
def upgrading() -> None:
    peer, port = python_peer("misbehaving_server.py", "loses")
    for options in ("--starttls-delay", 4 * HANG), ("-W", 4 * HANG):
        program = client(*options, f"localhost:{port}")
        program.wait_line(r"in the clear: seq=1\b")
        # It says nothing before it sends STARTTLS; that takes no time.
        time.sleep(0.5)
        interrupt(program, signal.SIGINT, 1)
    peer.kill()


@test("SIGINT while --starttls-delay passes: nothing more is said in the clear")
def no_quit() -> None:
    with server() as pingtlsd:
        program = client("--starttls-delay", 4 * HANG, f"localhost:{pingtlsd.port}")
        program.wait_line(r"in the clear: seq=1\b")
        time.sleep(0.5)
        interrupt(program, signal.SIGINT, 1)
        line = pingtlsd.wait_line(r"session .* ended after .*")[0]
        has(line, "handshake failed")
        assert "QUIT" not in line, line


@test("SIGQUIT prints a line of figures, and it goes on")
def figures() -> None:
    with server() as pingtlsd:
        program = client("-i", 0.05, f"localhost:{pingtlsd.port}")
        program.wait_line(r"over TLS: seq=2\b")
        program.signal(signal.SIGQUIT)
        found = program.wait_line(
            r"^over TLS: (\d+)/\d+ pings, \d+% loss, min/avg/max/mdev = "
            r"[\d.]+/[\d.]+/[\d.]+/[\d.]+ ms$"
        )
        assert int(found[1]) >= 2, found[0]
        program.wait_line(rf"over TLS: seq={int(found[1]) + 3}\b")
        interrupt(program, signal.SIGINT, 0)


main()
