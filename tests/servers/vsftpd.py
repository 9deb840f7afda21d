#!/usr/bin/python3
"""pingtls against vsftpd: ftp and ftps."""

from pathlib import Path

from inside import must
from server import CERTIFICATE, KEY, Server, check_alone, contents, settle

LOG = Path("/var/log/vsftpd.log")
PACKAGED = Path("/etc/vsftpd.conf")
IMPLICIT = Path("/etc/vsftpd-implicit.conf")
UNIT = f"[Service]\nExecStart=/usr/sbin/vsftpd {IMPLICIT}\n"


def configure(tls: bool) -> None:
    """As packaged, but for

    ssl_enable and the certificate: TLS is off, the certificate the machine's;
    log_ftp_protocol: only files that are transferred are logged;
    a second server, with implicit_ssl: one has a single port.
    """
    settings = {
        "ssl_enable": "YES" if tls else "NO",
        "rsa_cert_file": CERTIFICATE,
        "rsa_private_key_file": KEY,
        "log_ftp_protocol": "YES",
    }
    settle(PACKAGED, settings, "{}={}")
    IMPLICIT.write_text(PACKAGED.read_text())
    settle(IMPLICIT, {"implicit_ssl": "YES", "listen_port": 990}, "{}={}")
    Path("/etc/systemd/system/vsftpd-implicit.service").write_text(UNIT)
    must("systemctl", "daemon-reload")


VSFTPD = Server(
    packages="vsftpd",
    units=("vsftpd.service", "vsftpd-implicit.service"),
    user="root",
    upgraded=("ftp",),
    implicit=("ftps",),
    configure=configure,
    log=lambda: contents(LOG),
    in_order={
        "ftp": '(?s)"AUTH TLS".*"QUIT".*"221 Goodbye."',
        "ftps": '(?s)"QUIT".*"221 Goodbye."',
    },
)

if __name__ == "__main__":
    check_alone(VSFTPD)
