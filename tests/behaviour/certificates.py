#!/usr/bin/python3
"""Each kind of key serves, and of several pairs the one that fits is chosen."""

import ssl

from peer import ask, client_context, connect, dialogue, upgrade
from programs import server
from s_client import answered, refused, signature
from tap import equal, has, main, test

# What s_client calls a signature, for each kind of key.
SIGNATURE = {
    "ecdsa": "ECDSA",
    "ecdsa384": "ECDSA",
    "rsa": "RSA-PSS",
    "ed25519": "Ed25519",
}


def subject(port: int, name: str) -> str:
    """The name in the certificate that a client asking for `name` is shown."""
    context = client_context()
    context.check_hostname = False
    with connect(port) as peer:
        shown = upgrade(peer, context, name).object.getpeercert()
    return dict(part[0] for part in shown["subject"])["commonName"]


@test("P-256, P-384, RSA and Ed25519 keys serve TLS 1.2 and 1.3")
def kinds() -> None:
    for name, kind in SIGNATURE.items():
        with server(pairs=(name,)) as pingtlsd:
            for version in "-tls1_2", "-tls1_3":
                said = answered(pingtlsd, version)
                equal(signature(said), kind)
                has(said, "Verification: OK")


@test("an RSA key signs PSS and, for TLS 1.2, PKCS #1")
def rsa_signatures() -> None:
    with server(pairs=("rsa",)) as pingtlsd:
        for algorithm in "rsa_pss_rsae_sha256", "rsa_pss_rsae_sha384":
            for version in "-tls1_2", "-tls1_3":
                said = answered(pingtlsd, version, "-sigalgs", algorithm)
                equal(signature(said), "RSA-PSS")
        for algorithm in "RSA+SHA256", "RSA+SHA384", "RSA+SHA512":
            said = answered(pingtlsd, "-tls1_2", "-sigalgs", algorithm)
            equal(signature(said), "RSA")


@test("a client that offers no signature of ours is refused")
def no_common_signature() -> None:
    with server(pairs=("ed25519",)) as pingtlsd:
        refused(pingtlsd, "-sigalgs", "rsa_pss_rsae_sha256")
        dialogue(pingtlsd.port)


@test("of RSA and ECDSA the one that the client can verify is chosen")
def chosen_by_signature() -> None:
    for pairs in ("rsa", "ecdsa"), ("ecdsa", "rsa"):
        with server(pairs=pairs) as pingtlsd:
            for version in "-tls1_2", "-tls1_3":
                for algorithm, kind in (
                    ("rsa_pss_rsae_sha256", "RSA-PSS"),
                    ("ecdsa_secp256r1_sha256", "ECDSA"),
                ):
                    said = answered(pingtlsd, version, "-sigalgs", algorithm)
                    equal(signature(said), kind)


@test("of several pairs the one of the name asked for is chosen")
def chosen_by_name() -> None:
    with server(pairs=("ecdsa", "other", "rsa")) as pingtlsd:
        equal(subject(pingtlsd.port, "localhost"), "localhost")
        equal(subject(pingtlsd.port, "other.example"), "other.example")


@test("a name that no certificate has gets the first pair, for the client to judge")
def unknown_name() -> None:
    with server(pairs=("other", "ecdsa")) as pingtlsd:
        equal(subject(pingtlsd.port, "third.example"), "other.example")
        with connect(pingtlsd.port) as peer:
            try:
                upgrade(peer, name="third.example")
            except ssl.SSLCertVerificationError as error:
                has(str(error), "hostname mismatch")
            else:
                raise AssertionError("a wrong name was accepted")


@test("an IP address needs no SNI")
def by_address() -> None:
    with server(pairs=("ecdsa",)) as pingtlsd, connect(pingtlsd.port) as peer:
        ask(upgrade(peer, name="127.0.0.1"), b"PING\n", b"PONG\n")


main()
