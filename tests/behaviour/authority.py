"""Certificates as a test needs them, made by certtool."""

import functools
from pathlib import Path

from programs import run, scratch
from tap import equal, needs

AUTHORITY = "ca\ncert_signing_key\nexpiration_days = 90"
SERVER = "dns_name = localhost\ntls_www_server\nsigning_key\nexpiration_days = 90"
PAST = 'activation_date = "2020-01-01 00:00:00 UTC"\nexpiration_date = "2021-01-01 00:00:00 UTC"'


def certtool(*words: object) -> None:
    ended = run([needs("certtool"), "--no-text", *words])
    equal(ended.returncode, 0, f"certtool: {ended.stderr}")


@functools.cache
def make(
    name: str,
    issuer: str = "",
    template: str = AUTHORITY,
    kind: str = "--key-type=ecdsa --curve=secp256r1",
    how: str = "--hash=SHA256",
) -> str:
    """Makes a certificate with its own key; "" signs itself.  Returns its name."""
    config = scratch() / f"{name}.cfg"
    config.write_text(f'cn = "{name.rstrip("_")}"\n{template}\n')
    key = key_of(name)
    certtool("--generate-privkey", *kind.split(), "--outfile", key)
    which = (
        ["--generate-self-signed"]
        if issuer == ""
        else ["--generate-certificate"]
        + ["--load-ca-certificate", pem(issuer)]
        + ["--load-ca-privkey", key_of(issuer)]
    )
    certtool(
        *which, "--load-privkey", key, "--template", config, how, "--outfile", pem(name)
    )
    return name


def pem(name: str) -> Path:
    return scratch() / f"{name}.pem"


def key_of(name: str) -> Path:
    return scratch() / f"{name}.key"


def root() -> str:
    return make("the Root")
