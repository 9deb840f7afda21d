#!/usr/bin/python3
"""TLS 1.2 and 1.3, with forward secrecy, and nothing older or weaker."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from peer import dialogue
from programs import scratch, server
from s_client import answered, refused, s_client
from tap import equal, has, main, test

# openssl's own defaults refuse what is old; this lets it offer it, so that the
# refusal is the server's.
ANY = ("-cipher", "ALL:@SECLEVEL=0")
SHA1 = (*ANY, "-tls1_2", "-sigalgs", "RSA+SHA1")


@test("TLS 1.2 and 1.3 are accepted")
def accepted() -> None:
    with server() as pingtlsd:
        has(answered(pingtlsd, "-tls1_2"), r"TLSv1\.2, Cipher is ECDHE")
        has(answered(pingtlsd, "-tls1_3"), r"TLSv1\.3, Cipher is TLS_")


@test("TLS 1.0 and 1.1 are refused with the alert for it")
def refused_versions() -> None:
    with server() as pingtlsd:
        for version in "-tls1", "-tls1_1":
            has(refused(pingtlsd, version, *ANY), "protocol version")


@test("a client that offers TLS 1.0 to 1.3 gets 1.3")
def best() -> None:
    with server() as pingtlsd:
        has(answered(pingtlsd, *ANY, "-min_protocol", "TLSv1"), r"TLSv1\.3")


@test("RSA key transport is refused, ECDHE with the same key is not")
def key_transport() -> None:
    with server(pairs=("rsa",)) as pingtlsd:
        has(refused(pingtlsd, "-tls1_2", "-cipher", "kRSA"), "handshake failure")
        has(answered(pingtlsd, "-tls1_2", "-cipher", "ECDHE"), "Cipher is ECDHE")


@test("weak suites are refused")
def weak_suites() -> None:
    with server(pairs=("rsa", "ecdsa")) as pingtlsd:
        for suites in "aNULL:eNULL:@SECLEVEL=0", "PSK", "DHE-RSA-AES256-CCM8:@SECLEVEL=0":
            said = refused(pingtlsd, "-tls1_2", "-psk", "00", "-cipher", suites)
            has(said, "handshake failure")


@test("renegotiation is refused")
def renegotiation() -> None:
    with server() as pingtlsd:
        # Without -ign_eof a line "R" makes s_client renegotiate.
        ended = s_client(pingtlsd, "-tls1_2", commands="R\n")
        has(ended.stdout, "RENEGOTIATING", "no renegotiation|handshake failure|closed")
        pingtlsd.wait_sessions(0)
        dialogue(pingtlsd.port)


@test("--tls-priority narrows what is accepted")
def priority() -> None:
    only = "--tls-priority", "NORMAL:-VERS-ALL:+VERS-TLS1.3"
    with server(*only) as pingtlsd:
        has(answered(pingtlsd), r"TLSv1\.3")
        has(refused(pingtlsd, "-tls1_2"), "protocol version|handshake failure")


@test("--min-tls 1.3 refuses TLS 1.2, whatever --tls-priority says")
def min_tls() -> None:
    for options in [], ["--tls-priority", "NORMAL:+VERS-TLS1.2"]:
        with server("--min-tls", "1.3", *options) as pingtlsd:
            has(answered(pingtlsd), r"TLSv1\.3")
            has(refused(pingtlsd, "-tls1_2"), "protocol version|handshake failure")
        with server("--min-tls", "1.2", *options) as pingtlsd:
            has(answered(pingtlsd, "-tls1_2"), r"TLSv1\.2")


@test("--tls-priority cannot bring back what is never offered")
def floor() -> None:
    string = "LEGACY:+VERS-ALL:+RSA:+PSK:+SIGN-ALL:%UNSAFE_RENEGOTIATION"
    with server("--tls-priority", string, pairs=("rsa",)) as pingtlsd:
        has(answered(pingtlsd), r"TLSv1\.3")
        has(refused(pingtlsd, "-tls1_1", *ANY), "protocol version")
        has(refused(pingtlsd, "-tls1_2", "-cipher", "kRSA"), "handshake failure")
        has(refused(pingtlsd, *SHA1), "handshake failure")
        ended = s_client(pingtlsd, "-tls1_2", commands="R\n")
        has(ended.stdout, "RENEGOTIATING", "no renegotiation|handshake failure|closed")


@contextmanager
def system_policy(text: str) -> Iterator[None]:
    """The system's GnuTLS configuration, in the place of /etc/gnutls/config."""
    path = scratch() / "gnutls-config"
    path.write_text(text)
    os.environ["GNUTLS_SYSTEM_PRIORITY_FILE"] = str(path)
    try:
        yield
    finally:
        del os.environ["GNUTLS_SYSTEM_PRIORITY_FILE"]


@test("the system's policy is the default: its versions and its priority string")
def system() -> None:
    only = "default-priority-string = NORMAL:-VERS-ALL:+VERS-TLS1.3"
    for line in "disabled-version = tls1.2", only:
        with system_policy(f"[overrides]\n{line}\n"), server() as pingtlsd:
            has(answered(pingtlsd), r"TLSv1\.3")
            refused(pingtlsd, "-tls1_2")
    # The default gives way to a string of one's own, and may be a part of it.
    with system_policy(f"[overrides]\n{only}\n"):
        with server("--tls-priority", "NORMAL") as pingtlsd:
            has(answered(pingtlsd, "-tls1_2"), r"TLSv1\.2")
    with system_policy("[priorities]\nOURS = NORMAL:-VERS-TLS1.2\n"):
        with server("--tls-priority", "@OURS") as pingtlsd:
            has(answered(pingtlsd), r"TLSv1\.3")
            refused(pingtlsd, "-tls1_2")


@test("the system's policy cannot bring back what is never offered")
def system_floor() -> None:
    weak = "default-priority-string = LEGACY:+VERS-ALL:+RSA"
    with system_policy(f"[overrides]\n{weak}\n"):
        with server(pairs=("rsa",)) as pingtlsd:
            has(refused(pingtlsd, "-tls1_1", *ANY), "protocol version")
            has(refused(pingtlsd, "-tls1_2", "-cipher", "kRSA"), "handshake failure")
            has(refused(pingtlsd, *SHA1), "handshake failure")


@test("TLS 1.3 key updates are followed")
def key_update() -> None:
    with server() as pingtlsd:
        # "K" makes s_client update its keys and ask for the server's.
        ended = s_client(pingtlsd, "-tls1_3", commands="K\nPING\n")
        has(ended.stdout, "KEYUPDATE")
        assert "alert" not in ended.stdout.lower(), ended.stdout
        pingtlsd.wait_sessions(0)


@test("a client that takes records of 512 octets gets no longer ones")
def max_fragment_length() -> None:
    pings = 2000
    with server() as pingtlsd:
        for version in "-tls1_2", "-tls1_3":
            commands = "PING\n" * pings + "QUIT\n"
            said = answered(
                pingtlsd, version, "-maxfraglen", "512", commands=commands
            )
            equal(said.count("PONG\n"), pings, f"PONGs with {version}")


main()
