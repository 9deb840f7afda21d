#!/usr/bin/python3
"""Whatever a handshake has in it, the one signature that a session gets will do."""

from pathlib import Path

from ocsp_responses import element, pem, response
from programs import PINGTLS, cert, certs, key, pair, run, scratch, server
from s_client import answered
from tap import HANG_TEST, equal, has, main, needs, test

VERSIONS = "-tls1_2", "-tls1_3"


def integer(value: int) -> bytes:
    return element(2, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def huge_key() -> Path:
    """An RSA key of 8676 bits.

    To search for such primes takes a minute: these are Mersenne's.
    """
    p, q, e = 2**4423 - 1, 2**4253 - 1, 65537
    d = pow(e, -1, (p - 1) * (q - 1))
    numbers = (0, p * q, e, d, p, q, d % (p - 1), d % (q - 1), pow(q, -1, p))
    octets = element(0x30, *map(integer, numbers))
    path = scratch() / "huge-key.pem"
    path.write_text(pem("RSA PRIVATE KEY", octets))
    return path


def long_key() -> Path:
    path = scratch() / "long-key.pem"
    command = [needs("openssl"), "genrsa", "-out", path, "4096"]
    equal(run(command, timeout=HANG_TEST).returncode, 0, "genrsa")
    return path


def self_signed(private: Path) -> Path:
    path = private.with_suffix(".crt")
    made = run(
        [needs("openssl"), "req", "-x509", "-new", "-key", private, "-out", path]
        + ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    )
    equal(made.returncode, 0, made.stderr)
    return path


@test("RSA keys of 4096 bits and of more than 8192")
def long_keys() -> None:
    for private in long_key(), huge_key():
        certificate = self_signed(private)
        options = "--cert", certificate, "--key", private
        with server(*options, pairs=()) as pingtlsd:
            for version in VERSIONS:
                answered(pingtlsd, version, "-CAfile", str(certificate))


@test("a ClientHello that has to be sent again (HelloRetryRequest)")
def hello_retry_request() -> None:
    with server("--tls-priority", "NORMAL:-GROUP-ALL:+GROUP-X25519") as pingtlsd:
        said = answered(pingtlsd, "-tls1_3", "-msg", "-groups", "P-256:X25519")
        equal(said.count("Handshake [length 0058], ServerHello"), 1, "requests")
        equal(said.count(", ServerHello"), 2, "ServerHellos")


@test("TLS 1.2 by ECDHE and by DHE")
def exchanges() -> None:
    with server(pairs=("rsa",)) as pingtlsd:
        for exchange in "ECDHE", "DHE":
            policy = f"NORMAL:-VERS-ALL:+VERS-TLS1.2:-KX-ALL:+{exchange}-RSA"
            ended = run(
                [PINGTLS, "-c", 1, "--ca-file", certs() / "ca.pem"]
                + ["--priority", policy, f"localhost:{pingtlsd.port}"]
            )
            equal(ended.returncode, 0, f"{ended.stdout}{ended.stderr}")
            pingtlsd.wait_line(f"TLS1.2 TLS_{exchange}_RSA")


@test("several certificates, an OCSP response and a client's certificate at once")
def all_at_once() -> None:
    staple = scratch() / "staple.der"
    staple.write_bytes(response(cert("ecdsa")))
    options = *pair("rsa"), *pair("ed25519"), *pair("ecdsa"), "--ocsp-response", staple
    identity = ("-cert", cert("client"), "-key", key("client"))
    identity += ("-client_sigalgs", "ECDSA+SHA256")
    with server(*options, "--client-ca", certs() / "ca.pem", pairs=()) as pingtlsd:
        for version in VERSIONS:
            for scheme in "ecdsa_secp256r1_sha256", "rsa_pss_rsae_sha256", "ed25519":
                chosen = *identity, "-sigalgs", scheme
                said = answered(pingtlsd, version, "-status", *chosen)
                stapled = "OCSP Response Status: successful" in said
                equal(stapled, scheme.startswith("ecdsa"), f"stapled with {scheme}")


@test("a resumed session, before and after the signature was used")
def resumed() -> None:
    path = scratch() / "session"
    with server() as pingtlsd:
        for version in VERSIONS:
            answered(pingtlsd, version, "-sess_out", str(path))
            said = answered(pingtlsd, version, "-sess_in", str(path))
            has(said, "Reused" if version == "-tls1_3" else "New")


main()
