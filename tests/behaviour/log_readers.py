#!/usr/bin/python3
"""Whoever reads the log may stop: no one waits, and what was lost is counted."""

import os
import re
import shutil
import signal
import socket
from collections.abc import Callable
from pathlib import Path

from peer import ask
from programs import PATIENT, PINGTLSD, TO_SERVE, USER, Program, pair, scratch
from tap import HANG, ROOT, equal, main, needs, needs_root, test, wait_until

# Sessions beside a reader that has stopped; each would leave a line.
SESSIONS = 20
LOST = rb"(\d+) lines of this log could not be written"


def fill(write: Callable[[], object]) -> None:
    """Until there is no room for any more."""
    try:
        while True:
            write()
    except BlockingIOError:
        pass


def session(path: Path) -> bool:
    """A whole session; False as long as no one listens."""
    with socket.socket(socket.AF_UNIX) as peer:
        peer.settimeout(HANG)
        try:
            peer.connect(str(path))
        except (FileNotFoundError, ConnectionRefusedError):
            return False
        ask(peer, b"PING\n", b"PONG\n")
        peer.sendall(b"QUIT\n")
        equal(peer.recv(1), b"", "after QUIT")
    return True


def check(
    where: str,
    wrap: list[str],
    fill_reader: Callable[[], None],
    read_all: Callable[[], bytes],
    **options,
) -> None:
    """A pingtlsd that logs to `where`, whose reader stops for a while."""
    directory = scratch() / f"listens-{where}"
    directory.mkdir()
    if ROOT:
        shutil.chown(directory, USER)
    path = directory / "socket"
    command = [*wrap, PINGTLSD, f"--log={where}", *TO_SERVE, *PATIENT, *pair("ecdsa")]
    pingtlsd = Program([*command, f"--listen={path}"], **options)
    wait_until("it listens", lambda: session(path))
    fill_reader()
    for _ in range(SESSIONS):
        session(path)
    pingtlsd.signal(signal.SIGHUP)
    session(path)

    said = b""

    def counted() -> bool:
        nonlocal said
        said += read_all()
        session(path)
        return re.search(LOST, said) is not None

    wait_until("it says how many lines were lost", counted)
    lost = int(re.search(LOST, said)[1])
    assert SESSIONS // 2 <= lost <= SESSIONS + HANG, f"{lost} lines lost"
    fill_reader()
    pingtlsd.signal(signal.SIGTERM)
    equal(pingtlsd.wait(), 0, "exit status after SIGTERM")


@test("a pipe on standard error that no one reads")
def pipe() -> None:
    reader, writer = os.pipe()
    os.set_blocking(reader, False)
    # Another description of the same pipe, so that the service's may block.
    ours = os.open(f"/proc/self/fd/{writer}", os.O_WRONLY | os.O_NONBLOCK)

    def read_all() -> bytes:
        octets = b""
        try:
            while more := os.read(reader, 65536):
                octets += more
        except BlockingIOError:
            pass
        return octets

    check(
        "stderr",
        [],
        lambda: fill(lambda: os.write(ours, bytes(4096))),
        read_all,
        stderr=writer,
        stdout=writer,
    )
    for descriptor in reader, writer, ours:
        os.close(descriptor)


# In a namespace of its own, the system's sockets are files of the test.
PREPARE = """
set -e
mount -t tmpfs none /dev
mknod -m 666 /dev/null c 1 3
mknod -m 666 /dev/urandom c 1 9
mount -t tmpfs none /run
mkdir -p /run/systemd/journal
touch /dev/log /run/systemd/journal/socket
mount --bind "$1" /dev/log
mount --bind "$1" /run/systemd/journal/socket
shift
exec "$@"
"""


def system_log(where: str) -> None:
    needs_root()
    path = scratch() / f"log-{where}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as reader:
        reader.bind(str(path))
        path.chmod(0o666)
        reader.setblocking(False)

        def read_all() -> bytes:
            octets = b""
            try:
                while True:
                    octets += reader.recv(4096) + b"\n"
            except BlockingIOError:
                pass
            return octets

        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
            sender.connect(str(path))
            sender.setblocking(False)
            check(
                where,
                [needs("unshare"), "--mount", "sh", "-c", PREPARE, "sh", str(path)],
                lambda: fill(lambda: sender.send(b"<30>other: a line")),
                read_all,
            )


@test("a syslog that has stopped")
def syslog() -> None:
    system_log("syslog")


@test("a journal that has stopped")
def journal() -> None:
    system_log("journal")


main()
