#!/usr/bin/python3
"""pingtls through Tinyproxy: to ftp, ldap and pingtlsd."""

import re
import shutil

from inside import PORT, apt_get, must, pings
from server import (
    HALTED_FOR,
    MADE,
    check,
    fails,
    journal_of,
    prepare,
    stopped_half_way,
)
from slapd import SLAPD
from tap import has, main, test, wait_until
from vsftpd import VSFTPD

PROXY = "-x", "localhost:8888"
# pingtlsd does not use a certificate that has expired: it has none then.
REFUSED = {"wrong-name": "certificate-host-mismatch", "expired": "handshake"}


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
    asked(f"localhost:{PORT}", 1)
    # Verified, the wrong name, the expired one, and without TLS.
    for port, count in (21, 4), (990, 3), (389, 4), (636, 3):
        asked(f"localhost:{port}", count)


@test("pingtlsd: a certificate for another name, and none that is good")
def refused() -> None:
    for pair, reason in REFUSED.items():
        for kind in "cert", "key":
            shutil.copyfile(MADE / f"{pair}-{kind}.pem", f"/etc/pingtls/{kind}.pem")
        must("systemctl", "restart", "pingtls.service")
        fails(reason, "localhost", *PROXY)


@test("pingtlsd: stopped half way, given up when -w is over")
def half_way() -> None:
    with stopped_half_way(("pingtls.service",), PORT) as port:
        fails("timeout", f"localhost:{port}", "-w", HALTED_FOR, *PROXY)


@test("a server that the proxy cannot reach is a refusal, with the proxy's answer")
def unreachable() -> None:
    message = fails("proxy-refused", "smtp://localhost:1", *PROXY)
    has(message, "HTTP/1.[01] 5")


main()
