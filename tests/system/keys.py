#!/usr/bin/python3
"""A real certificate in place of snakeoil, by the steps of README.Debian."""

import gzip
import os
import re
import shutil
import signal
import ssl
import tempfile
from pathlib import Path

from inside import (
    PORT,
    SNAKEOIL,
    Traffic,
    install,
    keyholder,
    keyholder_replaced,
    must,
    ping,
    pings,
    start_afresh,
    trusting,
)
from peer import ask, connect, upgrade
from tap import equal, main, test, wait_until

README = Path("/usr/share/doc/pingtlsd/README.Debian")
NAME = "ping.example.org"
DEFAULTS = Path("/etc/pingtls")
LIVE = Path("/etc/letsencrypt/live") / NAME
OVERRIDE = Path("/etc/systemd/system/pingtls.service.d/override.conf")


def section(heading: str) -> str:
    """What README.Debian says below a heading."""
    packed = README.with_suffix(".Debian.gz")
    text = (
        README.read_text()
        if README.exists()
        else gzip.decompress(packed.read_bytes()).decode()
    )
    found = re.search(rf"^{heading}\n-+\n(.*?)(?=^[^\n]+\n---|\Z)", text, re.M | re.S)
    assert found, f"README.Debian has no section {heading!r}"
    return found[1]


def indented(text: str) -> str:
    """The commands, or the file, that a section shows."""
    shown = "".join(re.findall(r"^    (.*\n)", text, re.M))
    assert shown, f"README.Debian shows nothing in {text!r}"
    return shown


def make_pair(directory: Path, certificate: str, key: str) -> Path:
    """A new certificate for NAME, which is its own authority; returns it."""
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / certificate
    must("openssl", "req", "-x509", "-newkey", "ec", "-noenc", "-days", "30",
         "-pkeyopt", "ec_paramgen_curve:P-256", "-subj", f"/CN={NAME}",
         "-addext", f"subjectAltName=DNS:{NAME},DNS:localhost",
         "-keyout", str(directory / key), "-out", str(path))  # fmt: skip
    return path


def shown() -> bytes:
    """The certificate that a new connection is shown."""
    with connect(PORT) as peer:
        return upgrade(peer, untrusting()).object.getpeercert(True)


def untrusting() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def octets(certificate: Path) -> bytes:
    return ssl.PEM_cert_to_DER_cert(certificate.read_text())


@test("A real certificate: the steps, while a session goes on")
def real() -> None:
    start_afresh()
    snakeoil = octets(Path(SNAKEOIL))
    equal(shown(), snakeoil, "certificate as installed")
    work = Path(tempfile.mkdtemp())
    certificate = make_pair(work, "cert.pem", "key.pem")
    with connect(PORT) as held:
        tls = upgrade(held, trusting())
        must("sh", "-e", "-c", indented(section("A real certificate")), cwd=work)
        wait_until("the new certificate is shown", lambda: shown() != snakeoil)
        equal(shown(), octets(certificate), "certificate of a new connection")
        ask(tls, b"PING\n", b"PONG\n")
    equal(octets(Path(SNAKEOIL)), snakeoil, "snakeoil was written through the link")
    # By its name, and by the other one that it has.
    pings(host=NAME, ca=str(certificate))
    pings(ca=str(certificate))
    equal(ping().returncode, 1, "status of pingtls that trusts snakeoil")


@test("the real pair serves after a restart, without its keyholder, and one by one")
def real_everywhere() -> None:
    certificate = str(DEFAULTS / "cert.pem")
    must("systemctl", "restart", "pingtls.service")
    pings(host=NAME, ca=certificate)
    killed = keyholder()
    os.kill(killed, signal.SIGKILL)
    keyholder_replaced()
    assert keyholder() != killed
    pings(host=NAME, ca=certificate)
    start_afresh("pingtls-inetd.socket")
    pings(host=NAME, ca=certificate)


@test("A key that only root can read: the steps, and a renewal under traffic")
def credential() -> None:
    text = section("A key that only root can read")
    assert NAME in text, f"README.Debian no longer speaks of {NAME}"
    certificate = make_pair(LIVE, "fullchain.pem", "privkey.pem")
    LIVE.parent.chmod(0o700)
    (LIVE / "privkey.pem").chmod(0o600)
    # What `systemctl edit` would write.
    OVERRIDE.parent.mkdir(parents=True)
    OVERRIDE.write_text(indented(text))
    must("systemctl", "daemon-reload")
    start_afresh()
    pings(host=NAME, ca=str(certificate))
    equal(shown(), octets(certificate), "certificate of the credential")

    old = Path(shutil.copy(certificate, tempfile.mkdtemp()))
    (restart,) = re.findall(r"`(systemctl try-restart [^`]*)`", text)
    with Traffic(untrusting) as traffic:
        traffic.more(10)
        make_pair(LIVE, "fullchain.pem", "privkey.pem")
        must(*restart.split())
        wait_until("the new certificate is shown", lambda: shown() != octets(old))
        traffic.more(10)
    traffic.check()
    equal(shown(), octets(certificate), "certificate after the renewal")
    pings(host=NAME, ca=str(certificate))


install()
main()
