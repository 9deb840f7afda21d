#!/usr/bin/python3
"""What keeps pingtls from its answers is one clear line and exit status 1."""

import os
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

from peer import ask, connect
from programs import (
    PINGTLS,
    Program,
    Server,
    certs,
    closed_port,
    python_peer,
    run,
    server,
)
from tap import HANG, equal, has, main, test


# Of a client that waits for what never comes.
SHORT = "-W", 3


def ping(*options: object) -> subprocess.CompletedProcess[str]:
    return run(
        [PINGTLS, "-c", 2, "-i", 0.01, "--ca-file", certs() / "ca.pem", *options]
    )


def fails(ended: subprocess.CompletedProcess[str], *patterns: str) -> None:
    equal(ended.returncode, 1, f"exit status: {ended.stdout}{ended.stderr}")
    lines = ended.stderr.splitlines()
    equal(len(lines), 1, f"lines of {ended.stderr!r}")
    has(lines[0], "^pingtls: ", *patterns)


@contextmanager
def misbehaving(habit: str) -> Iterator[str]:
    """Where a server with this habit (tests/peers/misbehaving_server.py) is."""
    peer, port = python_peer("misbehaving_server.py", habit)
    yield f"localhost:{port}"
    peer.kill()


@test("a server that answers STARTTLS in the clear is refused by name")
def talkative() -> None:
    with misbehaving("talkative") as where:
        fails(ping(where), "clear", "STARTTLS", "220 go ahead")


@test("clear text that came before STARTTLS unasked does not cross the upgrade")
def injected() -> None:
    with misbehaving("injected") as where:
        fails(ping(where), "clear")


@test("a server that loses the ClientHello: the line names --starttls-delay")
def loses() -> None:
    with misbehaving("loses") as where:
        fails(ping(*SHORT, where), "--starttls-delay")


@test("an answer in the clear that is missing keeps it from the upgrade")
def missing_answer() -> None:
    with misbehaving("forgetful") as where:
        fails(ping(*SHORT, where), "not upgraded", "missing")


@test("a server that closes at STARTTLS")
def hangs_up() -> None:
    with misbehaving("hangs_up") as where:
        fails(ping(where), "closed")


@test("a server that closes at once")
def closes() -> None:
    with misbehaving("closes") as where:
        fails(ping(where), "closed")


@test("an answer without an end costs no memory")
def chatters() -> None:
    with misbehaving("chatters") as where:
        fails(ping(where), "long")


@test("a wrong answer is shown with its control characters made harmless")
def wrong() -> None:
    with misbehaving("wrong") as where:
        ended = ping("--plain", where)
        said = ended.stdout + ended.stderr
        has(said, "PANG")
        assert "\x1b" not in said and "\x07" not in said, repr(said)
        assert ended.returncode == 1, ended.returncode


@test("what is cut of a wrong answer, an argument or a file's name ends in dots")
def cut() -> None:
    with misbehaving("verbose") as where:
        fails(ping(where), r'the server said "y{100}\.\.\." in the clear')
    long = "a" * 300
    ended = ping(f"{long}.invalid")
    equal(ended.returncode, 2, "exit status")
    has(ended.stderr, r"^pingtls: destination a+\.\.\.: it is too long$")
    ended = ping("--client-cert", f"/{long * 3}", "--client-key", "/no", "localhost")
    equal(ended.returncode, 2, "exit status")
    has(ended.stderr, r"cannot read /a+\.\.\.: File name too long$")


@test("a name that does not resolve")
def no_name() -> None:
    # RFC 6761: no name ends in .invalid.
    fails(ping("no-such-host.invalid:10001"), r"no-such-host\.invalid")


@test("a port that refuses")
def port_refused() -> None:
    port = closed_port()
    fails(ping(f"127.0.0.1:{port}"), rf"127\.0\.0\.1.*{port}", "refused")


@test("a server that stops in the middle: the answers so far are summed up")
def stops() -> None:
    pingtlsd = Server("--drain-timeout", 0.1)
    client = Program(
        [PINGTLS, "-i", 0.05, "--ca-file", certs() / "ca.pem"]
        + [f"localhost:{pingtlsd.port}"]
    )
    client.wait_line(r"seq=3\b")
    pingtlsd.stop()
    assert client.wait() == 1, "exit status"
    has("\n".join(client.lines), "closed|reset", "loss")


@test("TLS that ends without close_notify before QUIT is a failure")
def truncated() -> None:
    with server() as pingtlsd:
        # With nothing on its way, so that the connection is closed, not reset.
        client = Program(
            [PINGTLS, "-i", HANG, "--ca-file", certs() / "ca.pem"]
            + [f"localhost:{pingtlsd.port}"]
        )
        client.wait_line(r"over TLS: seq=1\b")
        (session,) = pingtlsd.sessions()
        os.kill(session, signal.SIGKILL)
        equal(client.wait(), 1, "exit status")
        client.wait_line(f"^pingtls: localhost:{pingtlsd.port}: .* over TLS: .*close_notify")


@test("a session that the server limits is refused with the server's words")
def busy() -> None:
    with server("--max-sessions-per-source", 1) as pingtlsd:
        with connect(pingtlsd.port) as held:
            ask(held, b"PING\n", b"PONG\n")
            fails(ping(f"127.0.0.1:{pingtlsd.port}"), "too many sessions")


@test("a port that speaks TLS from the start, or nothing of ours")
def not_ours() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        # Accepts in the kernel only: nobody ever answers.
        ended = ping(*SHORT, f"127.0.0.1:{silent.getsockname()[1]}")
        assert ended.returncode == 1, ended.returncode


main()
