#!/usr/bin/python3
"""pingtls on machines whose files are not what it hopes for."""

import os
import subprocess
from pathlib import Path

from authority import SERVER, key_of, make, pem, root
from programs import PINGTLS, certs, closed_port, run, run_with_file, scratch, server
from tap import equal, has, main, needs, test

STORE = Path("/etc/ssl/certs/ca-certificates.crt")


def with_file(
    path: Path, text: str, *words: object
) -> subprocess.CompletedProcess[str]:
    """Runs pingtls where a file with this text stands in the place of `path`."""
    other = scratch() / path.name
    other.write_text(text)
    return with_other(path, other, *words)


def with_other(
    path: Path, other: Path, *words: object
) -> subprocess.CompletedProcess[str]:
    """Runs pingtls where `other` stands in the place of `path`."""
    return run_with_file(path, other, [PINGTLS, *words])


@test("an address that a name has twice is tried once")
def twice() -> None:
    names = "127.0.0.1 twice.example\n" * 2 + "127.0.0.2 twice.example\n"
    port = closed_port()
    ended = with_file(Path("/etc/hosts"), names, "-c", "1", f"twice.example:{port}")
    equal(ended.returncode, 1, ended.stderr)
    equal(ended.stderr.count(f"127.0.0.1:{port}"), 1, ended.stderr)
    equal(ended.stderr.count(f"127.0.0.2:{port}"), 1, ended.stderr)


@test("a name beyond ASCII is looked up, shown and verified in ASCII")
def beyond_ascii() -> None:
    names = "127.0.0.1 xn--bcher-kva.example\n"
    certificate = make(
        "idn", root(), SERVER.replace("localhost", "xn--bcher-kva.example")
    )
    files = "--cert", pem(certificate), "--key", key_of(certificate)
    with server(*files, pairs=()) as pingtlsd:
        ended = with_file(
            *(Path("/etc/hosts"), names, "-c", "1", "--ca-file", pem(root())),
            f"bücher.example:{pingtlsd.port}",
        )
    equal(ended.returncode, 0, ended.stderr)
    has(
        ended.stdout,
        r"^PINGTLS xn--bcher-kva\.example \(127\.0\.0\.1:",
        r"matches xn--bcher-kva\.example,",
    )


@test("SSLKEYLOGFILE gets the secrets of the handshake, for a protocol analyser")
def key_log() -> None:
    log = scratch() / "keys.log"
    with server() as pingtlsd:
        ended = run(
            [PINGTLS, "--no-sandbox", "-c", "1", "--ca-file", certs() / "ca.pem"]
            + [f"localhost:{pingtlsd.port}"],
            env={"SSLKEYLOGFILE": str(log)},
        )
    equal(ended.returncode, 0, ended.stderr)
    has(log.read_text(), r"(?m)^CLIENT_TRAFFIC_SECRET_0 [0-9a-f]{64} ")


@test("no authority is trusted at all: that is said, and what helps")
def no_store() -> None:
    with server() as pingtlsd:
        ended = with_file(STORE, "", "-4", "-c", "1", f"localhost:{pingtlsd.port}")
    equal(ended.returncode, 1, ended.stderr)
    has(ended.stderr, "trust store is missing or empty", "--ca-file")


@test("the system's authorities are trusted, and verified with")
def store() -> None:
    ours = STORE.read_text() + (certs() / "ca.pem").read_text()
    with server() as pingtlsd:
        words = ["-c", "1", f"localhost:{pingtlsd.port}"]
        ended = with_file(STORE, ours, *words)
        equal(ended.returncode, 0, ended.stdout + ended.stderr)
        ended = with_file(STORE, ours, "--verify-name", "other.example", *words)
    equal(ended.returncode, 1, ended.stdout + ended.stderr)
    has(ended.stderr, r"certificate not verified: name mismatch: [^;]*\(--verify-name")


@test("the system's authorities are read for a certificate, and not without one")
def store_unread() -> None:
    # Whoever opens it would wait for ever.
    fifo = scratch() / "fifo"
    os.mkfifo(fifo)
    with server() as pingtlsd:
        target = f"localhost:{pingtlsd.port}"
        ended = with_other(STORE, fifo, "-c", "1", "--plain", target)
        equal(ended.returncode, 0, ended.stderr)
        trusted = certs() / "ca.pem"
        ended = with_other(STORE, fifo, "-c", "1", "--ca-file", trusted, target)
        equal(ended.returncode, 0, ended.stderr)
    ended = with_other(STORE, fifo, "-c", "1", f"localhost:{closed_port()}")
    equal(ended.returncode, 1, ended.stderr)
    has(ended.stderr, "Connection refused")


@test("an authority in DER is called that")
def der() -> None:
    other = scratch() / "ca.der"
    words = ["x509", "-in", certs() / "ca.pem", "-outform", "DER", "-out", other]
    equal(run([needs("openssl"), *words]).returncode, 0)
    ended = run([PINGTLS, "-c", "1", "--ca-file", other, "localhost:1"])
    equal(ended.returncode, 2, ended.stderr)
    equal(len(ended.stderr.splitlines()), 1, ended.stderr)
    has(ended.stderr, str(other), "it is DER")


main()
