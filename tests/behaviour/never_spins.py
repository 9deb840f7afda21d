#!/usr/bin/python3
"""What is always ready, and never done, keeps no process busy."""

import os
import shutil
import socket
import sys
from pathlib import Path

from peer import ask, connect
from programs import (
    PINGTLSD,
    TO_SERVE,
    USER,
    Program,
    Server,
    pair,
    run,
    scratch,
    server,
    state,
)
from tap import HANG, ROOT, Skip, equal, main, needs, needs_root, test, wait_until

HEADER = b"PROXY UNKNOWN\r\n"


def sleeps(what: str, pid: int) -> None:
    """A process that spins is never found asleep."""
    wait_until(f"{what} sleeps", lambda: state(pid) == "S")


def listening_path(name: str) -> Path:
    directory = scratch() / name
    directory.mkdir()
    if ROOT:
        shutil.chown(directory, USER)
    return directory / "socket"


def call(path: Path) -> socket.socket:
    peer = socket.socket(socket.AF_UNIX)
    peer.settimeout(HANG)
    peer.connect(str(path))
    return peer


def urgent(peer: socket.socket, octet: bytes) -> None:
    peer.send(octet, socket.MSG_OOB)


@test("an octet out of band on a unix socket is the next of its session")
def out_of_band() -> None:
    path = listening_path("oob")
    with server(listen=(str(path),)) as pingtlsd, call(path) as peer:
        ask(peer, b"PING\n", b"PONG\n")
        urgent(peer, b"P")
        (session,) = pingtlsd.wait_sessions(1)
        sleeps("the session", session)
        ask(peer, b"ING\n", b"PONG\n")


@test("nor does one in the place of a PROXY header keep others from being served")
def out_of_band_for_header() -> None:
    path = listening_path("oob-proxy")
    options = ("--proxy-protocol", "unix")
    with server(*options, listen=(str(path),)) as pingtlsd, call(path) as bad:
        urgent(bad, b"P")
        for _ in range(3):
            with call(path) as peer:
                ask(peer, HEADER + b"PING\n", b"PONG\n")
        sleeps("the listener", pingtlsd.pid)
        urgent(bad, b"R")
        ask(bad, HEADER[2:] + b"PING\n", b"PONG\n")


# What systemd does to the descriptors and the environment.
PASS_ON = """
import os, sys
os.environ["LISTEN_PID"] = str(os.getpid())
os.execvp(sys.argv[1], sys.argv[1:])
"""


def on_passed(sockets: list[socket.socket]) -> Program:
    """A pingtlsd on these sockets, which the test has, too."""
    environment = os.environ | {"LISTEN_FDS": str(len(sockets))}
    command = [PINGTLSD, "--log=stderr", *TO_SERVE, *pair("ecdsa")]
    # The shell puts them where they have to be.
    move = " ".join(f"{i}<&{s.fileno()}" for i, s in enumerate(sockets, 3))
    shell = ["sh", "-c", f'exec "$@" {move}', "sh", sys.executable, "-c", PASS_ON]
    pingtlsd = Program(
        [*shell, *command], env=environment, pass_fds=[s.fileno() for s in sockets]
    )
    wait_until(
        "it listens",
        lambda: sum("listening on" in x for x in pingtlsd.lines) == len(sockets),
    )
    return pingtlsd


@test("a socket that others shut down is dropped, and the last one is the end")
def shut_down() -> None:
    path = listening_path("shut")
    with socket.create_server(("127.0.0.1", 0)) as tcp, socket.socket(
        socket.AF_UNIX
    ) as local:
        local.bind(str(path))
        path.chmod(0o666)
        local.listen()
        pingtlsd = on_passed([tcp, local])
        port = tcp.getsockname()[1]
        with connect(port) as before:
            ask(before, b"PING\n", b"PONG\n")
            tcp.shutdown(socket.SHUT_RDWR)
            pingtlsd.wait_line("does not listen any more")
            sleeps("the listener", pingtlsd.pid)
            with call(path) as peer:
                ask(peer, b"PING\n", b"PONG\n")
            local.shutdown(socket.SHUT_RDWR)
            pingtlsd.wait_line("no socket is left")
            # Those that are served may end.
            ask(before, b"PING\nQUIT\n", b"PONG\n")
        equal(pingtlsd.wait(), 1, "exit status")
        pingtlsd.wait_gone()


def destroy(port: int) -> None:
    """Ends what listens on a port, as an administrator may."""
    ended = run([needs("ss"), "-K", "-t", "-l", "-n", "sport", "=", f":{port}"])
    equal(ended.returncode, 0, f"status of ss -K: {ended.stderr}")


def needs_destroy() -> None:
    needs_root()
    with socket.create_server(("127.0.0.1", 0)) as tried:
        destroy(tried.getsockname()[1])
        if tried.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
            raise Skip("ss -K has no effect: no CONFIG_INET_DIAG_DESTROY here")


@test("so is one that ss -K has ended")
def destroyed() -> None:
    needs_destroy()
    pingtlsd = Server(listen=("127.0.0.1:0", "127.0.0.1:0"))
    ports = [int(address.rpartition(":")[2]) for address in pingtlsd.addresses()]
    with connect(ports[0]) as before:
        ask(before, b"PING\n", b"PONG\n")
        destroy(ports[0])
        pingtlsd.wait_line(f"127.0.0.1:{ports[0]} does not listen any more")
        sleeps("the listener", pingtlsd.pid)
        with connect(ports[1]) as peer:
            ask(peer, b"PING\n", b"PONG\n")
        destroy(ports[1])
        pingtlsd.wait_line("no socket is left")
        ask(before, b"PING\nQUIT\n", b"PONG\n")
    equal(pingtlsd.wait(), 1, "exit status")
    pingtlsd.wait_gone()


main()
