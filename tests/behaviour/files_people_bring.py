#!/usr/bin/python3
"""Certificates and keys in other forms than PEM: what they are is said."""

import subprocess
from pathlib import Path

from programs import AS_USER, PINGTLSD, cert, certs, key, run, scratch
from tap import equal, has, main, needs, test


def said(certificate: object, private_key: object) -> str:
    """--check-config refuses the pair; returns the one line that it says."""
    ended = run(
        [PINGTLSD, "--log", "stderr", *AS_USER, "--check-config"]
        + ["--cert", certificate, "--key", private_key]
    )
    equal(ended.returncode, 1, f"status: {ended.stderr}")
    equal(len(ended.stderr.splitlines()), 1, ended.stderr)
    return ended.stderr


def openssl(*words: object) -> None:
    command = [needs("openssl"), *(str(word) for word in words)]
    subprocess.run(command, check=True, capture_output=True)


def readable(name: str, data: bytes = b"") -> Path:
    path = scratch() / name
    path.write_bytes(data)
    path.chmod(0o644)
    return path


@test("DER")
def der() -> None:
    other = readable("cert.der")
    openssl("x509", "-in", cert("ecdsa"), "-outform", "DER", "-out", other)
    has(said(other, key("ecdsa")), str(other), "it is DER")
    other = readable("key.der")
    openssl("pkey", "-in", key("ecdsa"), "-outform", "DER", "-out", other)
    other.chmod(0o644)
    has(said(cert("ecdsa"), other), str(other), "it is DER")


@test("PKCS #12")
def pkcs12() -> None:
    other = readable("pair.p12")
    words = "pkcs12 -export -passout pass:secret -in".split()
    openssl(*words, cert("ecdsa"), "-inkey", key("ecdsa"), "-out", other)
    other.chmod(0o644)
    has(said(other, key("ecdsa")), str(other), "it is PKCS #12")
    has(said(cert("ecdsa"), other), str(other), "it is PKCS #12")


@test("an empty file")
def empty() -> None:
    other = readable("empty.pem")
    has(said(other, key("ecdsa")), str(other), "it is empty")
    has(said(cert("ecdsa"), other), str(other), "it is empty")


@test("something else")
def something() -> None:
    other = readable("something.pem", b"hello\n")
    has(said(other, key("ecdsa")), str(other), "it holds no certificate")
    has(said(cert("ecdsa"), other), str(other), "it holds no private key")


@test("an encrypted key")
def encrypted() -> None:
    other = readable("encrypted.pem")
    words = "pkey -aes128 -passout pass:secret -in".split()
    openssl(*words, key("ecdsa"), "-out", other)
    other.chmod(0o644)
    has(said(cert("ecdsa"), other), str(other), "it is encrypted")


@test("a key behind more text than any key has")
def behind_text() -> None:
    text = b"text\n" * 8000 + Path(key("ecdsa")).read_bytes()
    other = readable("text.pem", text)
    has(said(cert("ecdsa"), other), str(other), "it is larger than 32 KiB")


@test("a certificate for TLS clients alone")
def for_clients() -> None:
    line = said(certs() / "client-cert.pem", certs() / "client-key.pem")
    has(line, "client-cert.pem", "it is not for TLS servers")


main()
