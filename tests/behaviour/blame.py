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
    state,
)
from tap import equal, has, main, needs, needs_root, test, wait_until


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


def reset(peer: socket.socket) -> None:
    no_time = struct.pack("ii", 1, 0)
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, no_time)
    peer.close()


def left(by_reset: bool) -> socket.socket:
    """The server's end of a connection whose client has left."""
    client, peer = accepted()
    if by_reset:
        reset(client)
    client.close()
    return peer


COMMAND = [PINGTLSD, "--log=stderr", *TO_SERVE, *pair("ecdsa")]


@test("a client that is gone before inetd has started the service is no failure")
def gone_before_inetd() -> None:
    for by_reset in False, True:
        with left(by_reset) as peer:
            done = run([*COMMAND, "--inetd"], stdin=peer)
        equal(done.returncode, 0, f"exit status after {done.stderr!r}")
        has(done.stderr, "closed by the peer|gone before it was served")


@test("nor is one that is gone before systemd has (Accept=yes)")
def gone_before_systemd() -> None:
    # What systemd does to the descriptors and the environment.
    start = 'import os, sys; os.dup2(0, 3); os.environ["LISTEN_PID"] = str(os.getpid())'
    start += "; os.execvp(sys.argv[1], sys.argv[1:])"
    environment = os.environ | {"LISTEN_FDS": "1"}
    for by_reset in False, True:
        with left(by_reset) as peer:
            done = run(
                [sys.executable, "-c", start, *COMMAND], stdin=peer, env=environment
            )
        equal(done.returncode, 0, f"exit status after {done.stderr!r}")
        has(done.stderr, "closed by the peer|gone before it was served")


# So often that a race is met.
TIMES = 30
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


VERSIONS = (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3)
# A fatal alert in the clear: unknown_ca.
UNKNOWN_CA = b"\x15\3\3\0\2\2\x30"


def refuse_at_once(port: int, version: ssl.TLSVersion) -> None:
    """As Python and curl do: close while tickets may still be on their way."""
    context = client_context("other-ca")
    context.minimum_version = context.maximum_version = version
    with connect(port) as peer:
        peer.sendall(b"STARTTLS\n")
        try:
            context.wrap_socket(peer, server_hostname="localhost")
            raise AssertionError("the certificate is trusted")
        except ssl.SSLCertVerificationError:
            pass


@test("nor if it closes at once after its alert, again and again")
def refused_at_once() -> None:
    for version in VERSIONS:
        with server(*STRICT) as pingtlsd:
            for _ in range(TIMES):
                refuse_at_once(pingtlsd.port, version)
            unblamed(pingtlsd)
            refused = [line for line in pingtlsd.lines if "handshake failed" in line]
            equal(len(refused), TIMES, "handshakes that failed")
            for line in refused:
                has(line, "alert from the peer: CA is unknown")


def gone_before_the_answer(
    pingtlsd: Server, version: ssl.TLSVersion, last_words: bytes
) -> None:
    """A client whose connection is reset when the server first sends to it."""
    context = client_context()
    context.minimum_version = context.maximum_version = version
    peer = connect(pingtlsd.port)
    ask(peer, b"PING\n", b"PONG\n")
    session = pingtlsd.wait_sessions(1)[0]
    os.kill(session, signal.SIGSTOP)
    wait_until("it stops", lambda: state(session) == "T")
    peer.sendall(b"STARTTLS\n" + Tls(peer, context).hello() + last_words)
    reset(peer)
    os.kill(session, signal.SIGCONT)


@test("nor if what we send meets a reset: the alert came before that")
def refused_by_reset() -> None:
    for version in VERSIONS:
        with server(*STRICT) as pingtlsd:
            gone_before_the_answer(pingtlsd, version, UNKNOWN_CA)
            pingtlsd.wait_line("handshake failed .*alert from the peer: CA is unknown")
            unblamed(pingtlsd)


@test("but one that resets and says nothing is: no kernel drops an alert that came")
def reset_silently() -> None:
    for version in VERSIONS:
        with server(*STRICT) as pingtlsd:
            gone_before_the_answer(pingtlsd, version, b"")
            pingtlsd.wait_line(r"handshake failed \(Connection reset by peer\)")
            pingtlsd.wait_line("refusing .*: its handshakes keep failing")


@test("nor one that resets as soon as its handshake is done")
def reset_after_handshake() -> None:
    with server(*STRICT) as pingtlsd:
        for _ in range(TIMES):
            with connect(pingtlsd.port) as peer:
                peer.sendall(b"STARTTLS\n")
                # Of TLS 1.3, so the tickets may still be on their way.
                tls = client_context().wrap_socket(peer, server_hostname="localhost")
                reset(tls)
        unblamed(pingtlsd)
        equal(pingtlsd.said("handshake failed"), None, "a handshake that was good")


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
