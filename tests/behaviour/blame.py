#!/usr/bin/python3
"""What the log says of a client is what it did, and it is not blamed for more."""

import os
import socket
import struct
import sys

from peer import ask, connect
from programs import PINGTLSD, TO_SERVE, pair, run, scratch, server
from tap import equal, has, main, test


@test("the name that a client gives its own unix socket is not logged")
def unix_name() -> None:
    path = scratch() / "listening"
    forged = scratch() / "a\npingtlsd: session from 192.0.2.1:1 ended"
    with server("--verbose", listen=(str(path),)) as pingtlsd:
        path.chmod(0o777)
        with socket.socket(socket.AF_UNIX) as peer:
            peer.bind(str(forged))
            peer.connect(str(path))
            ask(peer, b"PING\n", b"PONG\n")
        pingtlsd.wait_line("session from unix ended after")
        equal(pingtlsd.said(r"192\.0\.2\.1|/a"), None, "the client's own words")


@test("clear text in the place of TLS is quoted so that it cannot end the quotation")
def quotation() -> None:
    with server() as pingtlsd:
        with connect(pingtlsd.port) as peer:
            peer.sendall(b'STARTTLS\nx"); client: CN=a\n')
            peer.recv(1)
        line = pingtlsd.wait_line("session from").string
        equal(line.count('"'), 2, f"quotes in {line!r}")
        has(line, r'"x\.\); client: CN=a\."\); pings: 0 in the clear$')


def accepted() -> tuple[socket.socket, socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        client = socket.create_connection(listening.getsockname())
        return client, listening.accept()[0]


def left(reset: bool) -> socket.socket:
    """The server's end of a connection whose client has left."""
    client, peer = accepted()
    if reset:
        no_time = struct.pack("ii", 1, 0)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, no_time)
    client.close()
    return peer


COMMAND = [PINGTLSD, "--log=stderr", *TO_SERVE, *pair("ecdsa")]


@test("a client that is gone before inetd has started the service is no failure")
def gone_before_inetd() -> None:
    for reset in False, True:
        with left(reset) as peer:
            done = run([*COMMAND, "--inetd"], stdin=peer)
        equal(done.returncode, 0, f"exit status after {done.stderr!r}")
        has(done.stderr, "closed by the peer|gone before it was served")


@test("nor is one that is gone before systemd has (Accept=yes)")
def gone_before_systemd() -> None:
    # What systemd does to the descriptors and the environment.
    start = 'import os, sys; os.dup2(0, 3); os.environ["LISTEN_PID"] = str(os.getpid())'
    start += "; os.execvp(sys.argv[1], sys.argv[1:])"
    environment = os.environ | {"LISTEN_FDS": "1"}
    for reset in False, True:
        with left(reset) as peer:
            done = run(
                [sys.executable, "-c", start, *COMMAND], stdin=peer, env=environment
            )
        equal(done.returncode, 0, f"exit status after {done.stderr!r}")
        has(done.stderr, "closed by the peer|gone before it was served")


main()
