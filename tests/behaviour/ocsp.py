#!/usr/bin/python3
"""OCSP responses are stapled as long as they say something good."""

import re
import signal
import subprocess
from pathlib import Path

from ocsp_responses import UNKNOWN, pem, response, revoked
from programs import (
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
from tap import equal, has, main, needs, test, wait_until

# Until this long after its start a response that is to end soon is still good.
SOON = 5


def write(name: str, octets: bytes) -> Path:
    path = scratch() / name
    path.write_bytes(octets)
    return path


def stapled(pingtlsd: Server, *options: str) -> str:
    """What s_client says of the response that it was given; "" for none."""
    said = answered(pingtlsd, "-status", *options)
    if re.search(r"OCSP response: no response sent", said):
        return ""
    has(said, r"OCSP Response Status: successful")
    return re.search(r"Cert Status: (\w+)", said)[1]


def pings(pingtlsd: Server) -> str:
    """What pingtls -v says."""
    ended = run(
        [PINGTLS, "-v", "-c", 1, "--ca-file", certs() / "ca.pem"]
        + [f"localhost:{pingtlsd.port}"]
    )
    equal(ended.returncode, 0, f"exit status: {ended.stdout}{ended.stderr}")
    return ended.stdout


def by_openssl(name: str) -> bytes:
    """A good response, as openssl's responder makes it."""
    serial = run(
        [needs("openssl"), "x509", "-noout", "-serial", "-in", cert(name)]
    ).stdout.strip()
    index = write("index.txt", b"")
    serial = serial.partition("=")[2]
    index.write_text(f"V\t400101000000Z\t\t{serial}\tunknown\t/CN=localhost\n")
    made = run(
        [needs("openssl"), "ocsp", "-index", index, "-ndays", 1]
        + ["-CA", certs() / "ca.pem", "-issuer", certs() / "ca.pem"]
        + ["-rsigner", certs() / "ca.pem", "-rkey", certs() / "ca-key.pem"]
        + ["-cert", cert(name), "-respout", scratch() / "openssl.der"]
    )
    equal(made.returncode, 0, made.stderr)
    return (scratch() / "openssl.der").read_bytes()


@test("a response that openssl made is stapled, from DER and from PEM")
def good() -> None:
    der = by_openssl("ecdsa")
    for octets in der, pem("OCSP RESPONSE", der).encode():
        with server("--ocsp-response", write("good", octets)) as pingtlsd:
            assert not pingtlsd.said("OCSP"), pingtlsd.lines
            for version in "-tls1_2", "-tls1_3":
                equal(stapled(pingtlsd, version), "good", version)
            has(pings(pingtlsd), r"OCSP response: stapled, good, until 20\S+ \S+ UTC\n")


@test("without --ocsp-response nothing is stapled")
def none() -> None:
    with server() as pingtlsd:
        equal(stapled(pingtlsd), "")
        has(pings(pingtlsd), "OCSP response: none stapled\n")


@test("one that is of no use is warned of in one line, and not stapled")
def useless() -> None:
    chain = scratch() / "chain.pem"
    chain.write_text(Path(cert("ecdsa")).read_text() + (certs() / "ca.pem").read_text())
    ours = cert("ecdsa")
    for why, path in (
        ("it expired on 20", write("expired", response(ours, -1, begins=-60))),
        ("is revoked", write("revoked", response(ours, status=revoked()))),
        ("is unknown", write("unknown", response(ours, status=UNKNOWN))),
        ("about another certificate", write("other", response(cert("rsa")))),
        ("not signed by", write("forged", response(ours, signer="other-ca"))),
        ("had no answer", write("later", bytes.fromhex("30030a0103"))),
        ("names no end", write("old", response(ours, None, begins=-90 * 86400))),
        ("is no OCSP response", write("noise", b"noise\n")),
        ("No such file", scratch() / "none.der"),
    ):
        use = ["--cert", chain, "--key", key("ecdsa"), "--ocsp-response", path]
        with server(*use, pairs=()) as pingtlsd:
            warning = [line for line in pingtlsd.lines if "OCSP" in line]
            equal(len(warning), 1, f"lines of {pingtlsd.lines}")
            has(warning[0], re.escape(str(path)), "staples none", why)
            equal(stapled(pingtlsd), "", why)
        checked = run([PINGTLSD, *TO_SERVE, "--check-config", *use])
        equal(checked.returncode, 0, f"exit status: {checked.stderr}")
        said = [x for x in checked.stderr.splitlines() if "--no-sandbox" not in x]
        equal(len(said), 1, f"lines of {checked.stderr!r}")
        has(checked.stderr, why)


@test("one that ends while the service runs is stapled no longer")
def ends() -> None:
    path = write("soon", response(cert("ecdsa"), SOON))
    with server("--ocsp-response", path) as pingtlsd:
        equal(stapled(pingtlsd), "good", "before its end")
        wait_until("nothing is stapled", lambda: stapled(pingtlsd) == "")


@test("one without an end is stapled while it is young")
def endless() -> None:
    path = write("endless", response(cert("ecdsa"), None))
    with server("--ocsp-response", path) as pingtlsd:
        equal(stapled(pingtlsd), "good")
        has(pings(pingtlsd), "OCSP response: stapled, good\n")


@test("a reload takes a new one, and goes on without one that is of no use")
def reload() -> None:
    path = write("renewed", response(cert("ecdsa"), -1))

    def renew(octets: bytes, expected: str) -> None:
        path.write_bytes(octets)
        lines = len(pingtlsd.lines)
        pingtlsd.signal(signal.SIGHUP)
        pingtlsd.wait_line("keys reloaded", lines)
        equal(stapled(pingtlsd), expected)

    with server("--ocsp-response", path) as pingtlsd:
        equal(stapled(pingtlsd), "")
        renew(response(cert("ecdsa")), "good")
        renew(response(cert("ecdsa"), status=revoked()), "")
        equal(len([x for x in pingtlsd.lines if "staples none" in x]), 2, "warnings")


@test("each pair has its own: it goes with the --cert before it")
def pairs() -> None:
    path = write("rsa", response(cert("rsa")))
    use = [*pair("ecdsa"), *pair("rsa"), "--ocsp-response", path]
    with server(*use, pairs=()) as pingtlsd:
        equal(stapled(pingtlsd, "-sigalgs", "rsa_pss_rsae_sha256"), "good")
        equal(stapled(pingtlsd, "-sigalgs", "ecdsa_secp256r1_sha256"), "")


# What another server staples, and what pingtls says of it.  pingtlsd staples
# none of these.
REFUSED = {
    "out of date": ({"begins": -7200, "ends": -3600}, "the stapled .* is out of date"),
    "revoked": ({"status": revoked()}, "certificate is revoked"),
    "another's": ({"signer": "other-ca"}, "the stapled OCSP response is not valid"),
}


@test("pingtls refuses what a stapled response says, and names what is wrong with it")
def refused() -> None:
    for name, (how, words) in REFUSED.items():
        path = write("refused", response(cert("ecdsa"), **how))
        peer = Program(
            [needs("openssl"), "s_server", "-accept", "127.0.0.1:0"]
            + ["-cert", cert("ecdsa"), "-key", key("ecdsa"), "-status_file", path],
            # It leaves at the end of its input.
            stdin=subprocess.PIPE,
        )
        port = peer.wait_line(r"ACCEPT .*:(\d+)$")[1]
        ended = run(
            [PINGTLS, "-c", "1", "--ca-file", certs() / "ca.pem"]
            + [f"tls://localhost:{port}"]
        )
        equal(ended.returncode, 1, f"{name}: {ended.stdout}")
        has(ended.stderr, f"certificate not verified: {words}")
        peer.kill()


main()
