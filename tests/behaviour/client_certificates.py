#!/usr/bin/python3
"""Clients show a certificate: who is let in, who is told what, what is logged."""

import re
import shutil
import signal
import socket
import subprocess

from authority import PAST, SERVER, key_of, make, pem, root
from peer import ask, client_context, upgrade
from programs import (
    AS_USER,
    PINGTLS,
    PINGTLSD,
    TO_SERVE,
    Program,
    Server,
    cert,
    certs,
    key,
    pair,
    run,
    scratch,
    server,
)
from s_client import answered
from tap import HANG, equal, has, main, test

CA = "--client-ca", str(certs() / "ca.pem")
OPTIONAL = *CA, "--verify-client", "optional"
NAME = "CN=pingtls test client"
VERSIONS = "1.2", "1.3"


def identity(name: str | tuple[str, ...]) -> tuple[str, ...]:
    """The options that give pingtls this certificate and key."""
    if isinstance(name, tuple):
        return name
    return ("--client-cert", cert(name), "--client-key", key(name)) if name else ()


def chain(leaf: str, *sent: str) -> tuple[str, ...]:
    """The options that give pingtls a certificate of ours with others behind it."""
    path = scratch() / "chain.pem"
    path.write_text("".join(pem(name).read_text() for name in (leaf, *sent)))
    return "--client-cert", str(path), "--client-key", str(key_of(leaf))


def ping(
    pingtlsd: Server, name: str | tuple[str, ...] = "", version: str = "1.3"
) -> subprocess.CompletedProcess[str]:
    return run(
        [PINGTLS, "-c", 1, "--ca-file", certs() / "ca.pem", *identity(name)]
        + ["--priority", f"NORMAL:-VERS-ALL:+VERS-TLS{version}"]
        + [f"localhost:{pingtlsd.port}"]
    )


def let_in(pingtlsd: Server, name: str | tuple[str, ...] = "", version: str = "1.3") -> str:
    """This client gets its PONG; returns the line that it leaves in the log."""
    lines = len(pingtlsd.lines)
    ended = ping(pingtlsd, name, version)
    equal(ended.returncode, 0, f"exit status: {ended.stdout}{ended.stderr}")
    return pingtlsd.wait_line("session from", lines).string


def turned_away(
    pingtlsd: Server, name: str | tuple[str, ...], version: str, alert: str, why: str
) -> None:
    """This client is told by an alert, and the log says why."""
    lines = len(pingtlsd.lines)
    ended = ping(pingtlsd, name, version)
    equal(ended.returncode, 1, f"exit status: {ended.stdout}{ended.stderr}")
    equal(len(ended.stderr.splitlines()), 1, f"lines of {ended.stderr!r}")
    shown = rf"TLS alert from the peer: {alert}( \(alert \d+\))?"
    has(ended.stderr, rf"^pingtls: localhost:{pingtlsd.port}: .*{shown}")
    assert "over TLS: seq" not in ended.stdout, ended.stdout
    line = pingtlsd.wait_line("session from", lines).string
    has(line, r"handshake failed \(" + why)
    assert "client: " not in line, line


@test("a required certificate lets its owner in, whose name is logged")
def required() -> None:
    with server(*CA) as pingtlsd:
        for version in VERSIONS:
            has(let_in(pingtlsd, "client", version), f"; client: {NAME}$")


@test("no certificate where one is required: the alert for it")
def none() -> None:
    with server(*CA) as pingtlsd:
        for version, alert in ("1.2", "Handshake failed"), ("1.3", "Certificate is req"):
            turned_away(pingtlsd, "", version, f"{alert}.*", "the client sent no cert")


BAD = (
    ("stranger-client", "CA is unknown", "issuer is unknown"),
    ("expired", "Certificate is expired", "expired"),
    ("not-yet", "Certificate is expired", "not valid yet"),
    ("ecdsa", "Certificate is not supported", "not for a TLS client"),
)


@test("a bad certificate is told what is wrong with it, required or optional")
def bad() -> None:
    for options in CA, OPTIONAL:
        with server(*options) as pingtlsd:
            for version in VERSIONS:
                for name, alert, why in BAD:
                    turned_away(pingtlsd, name, version, alert, f".*{why}")


@test("any authority of a client's chain may be the trusted one, and no other")
def anchors() -> None:
    old = make("old", root(), f"ca\ncert_signing_key\n{PAST}")
    middle = make("middle", old)
    low = make("low", middle)
    client = SERVER.replace("www_server", "www_client")
    good = make("a client", low, client)
    late = make("late", low, client.replace("expiration_days = 90", PAST))
    wrong = make("a server", low, SERVER)
    behind = low, middle, old
    for trusted in good, low, middle:
        with server("--client-ca", pem(trusted)) as pingtlsd:
            for version in VERSIONS:
                for sent in behind, behind[::-1], (*behind, root()):
                    line = let_in(pingtlsd, chain(good, *sent), version)
                    has(line, "; client: CN=a client$")
                for bad, alert, why in (
                    (late, "Certificate is expired", "expired"),
                    (wrong, "Certificate is not supported", "not for a TLS client"),
                ):
                    if trusted == good:
                        alert, why = "CA is unknown", "issuer is unknown"
                    turned_away(pingtlsd, chain(bad, *behind), version, alert, f".*{why}")
    with server("--client-ca", pem(root())) as pingtlsd:
        turned_away(
            pingtlsd, chain(good, *behind), "1.3", "Certificate is expired", ".*expired"
        )


@test("an optional certificate: who has none comes in without a name")
def optional() -> None:
    with server(*OPTIONAL) as pingtlsd:
        for version in VERSIONS:
            has(let_in(pingtlsd, "client", version), f"; client: {NAME}$")
            assert "client: " not in let_in(pingtlsd, "", version)


@test("without --client-ca no one is asked")
def unasked() -> None:
    with server() as pingtlsd:
        for version in VERSIONS:
            line = let_in(pingtlsd, "stranger-client", version)
            assert "client: " not in line, line


@test("where certificates are asked for there are no tickets to stand for them")
def no_tickets() -> None:
    ours = "-cert", cert("client"), "-key", key("client")
    with server() as pingtlsd:
        has(answered(pingtlsd, "-tls1_3"), "New Session Ticket arrived")
    for options in CA, OPTIONAL:
        with server(*options) as pingtlsd:
            for version in "-tls1_2", "-tls1_3":
                said = answered(pingtlsd, version, *ours)
                assert "session ticket" not in said.lower(), said


@test("a reload takes other authorities: who was let in before is not now")
def reload() -> None:
    path = scratch() / "client-ca.pem"

    def trust(name: str) -> None:
        shutil.copy(certs() / f"{name}.pem", path)

    trust("ca")
    with server("--client-ca", path) as pingtlsd:
        let_in(pingtlsd, "client")
        trust("other-ca")
        pingtlsd.signal(signal.SIGHUP)
        pingtlsd.wait_line("reloaded")
        turned_away(pingtlsd, "client", "1.3", "CA is unknown", ".*issuer")
        let_in(pingtlsd, "stranger-client")
        path.write_text("")
        pingtlsd.signal(signal.SIGHUP)
        pingtlsd.wait_line("reload failed")
        let_in(pingtlsd, "stranger-client")


@test("in the exec'd ways too")
def exec_way() -> None:
    context = client_context()
    context.load_cert_chain(cert("client"), key("client"))
    ours, theirs = socket.socketpair()
    ours.settimeout(HANG)
    with ours:
        with theirs:
            process = Program(
                [PINGTLSD, "--inetd", "--log", "stderr", *TO_SERVE]
                + [*pair("ecdsa"), *CA],
                stdin=theirs,
                stdout=theirs,
                stderr=subprocess.PIPE,
            )
        tls = upgrade(ours, context)
        ask(tls, b"PING\n", b"PONG\n")
        tls.sendall(b"QUIT\n")
        tls.read_rest()
    said = process.process.stderr.read().decode()
    has(said, f"; client: {NAME}\n")
    process.wait()


@test("a --client-ca that is missing or holds nothing: one line")
def bad_file() -> None:
    empty = scratch() / "empty.pem"
    empty.write_text("")
    for path, why in (scratch() / "none.pem", "No such file"), (empty, ""):
        ended = run(
            [PINGTLSD, "--check-config", *AS_USER, *pair("ecdsa"), "--client-ca", path]
        )
        equal(ended.returncode, 1, f"exit status: {ended.stderr}")
        equal(len(ended.stderr.splitlines()), 1, f"lines of {ended.stderr!r}")
        has(ended.stderr, f"client CA {re.escape(str(path))}: ", why)


main()
