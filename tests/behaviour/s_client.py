"""openssl s_client as a peer, behind tests/peers/starttls_relay.py.

s_client has no STARTTLS of our protocol.  The relay speaks the clear part and
then passes octets on untouched, so what is seen here is s_client's own TLS
with pingtlsd.
"""

import re
import subprocess

from programs import Server, certs, python_peer, run
from tap import equal, has, needs


def s_client(
    pingtlsd: Server,
    *options: str,
    commands: str = "PING\nQUIT\n",
    name: str = "localhost",
) -> subprocess.CompletedProcess[str]:
    """Upgrades, sends the commands, and returns what s_client said."""
    openssl = needs("openssl")
    relay, port = python_peer("starttls_relay.py", f"127.0.0.1:{pingtlsd.port}")
    ended = run(
        [openssl, "s_client", "-connect", f"127.0.0.1:{port}", "-servername", name]
        + ["-CAfile", certs() / "ca.pem", "-verify_return_error", *options],
        input=commands,
        stdin=None,
        stderr=subprocess.STDOUT,
        stdout=subprocess.PIPE,
        capture_output=False,
    )
    relay.kill()
    return ended


def answered(pingtlsd: Server, *options: str, **how: str) -> str:
    """s_client with these options gets its PONG; returns what it said."""
    ended = s_client(pingtlsd, "-ign_eof", *options, **how)
    has(ended.stdout, r"(?m)^PONG$")
    equal(ended.returncode, 0, f"exit status: {ended.stdout}")
    return ended.stdout


# How a name of a signature begins, in the words of RFC 8446, 4.2.3, or of
# OpenSSL before 3.5, and what it is.
SIGNATURES = {
    "ecdsa": "ECDSA",
    "rsa_pss": "RSA-PSS",
    "rsa": "RSA",
    "ed25519": "Ed25519",
}


def signature(said: str) -> str:
    """The kind of signature by which the server proved itself."""
    found = re.search(r"Peer signature type: (\S+)\n", said)
    assert found, f"no signature: {said}"
    name = found[1].lower().replace("-", "_")
    return next(SIGNATURES[begin] for begin in SIGNATURES if name.startswith(begin))


def refused(pingtlsd: Server, *options: str) -> str:
    """s_client with these options gets an alert; returns which."""
    ended = s_client(pingtlsd, "-ign_eof", *options)
    assert "PONG" not in ended.stdout, ended.stdout
    found = re.search(r"(?:alert|ssl3_\w+:|tls_\w+:)([a-z0-9/ ]+)", ended.stdout)
    assert found, f"no alert: {ended.stdout}"
    return found[1]
