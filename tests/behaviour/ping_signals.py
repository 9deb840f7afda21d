#!/usr/bin/python3
"""Signals end pingtls in order wherever it is, or make it say how it stands."""

import os
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager

from peer import read_line, read_rest
from programs import (
    CHECK_PINGTLS,
    PINGTLS,
    Program,
    certs,
    python_peer,
    scratch,
    server,
    state,
)
from tap import HANG, equal, has, main, test, wait_until


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
            # No ping is on its way then: it would count as lost.
            program = client("-i", 4 * HANG, f"localhost:{pingtlsd.port}")
            program.wait_line(r"over TLS: seq=1\b")
            interrupt(program, number, 0)
            has("\n".join(program.lines), r"over TLS: \d+ sent, \d+ received, 0% loss")
            pingtlsd.wait_line(r"ended after .*: quit;")


@test("SIGTERM ends it while it reads a file that nobody writes, and the plugin")
def reading() -> None:
    fifo = scratch() / "fifo"
    os.mkfifo(fifo)
    for words in (PINGTLS, "localhost"), (CHECK_PINGTLS, "-H", "localhost"):
        program = Program([*words, "--ca-file", fifo])
        wait_until("it waits", lambda: state(program.pid) == "S")
        program.signal(signal.SIGTERM)
        equal(program.wait(), -signal.SIGTERM, f"exit status of {words[0]}")


@test("SIGINT with pings that nobody answers: status 1")
def unanswered() -> None:
    peer, port = python_peer("misbehaving_server.py", "mute")
    program = client("-W", HANG, f"localhost:{port}")
    program.wait_line("connected in")
    interrupt(program, signal.SIGINT, 1)
    has("\n".join(program.lines), "1 sent, 0 received, 100% loss")
    peer.kill()


@contextmanager
def asked_for_tls(*options: object) -> Iterator[tuple[Program, socket.socket]]:
    """A client that has sent STARTTLS, and the server's end of its connection."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        program = client("-c", 1, *options, f"127.0.0.1:{listener.getsockname()[1]}")
        peer, _ = listener.accept()
    with peer:
        peer.settimeout(HANG)
        equal(read_line(peer), b"PING\n")
        peer.sendall(b"PONG\n")
        equal(read_line(peer), b"STARTTLS\n")
        yield program, peer


@test("SIGINT while --starttls-delay passes: status 1, and nothing more is said")
def delayed() -> None:
    with asked_for_tls("--starttls-delay", 4 * HANG) as (program, peer):
        interrupt(program, signal.SIGINT, 1)
        equal(read_rest(peer), b"", "after STARTTLS")


@test("SIGINT in the handshake: status 1")
def in_the_handshake() -> None:
    with asked_for_tls("-W", 4 * HANG) as (program, peer):
        equal(peer.recv(1), b"\x16", "the first octet of the handshake")
        interrupt(program, signal.SIGINT, 1)


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


@test("SIGQUIT prints a line of figures of conversations, too")
def figures_of_conversations() -> None:
    with server() as pingtlsd:
        # No conversation is under way then.
        program = client("-r", "-i", 4 * HANG, f"localhost:{pingtlsd.port}")
        program.wait_line(r"pingtls from .*: seq=1\b")
        program.signal(signal.SIGQUIT)
        program.wait_line(
            r"^1/1 connections, 0% loss, min/avg/max/mdev = "
            r"[\d.]+/[\d.]+/[\d.]+/[\d.]+ ms$"
        )
        program.signal(signal.SIGINT)
        equal(program.wait(), 0, "exit status")
        has("\n".join(program.lines), "1 connections, 1 good")


main()
