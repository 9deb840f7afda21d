#!/usr/bin/python3
"""Sessions resume by ticket, in any process of the service, and no longer than
they should."""

import base64
import os
import re
import shutil
import signal
import socket
import ssl
import subprocess
from pathlib import Path

from peer import Tls, ask, client_context, connect
from programs import (
    AS_USER,
    PINGTLSD,
    TO_SERVE,
    USER,
    Program,
    Server,
    pair,
    run,
    scratch,
    server,
)
from s_client import answered
from tap import HANG, ROOT, equal, has, main, running, test

KEY_SIZE = 64


def key_file(name: str, octets: bytes = b"", mode: int = 0o600) -> Path:
    """A ticket key that the service's user may read."""
    path = scratch() / name
    new = path.with_suffix(".new")
    new.write_bytes(octets or os.urandom(KEY_SIZE))
    new.chmod(mode)
    if ROOT:
        shutil.chown(new, USER)
    new.rename(path)
    return path


def talk(
    peer: socket.socket, context: ssl.SSLContext, session: ssl.SSLSession | None
) -> tuple[bool, ssl.SSLSession]:
    """One dialogue; returns whether it was resumed, and its session."""
    tls = Tls(peer, context)
    if session:
        tls.object.session = session
    peer.sendall(b"STARTTLS\n" + tls.hello())
    tls.handshake()
    ask(tls, b"PING\n", b"PONG\n")  # the tickets come before the answer
    tls.sendall(b"QUIT\n")
    equal(tls.read_rest(), b"", "after QUIT over TLS")
    return tls.object.session_reused, tls.object.session


def visit(
    port: int, context: ssl.SSLContext, session: ssl.SSLSession | None = None
) -> tuple[bool, ssl.SSLSession]:
    with connect(port) as peer:
        return talk(peer, context, session)


def resumes(first: Server, second: Server, context: ssl.SSLContext) -> bool:
    """Whether a session that began at the first is resumed at the second."""
    reused, session = visit(first.port, context)
    equal(reused, False, "the first session is resumed")
    return visit(second.port, context, session)[0]


@test("a session is resumed in another process, time and again, and logged so")
def across_processes() -> None:
    with server() as pingtlsd:
        context = client_context()
        session = visit(pingtlsd.port, context)[1]
        pingtlsd.wait_line(r"TLS1\.3 \S+ after a handshake of")
        for _ in range(10):
            reused, session = visit(pingtlsd.port, context, session)
            equal(reused, True, "resumed")
        pingtlsd.wait_line(r"TLS1\.3 \S+ after a resumed handshake of")


@test("openssl s_client resumes, with a key exchange of its own")
def openssl() -> None:
    path = scratch() / "s_client.session"
    with server() as pingtlsd:
        has(answered(pingtlsd, "-tls1_3", "-sess_out", path), r"\nNew, TLSv1\.3")
        said = answered(pingtlsd, "-tls1_3", "-sess_in", path)
        has(said, r"\nReused, TLSv1\.3", "(Server|Peer) Temp Key: ")


@test("a resumed session asks the keyholder for nothing")
def no_keyholder() -> None:
    with server() as pingtlsd:
        context = client_context()
        session = visit(pingtlsd.port, context)[1]
        keyholder = pingtlsd.keyholder()
        os.kill(keyholder, signal.SIGSTOP)
        try:
            equal(visit(pingtlsd.port, context, session)[0], True, "resumed")
        finally:
            os.kill(keyholder, signal.SIGCONT)


@test("TLS 1.2 has no tickets")
def tls_1_2() -> None:
    context = client_context()
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    with server() as pingtlsd:
        session = visit(pingtlsd.port, context)[1]
        equal(session.has_ticket, False, "a ticket of TLS 1.2")
        equal(visit(pingtlsd.port, context, session)[0], False, "resumed")


@test("--no-tickets gives none")
def no_tickets() -> None:
    context = client_context()
    with server("--no-tickets") as pingtlsd:
        equal(visit(pingtlsd.port, context)[1].has_ticket, False, "a ticket")


@test("tickets die with the service, and with a reload")
def end() -> None:
    context = client_context()
    with server() as pingtlsd:
        session = visit(pingtlsd.port, context)[1]
        pingtlsd.signal(signal.SIGHUP)
        pingtlsd.wait_line("reloaded")
        reused, newer = visit(pingtlsd.port, context, session)
        equal(reused, False, "resumed after a reload")
        equal(visit(pingtlsd.port, context, newer)[0], True, "resumed")
    with server() as pingtlsd:
        equal(visit(pingtlsd.port, context, newer)[0], False, "after a restart")


@test("two servers with the same --ticket-key-file resume each other's sessions")
def shared() -> None:
    one, other = key_file("shared"), key_file("of-its-own")
    context = client_context()
    with server("--ticket-key-file", one) as first:
        with server("--ticket-key-file", one) as second:
            assert resumes(first, second, context), "not resumed"
            assert resumes(second, first, context), "not resumed"
        with server("--ticket-key-file", other) as third, server() as fourth:
            assert not resumes(first, third, context), "with another key"
            assert not resumes(first, fourth, context), "with no file"


@test("a new --ticket-key-file is taken at a reload, a bad one is not")
def reloaded() -> None:
    path = key_file("changing")
    context = client_context()
    with server("--ticket-key-file", path) as pingtlsd:
        session = visit(pingtlsd.port, context)[1]

        def reload(said: str) -> bool:
            """Whether the session is resumed after it."""
            lines = len(pingtlsd.lines)
            pingtlsd.signal(signal.SIGHUP)
            pingtlsd.wait_line(said, lines)
            return visit(pingtlsd.port, context, session)[0]

        assert reload("keys reloaded"), "the same key"
        key_file("changing", b"short")
        assert reload("reload failed"), "the old key stays"
        assert pingtlsd.said(rf"ticket key {re.escape(str(path))}: it must have 64")
        key_file("changing")
        assert not reload("keys reloaded"), "a new key"


@test("a ticket that was tampered with gets a whole handshake")
def tampered() -> None:
    path = scratch() / "tampered.session"
    with server() as pingtlsd:
        answered(pingtlsd, "-tls1_3", "-sess_out", path)
        lines = path.read_text().splitlines()
        der = bytearray(base64.b64decode("".join(lines[1:-1])))
        # tlsext_tick [10] EXPLICIT OCTET STRING of openssl's SSL_SESSION.
        length = rb"(?:\x81.|\x82..)"
        found = re.search(rb"\xaa" + length + rb"\x04(" + length + rb")", der, re.S)
        start, size = found.end(), int.from_bytes(found[1][1:])
        for place in 0, 20, 100, size - 1:  # key name, IV, what it holds, MAC
            spoilt = bytearray(der)
            spoilt[start + place] ^= 1
            text = base64.encodebytes(bytes(spoilt)).decode()
            path.write_text(f"{lines[0]}\n{text}{lines[-1]}\n")
            said = answered(pingtlsd, "-tls1_3", "-sess_in", path)
            has(said, r"\nNew, TLSv1\.3")
        path.write_text("\n".join(lines) + "\n")
        has(answered(pingtlsd, "-tls1_3", "-sess_in", path), r"\nReused, TLSv1\.3")


def inetd(*options: object) -> socket.socket:
    """Our end of a connection that an exec'd pingtlsd serves."""
    ours, theirs = socket.socketpair()
    ours.settimeout(HANG)
    with theirs:
        Program(
            [PINGTLSD, "--inetd", "--log", "stderr", *TO_SERVE]
            + [*pair("ecdsa"), *options],
            stdin=theirs,
            stdout=theirs,
            stderr=subprocess.DEVNULL,
        )
    return ours


@test("in the exec'd ways there are tickets only with --ticket-key-file")
def exec_way() -> None:
    context = client_context()
    shared_key = "--ticket-key-file", key_file("inetd")
    with inetd() as peer:
        equal(talk(peer, context, None)[1].has_ticket, False, "a ticket")
    with inetd(*shared_key) as peer:
        session = talk(peer, context, None)[1]
    with inetd(*shared_key) as peer:
        equal(talk(peer, context, session)[0], True, "resumed")
    for process in list(running):
        process.wait()


@test("a --ticket-key-file that is missing, open to others or no key: one line")
def refused_files() -> None:
    for path, why in (
        (scratch() / "none", "No such file"),
        (key_file("others", mode=0o604), "others"),
        (key_file("short", b"x" * (KEY_SIZE - 1)), "64 octets"),
        (key_file("long", b"x" * (KEY_SIZE + 1)), "64 octets"),
        (scratch(), "directory|others"),
    ):
        ended = run(
            [PINGTLSD, "--check-config", *AS_USER, *pair("ecdsa")]
            + ["--ticket-key-file", path]
        )
        equal(ended.returncode, 1, f"exit status: {ended.stderr}")
        equal(len(ended.stderr.splitlines()), 1, f"lines of {ended.stderr!r}")
        has(ended.stderr, re.escape(str(path)), why)


main()
