#!/usr/bin/python3
"""pingtls --tlsa verifies a server by a TLSA record that is not yet published."""

import hashlib
import json
import subprocess

from authority import PAST, SERVER, key_of, make, pem, root
from programs import PINGTLS, cert, certs, key, python_peer, run, scratch, server
from tap import equal, has, main, needs, test


def der(*words: object) -> bytes:
    return subprocess.run(
        [needs("openssl"), *map(str, words)], check=True, capture_output=True
    ).stdout


def record(kind: str, certificate: object) -> str:
    """The TLSA record of this kind ("3 1 1") for a certificate, by openssl."""
    usage, selector, matching = kind.split()
    octets = der("x509", "-in", certificate, "-outform", "DER")
    if selector == "1":
        public = scratch() / "public.pem"
        words = ["x509", "-in", certificate, "-noout", "-pubkey"]
        public.write_bytes(der(*words))
        octets = der("pkey", "-pubin", "-in", public, "-outform", "DER")
    digests = {"1": hashlib.sha256, "2": hashlib.sha512}
    data = octets if matching == "0" else digests[matching](octets).digest()
    return f"{kind} {data.hex()}"


def ping(port: int, *records: str, options: tuple = (), host: str = "localhost"):
    words = [word for value in records for word in ("--tlsa", value)]
    return run([PINGTLS, "-4", "-c", "1", *options, *words, f"{host}:{port}"])


def fails(ended: subprocess.CompletedProcess[str], *patterns: str) -> None:
    equal(ended.returncode, 1, f"exit status: {ended.stdout}{ended.stderr}")
    equal(len(ended.stderr.splitlines()), 1, f"lines of {ended.stderr!r}")
    has(ended.stderr, *patterns)


@test("-v prints the record of what was seen, and --tlsa takes it")
def round_trip() -> None:
    with server(pairs=("self-signed",)) as pingtlsd:
        seen = run(
            [PINGTLS, "-4v", "-c1", "--insecure", f"localhost:{pingtlsd.port}"]
        ).stdout
        expected = record("3 1 1", cert("self-signed"))
        has(seen, f"\n  TLSA record {expected}\n")
        ended = ping(pingtlsd.port, expected)
    equal(ended.returncode, 0, ended.stdout + ended.stderr)
    has(ended.stdout, f"\nDANE: verified by TLSA record {expected}\n")


@test("the system's authorities are only read where a record may need a chain")
def authorities() -> None:
    log = scratch() / "opened"
    strace = [needs("strace"), "-f", "-o", log, "-e", "trace=open,openat", PINGTLS]
    own = record("3 1 1", cert("ecdsa"))
    above = record("2 1 1", certs() / "ca.pem")
    with server() as pingtlsd:
        where = ["-c", "1", f"localhost:{pingtlsd.port}"]
        for records, read in ([own], False), ([own, above], True), ([], True):
            run([*strace, *(f"--tlsa={value}" for value in records), *where])
            equal("ca-certificates.crt" in log.read_text(), read, f"{records}")


@test("usage 3 needs neither authority nor name, whatever the selector and digest")
def usage_3() -> None:
    with server(pairs=("wrong-name",)) as pingtlsd:
        for kind in "3 1 1", "3 0 1", "3 1 2", "3 0 2", "3 1 0", "3 0 0":
            ended = ping(pingtlsd.port, record(kind, cert("wrong-name")))
            equal(ended.returncode, 0, f"{kind}: {ended.stdout}{ended.stderr}")
        ended = ping(pingtlsd.port, record("3 1 1", cert("ecdsa")))
        fails(
            ended,
            "certificate not verified: no TLSA record matches; this "
            "certificate's is " + record("3 1 1", cert("wrong-name")),
        )


@test("usage 3 needs no date")
def expired() -> None:
    pair = ("--cert", cert("expired"), "--key", key("expired"))
    peer, port = python_peer("threaded_server.py", *pair)
    ended = ping(port, record("3 1 1", cert("expired")))
    equal(ended.returncode, 0, ended.stdout + ended.stderr)
    peer.kill()


@test("usage 2 takes an authority that was sent, or is in the record, and its name")
def usage_2() -> None:
    chain = scratch() / "chain.pem"
    authority = certs() / "ca.pem"
    for sent in (True, False):
        above = authority.read_text() if sent else ""
        with open(cert("ecdsa")) as leaf:
            chain.write_text(leaf.read() + above)
        peer, port = python_peer(
            "threaded_server.py", "--cert", chain, "--key", key("ecdsa")
        )
        for kind in "2 1 1", "2 0 1", "2 0 0", "2 1 0":
            value = record(kind, authority)
            ended = ping(port, value)
            good = sent or kind.endswith("0")
            equal(ended.returncode, 0 if good else 1, f"{kind}: {ended.stderr}")
            if good:
                other = "--verify-name", "elsewhere.example"
                ended = ping(port, value, options=other)
                fails(ended, "TLSA record 2 .* is not valid; name mismatch: .* not elsewhere")
        peer.kill()


@test("usage 2 takes any authority of the chain, and blames nothing behind it")
def anchors() -> None:
    high = make("high", root(), f"ca\ncert_signing_key\n{PAST}")
    middle = make("middle", high)
    low = make("low", middle)
    chain = scratch() / "chain.pem"

    def judge(leaf: str, authority: str, kind: str) -> subprocess.CompletedProcess[str]:
        sent = (leaf, low, middle, high)
        chain.write_text("".join(pem(name).read_text() for name in sent))
        peer, port = python_peer(
            "threaded_server.py", "--cert", chain, "--key", key_of(leaf)
        )
        ended = ping(port, record(kind, pem(authority)))
        peer.kill()
        return ended

    leaf = make("leaf", low, SERVER)
    late = make("late", low, SERVER.replace("expiration_days = 90", PAST))
    for kind in "2 1 1", "2 0 1", "2 0 0", "2 1 0":
        for authority in low, middle:
            ended = judge(leaf, authority, kind)
            equal(ended.returncode, 0, f"{kind} of {authority}: {ended.stderr}")
            ended = judge(late, authority, kind)
            fails(ended, "is not valid; certificate expired on 2021-01-01")
            assert "CN=high" not in ended.stderr, ended.stderr
        fails(judge(leaf, high, kind), r"authority's certificate \(CN=high\) expired")


@test("of two records the second may match")
def two() -> None:
    with server() as pingtlsd:
        records = record("2 0 1", cert("other")), record("3 1 1", cert("ecdsa"))
        ended = ping(pingtlsd.port, *records)
        equal(ended.returncode, 0, ended.stdout + ended.stderr)
        has(ended.stdout, "DANE: verified by TLSA record " + records[1])


@test("usages 0 and 1 need a trusted authority as well")
def with_pkix() -> None:
    trusting = ("--ca-file", certs() / "ca.pem")
    with server() as pingtlsd:
        for value in record("1 1 1", cert("ecdsa")), record("0 0 1", certs() / "ca.pem"):
            ended = ping(pingtlsd.port, value, options=trusting)
            equal(ended.returncode, 0, ended.stdout + ended.stderr)
            other = ("--ca-file", certs() / "other-ca.pem")
            ended = ping(pingtlsd.port, value, options=other)
            fails(ended, "no TLSA record matches; .*issuer unknown: CN=pingtls test CA")


@test("JSON tells of the record, and the reason")
def in_json() -> None:
    good, bad = record("3 1 1", cert("ecdsa")), record("3 1 1", cert("other"))
    with server() as pingtlsd:
        for value, status, reason in (good, "verified", None), (bad, "failed", "tlsa-invalid"):
            ended = ping(pingtlsd.port, value, options=("--json",))
            connection = json.loads(ended.stdout.splitlines()[0])
            equal(connection["dane"], {"status": status, "record": value})
            equal(connection["reason"], reason)
            equal(connection["verified"], reason is None)


main()
