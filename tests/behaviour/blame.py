#!/usr/bin/python3
"""What the log says of a client is what it did, and it is not blamed for more."""

import os
import signal
import socket
import ssl
import struct
import sys

from peer import Tls, ask, client_context, connect, dialogue, read_rest, upgrade
from programs import (
    PINGTLSD,
    TO_SERVE,
    Program,
    Server,
    needs_plain_build,
    pair,
    run,
    scratch,
    server,
)
from tap import equal, has, main, needs, needs_root, test


@test("the name that a client gives its own unix socket is not logged")
def unix_name() -> None:
    path = scratch() / "listening"
    forged = scratch() / "a\npingtlsd: session from 192.0.2.1:1 ended"
    options = "--verbose", "--session-timeout", 3
    with server(*options, listen=(str(path),)) as pingtlsd:
        path.chmod(0o777)
        with socket.socket(socket.AF_UNIX) as peer:
            peer.bind(str(forged))
            peer.connect(str(path))
            ask(peer, b"PING\n", b"PONG\n")
            # One that has to be killed as its time is over has another line.
            os.kill(pingtlsd.wait_sessions(1)[0], signal.SIGSTOP)
            pingtlsd.wait_line("killing the session from unix,")
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
        has(line, r'"x\.\.\. client: CN=a\."\); pings: 0 in the clear$')


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


STRICT = ("--penalties", "handshake=60,crash=60,min=1")


def unblamed(pingtlsd: Server) -> None:
    """The source is served as before."""
    pingtlsd.wait_sessions(0)
    equal(pingtlsd.said("refusing"), None, "a penalty in the log")
    dialogue(pingtlsd.port)


@test("a client that refuses our certificate is not penalised for it")
def refused_certificate() -> None:
    with server(*STRICT) as pingtlsd:
        for version in ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3:
            context = client_context("other-ca")
            context.maximum_version = version
            for name in "localhost", "another.example":
                with connect(pingtlsd.port) as peer:
                    try:
                        upgrade(peer, context, name)
                        raise AssertionError("the certificate is trusted")
                    except ssl.SSLCertVerificationError:
                        read_rest(peer)
            pingtlsd.wait_line("handshake failed .*alert from the peer: CA is unknown")
        unblamed(pingtlsd)


@test("nor one that asks for a name that GnuTLS does not take")
def refused_name() -> None:
    with server(*STRICT) as pingtlsd:
        with connect(pingtlsd.port) as peer:
            hello = Tls(peer, name="name.example").hello()
            # Of the same length, so that the rest of the octets stays right.
            peer.sendall(b"STARTTLS\n" + hello.replace(b"name.example", b"name!example"))
            read_rest(peer)
        pingtlsd.wait_line("handshake failed .*SNI")
        unblamed(pingtlsd)


@test("nor one whose session is killed from outside")
def killed() -> None:
    with server(*STRICT) as pingtlsd:
        for number in signal.SIGKILL, signal.SIGTERM:
            with connect(pingtlsd.port) as peer:
                ask(peer, b"PING\n", b"PONG\n")
                os.kill(pingtlsd.wait_sessions(1)[0], number)
                pingtlsd.wait_line(rf"killed by signal {number:d} ")
        unblamed(pingtlsd)


@test("a session that crashes has words of its own, and is penalised")
def crashed() -> None:
    needs_plain_build("says of a crash what it finds")
    with server(*STRICT) as pingtlsd:
        with connect(pingtlsd.port) as peer:
            ask(peer, b"PING\n", b"PONG\n")
            os.kill(pingtlsd.wait_sessions(1)[0], signal.SIGSEGV)
            pingtlsd.wait_line(r"crashed by signal 11 \(Segmentation fault\)")
        pingtlsd.wait_line(r"refusing 127\.0\.0\.1 for the next 60 s: a session .*crash")


@test("a session that is ended with the service is no crash")
def drained() -> None:
    pingtlsd = Server("--drain-timeout", 0.1, *STRICT)
    with connect(pingtlsd.port) as idle, connect(pingtlsd.port) as shaking:
        ask(idle, b"PING\n", b"PONG\n")
        ask(shaking, b"PING\n", b"PONG\n")
        shaking.sendall(b"STARTTLS\n")
        pingtlsd.stop()
    stopped = sum("stopped with the service" in line for line in pingtlsd.lines)
    equal(stopped, 2, "sessions that were stopped")
    equal(pingtlsd.said("signal|crash|killed|refusing"), None, "what they are called")


@test("a session that cannot enter its sandbox says why, and no one is blamed")
def unconfined() -> None:
    needs_root()
    needs_plain_build("is not confined")
    with server(*STRICT) as pingtlsd:
        refuse = ["-e", "trace=setrlimit,prlimit64", "-e", "inject=setrlimit,prlimit64:error=EPERM"]
        strace = Program([needs("strace"), "-f", *refuse, "-p", pingtlsd.pid])
        strace.wait_line("attached")
        with connect(pingtlsd.port) as peer:
            equal(read_rest(peer), b"", "of a session that is not served")
        pingtlsd.wait_line(
            r"could not be served \(cannot enter the sandbox: Operation not permitted\)"
        )
        strace.signal(signal.SIGINT)
        strace.wait()
        unblamed(pingtlsd)


main()
