#!/usr/bin/python3
"""On passed sockets, a service whose certificate and key do not load stays up."""

import re
import shutil
import signal
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from peer import Tls, ask, connect, dialogue, upgrade
from programs import (
    PATIENT,
    PINGTLSD,
    TO_SERVE,
    USER,
    Program,
    cert,
    key,
    run,
    scratch,
    socket_activate,
)
from tap import HANG, ROOT, equal, has, main, test

# A fatal alert: internal_error (RFC 8446, 6).
UNABLE = b"\x02\x50"
FAILS = "STARTTLS fails until certificates and keys can be loaded; trying again in "
REPAIRED = "started a new keyholder"


class Key:
    """A key file that is missing at first."""

    def __init__(self) -> None:
        directory = Path(tempfile.mkdtemp(dir=scratch()))
        directory.chmod(0o755)
        self.path = directory / "key.pem"

    def options(self) -> list:
        return ["--cert", cert("ecdsa"), "--key", self.path]

    def put(self) -> None:
        new = self.path.with_suffix(".new")
        shutil.copy(key("ecdsa"), new)
        if ROOT:
            shutil.chown(new, USER)
        new.rename(self.path)


@contextmanager
def without_key(*options: str) -> Iterator[tuple[Program, int, Key]]:
    """The service as systemd starts it, once a connection has come."""
    missing = Key()
    command = [PINGTLSD, "--log", "stderr", *TO_SERVE, *PATIENT, *missing.options()]
    pingtlsd, port = socket_activate(*options, command=command)
    with connect(port) as peer:
        ask(peer, b"PING\n", b"PONG\n")
    yield pingtlsd, port, missing
    pingtlsd.process.send_signal(signal.SIGTERM)
    equal(pingtlsd.wait(), 0, "exit status after SIGTERM")
    pingtlsd.wait_gone()


def refused(port: int) -> None:
    """STARTTLS is answered with an alert that blames the service, and closed."""
    with connect(port) as peer:
        ask(peer, b"PING\n", b"PONG\n")
        tls = Tls(peer)
        peer.sendall(b"STARTTLS\n" + tls.hello())
        answer = b""
        while octets := peer.recv(100):
            answer += octets
        equal((answer[:1], answer[5:]), (b"\x15", UNABLE), "the only record")


@test("PING is answered, STARTTLS ends in an alert, and the log says why")
def stays_up() -> None:
    with without_key() as (pingtlsd, port, missing):
        pingtlsd.wait_line(rf"cannot read key {missing.path}: No such file")
        pingtlsd.wait_line(FAILS)
        refused(port)
        pingtlsd.wait_line(
            "unable to upgrade .no certificate and key could be loaded"
        )


@test("repaired, it serves by itself, and at once after SIGHUP")
def repaired() -> None:
    with without_key() as (pingtlsd, port, missing):
        pingtlsd.wait_line(FAILS + "2 s")
        missing.put()
        pingtlsd.wait_line(REPAIRED)
        dialogue(port)
    with without_key() as (pingtlsd, port, missing):
        # The pause is long by now.
        pingtlsd.wait_line(FAILS + "4 s")
        said = len(pingtlsd.lines)
        missing.put()
        pingtlsd.process.send_signal(signal.SIGHUP)
        pingtlsd.wait_line("certificates and keys reloaded", said)
        equal(pingtlsd.said(REPAIRED, said), None, "a try of its own")
        dialogue(port)


@test("a session from before the repair still ends, and the next upgrades")
def before_and_after() -> None:
    with without_key() as (pingtlsd, port, missing):
        with connect(port) as old:
            ask(old, b"PING\n", b"PONG\n")
            missing.put()
            pingtlsd.wait_line(REPAIRED)
            ask(old, b"PING\n", b"PONG\n")
            with connect(port) as new:
                ask(upgrade(new), b"PING\n", b"PONG\n")


@test("systemd's status says so, and says no more when it is repaired")
def status() -> None:
    path = scratch() / "status"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(path))
        systemd.settimeout(HANG)
        if ROOT:
            shutil.chown(path, USER)

        def told(pattern: str) -> None:
            while not re.match(pattern, systemd.recv(4096).decode()):
                pass

        with without_key("-E", f"NOTIFY_SOCKET={path}") as (_, _, missing):
            told("READY=1")
            told("STATUS=STARTTLS fails: no certificate and key could be loaded; ")
            missing.put()
            told("STATUS=[0-9]+ sessions")


@test("a service that binds its own sockets does not start so")
def own_sockets() -> None:
    missing = Key()
    command = [PINGTLSD, "--log", "stderr", *TO_SERVE, "--listen", "127.0.0.1:0"]
    ended = run([*command, *missing.options()])
    equal(ended.returncode, 1, ended.stderr)
    has(ended.stderr, "cannot read key")


main()
