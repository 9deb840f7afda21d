#!/usr/bin/python3
"""systemd is told of the start, reloads, the stop, and life (sd_notify)."""

import os
import shutil
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager

from peer import ask, connect, dialogue
from programs import USER, Server, needs_libsystemd, scratch
from tap import HANG, ROOT, equal, main, test, wait_until


class Systemd:
    """The socket that systemd would listen on, and what came there."""

    def __init__(self) -> None:
        path = scratch() / "notify"
        path.unlink(missing_ok=True)
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(path))
        self._socket.settimeout(HANG)
        if ROOT:
            shutil.chown(path, USER)
        self.environment = {"NOTIFY_SOCKET": str(path)}

    def told(self, start: str) -> str:
        """The next message that begins so; others are passed over."""
        while True:
            message = self._socket.recv(4096).decode()
            if message.startswith(start):
                return message

    def fill(self) -> None:
        """Nothing more can be sent there until something is read."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
            sender.setblocking(False)
            try:
                while True:
                    sender.sendto(b"X=1", self.environment["NOTIFY_SOCKET"])
            except BlockingIOError:
                pass

    def close(self) -> None:
        self._socket.close()


@contextmanager
def managed(
    deaf: bool = False, **environment: str
) -> Iterator[tuple[Systemd, Server]]:
    """A server under a stand-in for systemd, which may have stopped to read.

    The test ends the server.
    """
    needs_libsystemd()
    systemd = Systemd()
    if deaf:
        systemd.fill()
    new = systemd.environment | environment
    os.environ |= new
    try:
        pingtlsd = Server("--drain-timeout", HANG)
    finally:
        for name in new:
            del os.environ[name]
    yield systemd, pingtlsd
    systemd.close()


@test("READY when connections are accepted, STOPPING when no more are")
def ready_and_stopping() -> None:
    with managed() as (systemd, pingtlsd):
        equal(systemd.told("READY"), "READY=1")
        with connect(pingtlsd.port) as peer:
            ask(peer, b"PING\n", b"PONG\n")
            pingtlsd.signal(signal.SIGTERM)
            # The session is still there.
            equal(systemd.told("STOPPING"), "STOPPING=1")
            ask(peer, b"PING\n", b"PONG\n")
        equal(pingtlsd.wait(), 0, "exit status")


@test("RELOADING with the time at SIGHUP, READY after it")
def reloading() -> None:
    with managed() as (systemd, pingtlsd):
        systemd.told("READY")
        before = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
        pingtlsd.signal(signal.SIGHUP)
        said = dict(x.split("=") for x in systemd.told("RELOADING").splitlines())
        equal(said["RELOADING"], "1")
        # systemd takes an answer for one to its own SIGHUP by this.
        assert before <= int(said["MONOTONIC_USEC"]) <= before + HANG * 10**6, said
        equal(systemd.told("READY"), "READY=1")
        pingtlsd.stop()


@test("WATCHDOG in time, and STATUS with the counters")
def watchdog() -> None:
    half_a_second = {"WATCHDOG_USEC": "500000"}
    with managed(**half_a_second) as (systemd, pingtlsd):
        for _ in range(3):
            equal(systemd.told("WATCHDOG"), "WATCHDOG=1")
        dialogue(pingtlsd.port)
        pingtlsd.wait_sessions(0)
        wait_until(
            "the status has the dialogue",
            lambda: " 1 upgrade" in systemd.told("STATUS="),
        )
        pingtlsd.stop()


@test("a manager that reads nothing holds up nothing, and hears READY once it does")
def deaf_manager() -> None:
    with managed(deaf=True, WATCHDOG_USEC="500000") as (systemd, pingtlsd):
        for _ in range(3):
            dialogue(pingtlsd.port)
        pingtlsd.signal(signal.SIGUSR1)
        pingtlsd.wait_line("sessions now")
        equal(systemd.told("READY"), "READY=1")
        equal(systemd.told("WATCHDOG"), "WATCHDOG=1")
        systemd.fill()
        pingtlsd.stop()


main()
