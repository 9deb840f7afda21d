#!/usr/bin/python3
"""Files in other forms than they should be: what they are is said, by both programs."""

import base64
import os
import re
import subprocess
from pathlib import Path

from programs import (
    AS_USER,
    PINGTLS,
    PINGTLSD,
    TO_SERVE,
    cert,
    certs,
    key,
    pair,
    run,
    scratch,
)
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


def refused(file: Path, cause: str, certificate: object, private_key: object) -> None:
    """Both programs refuse the pair for this cause in this file."""
    has(said(certificate, private_key), re.escape(f"{file}: {cause}"))
    identity = ["--client-cert", certificate, "--client-key", private_key]
    # Nothing connects: the files are read before.  GnuTLS 3.7.9 loses what it has
    # parsed of a pair that it refuses.
    lenient = os.environ | {"ASAN_OPTIONS": "detect_leaks=0"}
    ended = run([PINGTLS, "-c1", *identity, "127.0.0.1:1"], env=lenient)
    equal(ended.returncode, 2, f"status: {ended.stderr}")
    equal(len(ended.stderr.splitlines()), 1, ended.stderr)
    has(ended.stderr, re.escape(f"{file}: {cause}"))


def no_certificate(file: Path, cause: str) -> None:
    refused(file, cause, file, key("ecdsa"))
    # As authorities, too.
    for words in (
        [PINGTLS, "-c1", "--ca-file", file, "127.0.0.1:1"],
        [PINGTLSD, *AS_USER, "--check-config", *pair("ecdsa"), "--client-ca", file],
    ):
        ended = run(words)
        assert ended.returncode in (1, 2), ended
        has(ended.stderr, re.escape(f"{file}: {cause}"))


def no_key(file: Path, cause: str) -> None:
    refused(file, cause, cert("ecdsa"), file)


def openssl(*words: object) -> None:
    command = [needs("openssl"), *(str(word) for word in words)]
    subprocess.run(command, check=True, capture_output=True)


def readable(name: str, data: bytes = b"") -> Path:
    path = scratch() / name
    path.write_bytes(data)
    path.chmod(0o644)
    return path


def converted(name: str, *words: object) -> Path:
    """What openssl(1) writes to a file of this name."""
    path = scratch() / name
    openssl(*words, "-out", path)
    path.chmod(0o644)
    return path


@test("DER")
def der() -> None:
    of_certificate = ("x509", "-in", cert("ecdsa"), "-outform", "DER")
    no_certificate(converted("cert.der", *of_certificate), "it is DER, and PEM")
    of_key = ("pkey", "-in", key("ecdsa"), "-outform", "DER")
    no_key(converted("key.der", *of_key), "it is DER, and PEM")


@test("PKCS #12")
def pkcs12() -> None:
    words = "pkcs12 -export -passout pass:secret -in".split()
    other = converted("pair.p12", *words, cert("ecdsa"), "-inkey", key("ecdsa"))
    no_certificate(other, "it is PKCS #12")
    no_key(other, "it is PKCS #12")


@test("PKCS #7, as DER and as PEM")
def pkcs7() -> None:
    words = ("crl2pkcs7", "-nocrl", "-certfile", cert("ecdsa"), "-outform")
    for form in "DER", "PEM":
        no_certificate(converted(f"{form}.p7b", *words, form), "it is PKCS #7")


@test("OpenSSL's trusted certificate, and a certificate request")
def other_pem() -> None:
    trusted = converted("trusted.pem", "x509", "-in", cert("ecdsa"), "-trustout")
    no_certificate(trusted, "it holds a TRUSTED CERTIFICATE")
    request = converted(
        "csr.pem", "req", "-new", "-key", key("ecdsa"), "-subj", "/CN=x"
    )
    no_certificate(request, "it holds a certificate request")


@test("a key of ssh-keygen")
def of_ssh() -> None:
    # Encrypted or not, it says so inside alone.
    inside = base64.encodebytes(b"openssh-key-v1\0" + bytes(200)).decode()
    label = "OPENSSH PRIVATE KEY-----"
    text = f"-----BEGIN {label}\n{inside}-----END {label}\n"
    no_key(readable("id_ecdsa", text.encode()), "it is in OpenSSH's own format")


@test("an empty file")
def empty() -> None:
    other = readable("empty.pem")
    no_certificate(other, "it is empty")
    no_key(other, "it is empty")


@test("something else")
def something() -> None:
    other = readable("something.pem", b"hello\n")
    no_certificate(other, "it holds no certificate in PEM")
    no_key(other, "it holds no private key in PEM")


@test("PEM that is cut short")
def cut_short() -> None:
    for name, refuse in (cert("ecdsa"), no_certificate), (key("ecdsa"), no_key):
        whole = Path(name).read_bytes()
        for size in len(whole) // 2, len(whole) - 30:
            other = readable("cut.pem", whole[:size])
            refuse(other, "its PEM is cut short or damaged")


@test("a key on a curve that GnuTLS lacks")
def curve() -> None:
    words = "genpkey -algorithm EC -pkeyopt ec_paramgen_curve:secp256k1".split()
    other = converted("secp256k1.pem", *words)
    no_key(other, "it is damaged, or of an algorithm or curve that is not supported")


@test("an encrypted key, in PKCS #8, its DER, and OpenSSL's older form")
def encrypted() -> None:
    password = ("-passout", "pass:secret", "-in", key("ecdsa"))
    no_key(converted("enc.pem", "pkey", "-aes128", *password), "it is encrypted")
    no_key(converted("enc-old.pem", "ec", "-aes128", *password), "it is encrypted")
    for form in [], ["-v1", "PBE-SHA1-3DES"]:
        words = ("pkcs8", "-topk8", "-outform", "DER", *form, *password)
        no_key(converted("enc.der", *words), "it is DER and encrypted")


@test("an OCSP response that is empty, or is none: the service does without")
def ocsp() -> None:
    for data, cause in (b"", "it is empty"), (b"hello\n", "it is no OCSP response"):
        other = readable("response", data)
        words = [*TO_SERVE, "--check-config", *pair("ecdsa"), "--ocsp-response", other]
        ended = run([PINGTLSD, "--log", "stderr", *words])
        equal(ended.returncode, 0, ended.stderr)
        has(ended.stderr, f"cannot use OCSP response {other}, .*: {cause}")


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
