#!/usr/bin/python3
"""pingtls through Tinyproxy: to ftp, ldap and pingtlsd."""

import re

from inside import SNAKEOIL, apt_get, must, pings
from programs import run
from server import check, fails, journal_of, prepare
from slapd import SLAPD
from tap import equal, has, main, test, wait_until
from vsftpd import VSFTPD

PROXY = "-x", "localhost:8888"


def asked(where: str, count: int) -> None:
    """Waits until the proxy has logged so many connections there."""
    pattern = f"Request.*: CONNECT {where} HTTP/1.1"
    wait_until(
        f"the proxy logs {count} connections to {where}",
        lambda: len(re.findall(pattern, journal_of("tinyproxy"))) == count,
    )


prepare(VSFTPD, SLAPD)
apt_get("install", "tinyproxy")
for server in VSFTPD, SLAPD:
    check(server, *PROXY)


@test("pingtlsd: verified; the way to all of them was through the proxy")
def service() -> None:
    must("systemctl", "restart", "pingtls.socket")
    pings(*PROXY)
    asked("localhost:10001", 1)
    # Verified, the wrong name, the expired one, and without TLS.
    for port, count in (21, 4), (990, 3), (389, 4), (636, 3):
        asked(f"localhost:{port}", count)


@test("pingtlsd: a certificate for another name")
def wrong_name() -> None:
    ended = run(["pingtls", *PROXY, "--ca-file", SNAKEOIL, "localhost"])
    equal(ended.returncode, 1)
    has(ended.stderr, "name mismatch: .*not localhost")


@test("a server that the proxy cannot reach is a refusal, with the proxy's answer")
def unreachable() -> None:
    message = fails("proxy-refused", "smtp://localhost:1", *PROXY)
    has(message, "HTTP/1.[01] 5")


main()
