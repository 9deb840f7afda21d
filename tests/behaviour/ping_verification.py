#!/usr/bin/python3
"""pingtls verifies the server, and says in a person's words what is wrong."""

import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

from programs import PINGTLS, cert, certs, key, pair, python_peer, run, scratch, server
from tap import equal, has, main, test


def ping(*options: object) -> subprocess.CompletedProcess[str]:
    return run([PINGTLS, "-c", 2, "-i", 0.01, *options])


def trusting(*options: object) -> subprocess.CompletedProcess[str]:
    return ping("--ca-file", certs() / "ca.pem", *options)


def fails(
    ended: subprocess.CompletedProcess[str], *patterns: str, status: int = 1
) -> None:
    """It ended with one line on stderr that has the patterns."""
    equal(ended.returncode, status, f"exit status: {ended.stdout}{ended.stderr}")
    lines = ended.stderr.splitlines()
    equal(len(lines), 1, f"lines of {ended.stderr!r}")
    has(lines[0], "^pingtls: ", *patterns)


@contextmanager
def python_server(name: str, *options: object) -> Iterator[int]:
    """A server with this pair: pingtlsd would not start with it."""
    peer, port = python_peer("threaded_server.py", *pair(name), *options)
    yield port
    peer.kill()


@test("an expired certificate, with its date")
def expired() -> None:
    with python_server("expired") as port:
        fails(trusting(f"localhost:{port}"), "expired on", "2021")


@test("a certificate whose time is to come, with its date")
def not_yet() -> None:
    with python_server("not-yet") as port:
        fails(trusting(f"localhost:{port}"), "not (yet )?valid", "2037")


@test("a wrong name: which was asked for and which the certificate has")
def wrong_name() -> None:
    with server(pairs=("wrong-name",)) as pingtlsd:
        fails(
            trusting(f"localhost:{pingtlsd.port}"),
            "name",
            "certificate",
            "localhost",
            "--verify-name",
            r"elsewhere\.example",
        )


@test("an unknown issuer, with its name")
def unknown_issuer() -> None:
    with server(pairs=("stranger",)) as pingtlsd:
        fails(
            trusting(f"localhost:{pingtlsd.port}"),
            "issuer",
            "unknown|not trusted|not known",
            "certificate",
            "--ca-file",
            "pingtls stranger CA",
        )


@test("a self-signed certificate")
def self_signed() -> None:
    with server(pairs=("self-signed",)) as pingtlsd:
        fails(trusting(f"localhost:{pingtlsd.port}"), "self-signed|issuer")


@test("the system's trust store is the default, and does not know our issuer")
def system_trust() -> None:
    with server() as pingtlsd:
        fails(ping(f"localhost:{pingtlsd.port}"), "issuer|trust")


@test("--ca-file that is missing or holds nothing")
def bad_ca_file() -> None:
    empty = scratch() / "empty.pem"
    empty.write_text("")
    with server() as pingtlsd:
        for path in scratch() / "none.pem", empty:
            ended = ping("--ca-file", path, f"localhost:{pingtlsd.port}")
            fails(ended, re.escape(str(path)), status=2)


@test("--verify-name asks for another name than the host's, by SNI too")
def verify_name() -> None:
    with server(pairs=("ecdsa", "other")) as pingtlsd:
        ended = trusting(
            *("--verify-name", "other.example", f"127.0.0.1:{pingtlsd.port}")
        )
        equal(ended.returncode, 0, f"exit status: {ended.stdout}{ended.stderr}")
        has(ended.stdout, r"other\.example")


@test("an IP address is verified against the certificate's addresses")
def address() -> None:
    with server() as pingtlsd:
        ended = trusting(f"127.0.0.1:{pingtlsd.port}")
        equal(ended.returncode, 0, f"exit status: {ended.stdout}{ended.stderr}")
    with server(pairs=("wrong-name",)) as pingtlsd:
        fails(trusting(f"127.0.0.1:{pingtlsd.port}"), "name|address", r"127\.0\.0\.1")


@test("--insecure goes on and says so in its output")
def insecure() -> None:
    with server(pairs=("stranger",)) as pingtlsd:
        ended = trusting("--insecure", f"localhost:{pingtlsd.port}")
        equal(ended.returncode, 0, f"exit status: {ended.stdout}{ended.stderr}")
        has(ended.stdout + ended.stderr, "not verified|insecure|unverified")


@test("a server that asks for a certificate gets --client-cert")
def client_certificate() -> None:
    with python_server("rsa", "--client-ca", certs() / "ca.pem") as port:
        ours = "--client-cert", cert("client"), "--client-key", key("client")
        ended = trusting(*ours, f"localhost:{port}")
        equal(ended.returncode, 0, f"exit status: {ended.stdout}{ended.stderr}")


@test("a server that asks for a certificate and gets none closes; it is told")
def no_client_certificate() -> None:
    # A reset, for what is unread there, may overtake the alert.
    with python_server("rsa", "--client-ca", certs() / "ca.pem") as port:
        fails(trusting(f"localhost:{port}"), "closed|reset|certificate")


@test("--client-cert without its key, or with another's")
def client_key() -> None:
    with server() as pingtlsd:
        where = f"localhost:{pingtlsd.port}"
        equal(trusting("--client-cert", cert("client"), where).returncode, 2)
        mixed = "--client-cert", cert("client"), "--client-key", key("rsa")
        fails(trusting(*mixed, where), "match", status=2)


@test("--priority that offers nothing the server has")
def priority() -> None:
    only = "--tls-priority", "NORMAL:-VERS-ALL:+VERS-TLS1.3"
    with server(*only) as pingtlsd:
        where = f"localhost:{pingtlsd.port}"
        fails(trusting("--priority", "NORMAL:-VERS-ALL:+VERS-TLS1.2", where), "alert|TLS")
        fails(trusting("--priority", "NORML", where), "NORML", status=2)


main()
