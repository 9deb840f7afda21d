#!/usr/bin/python3
"""Certificates and keys that do not load, as an administrator meets them."""

import os
import shutil
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from inside import (
    PORT,
    SERVICE_USER,
    active,
    install,
    journal,
    main_pid,
    messages,
    must,
    named_children,
    pings,
    said,
    show,
    start_afresh,
    trusting,
)
from peer import Tls, ask, connect, serves
from programs import LOADER, run
from tap import comment, equal, has, main, test, wait_until

CERTIFICATE = Path("/etc/pingtls/cert.pem")
KEY = Path("/etc/pingtls/key.pem")
# Connections a second, for so many seconds.
RATE = 20
SECONDS = 60
# The tries in that time: the pauses between them are 1, 2, 4, ... 32 s.
TRIES = 7
# One that waits for what comes computes for a smaller part of the time.
BUSY_PART = 0.5
# The longest pause between two tries, and what a slow machine adds to it.
REPAIRED = 75
# Of the clock in /proc/PID/stat, a second.
TICKS = os.sysconf("SC_CLK_TCK")


@contextmanager
def broken(path: Path) -> Iterator[None]:
    """The file is none any more, within a with statement."""
    away = path.with_suffix(".away")
    path.rename(away)
    try:
        path.write_text("this is no PEM\n")
        shutil.chown(path, "root", SERVICE_USER)
        path.chmod(0o640)
        yield
    finally:
        away.rename(path)


def processor_time() -> float:
    """Seconds that the listener, the loader and all that they waited for took."""
    total = 0
    for pid in main_pid(), *named_children(main_pid(), LOADER):
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        total += sum(int(field) for field in fields[11:15])
    return total / TICKS


def refused_upgrade() -> None:
    """PING is answered, and STARTTLS ends in an alert."""
    with connect(PORT) as peer:
        ask(peer, b"PING\n", b"PONG\n")
        tls = Tls(peer, trusting())
        peer.sendall(b"STARTTLS\n" + tls.hello())
        try:
            tls.handshake()
        except ssl.SSLError as error:
            has(str(error), "ALERT_INTERNAL_ERROR|internal error")
            return
    raise AssertionError("a handshake without a key")


@test("systemctl reload fails where the reload would, and nothing changes")
def reload() -> None:
    start_afresh()
    pings()
    listener = main_pid()
    for path in CERTIFICATE, KEY:
        with broken(path), journal() as entries:
            ended = run(["systemctl", "reload", "pingtls.service"])
            assert ended.returncode != 0, "systemctl reload succeeded"
            pings()
        has(messages(entries), f"{path}: ")
        assert "certificates and keys reloaded" not in messages(entries)
        equal(active("pingtls.service"), "active")
    equal(main_pid(), listener, "process id of the listener")
    must("systemctl", "reload", "pingtls.service")
    pings()


@test(f"no key: {RATE} connections a second for {SECONDS} s, and the port stays open")
def without_key() -> None:
    start_afresh()
    with broken(KEY):
        refused_upgrade()
        listener, before, began = main_pid(), processor_time(), time.monotonic()
        for number in range(RATE * SECONDS):
            refused_upgrade()
            wait = began + number / RATE - time.monotonic()
            time.sleep(max(0, wait))
        took, lasted = processor_time() - before, time.monotonic() - began
        tries = said(listener).count("STARTTLS fails until ")
        comment(f"{took:.2f} s of processor time in {lasted:.0f} s, {tries} tries")
        equal(main_pid(), listener, "process id of the listener")
        equal(active("pingtls.socket"), "active")
        equal(active("pingtls.service"), "active")
        has(show("pingtls.service", "StatusText"), "^STARTTLS fails: ")
        assert 1 < tries <= TRIES + lasted / SECONDS, f"{tries} tries"
        assert took < lasted * BUSY_PART, f"{took} s in {lasted} s"
    began = time.monotonic()
    wait_until("a STARTTLS that succeeds", lambda: serves(PORT, trusting()), REPAIRED)
    comment(f"repaired, it served after {time.monotonic() - began:.0f} s")
    pings()


@test("repaired and told by systemctl reload, it serves")
def told() -> None:
    start_afresh()
    with broken(KEY):
        refused_upgrade()
        ended = run(["systemctl", "reload", "pingtls.service"])
        assert ended.returncode != 0, "systemctl reload succeeded"
    # The signal is sent, and not waited for.
    must("systemctl", "reload", "pingtls.service")
    wait_until("a STARTTLS that succeeds", lambda: serves(PORT, trusting()))
    pings()


install()
main()
