#!/usr/bin/python3
"""pingtls against Exim, whose TLS is GnuTLS: smtp and smtps."""

from pathlib import Path

from inside import must
from server import CERTIFICATE, KEY, Server, check_alone, contents, settle

LOG = Path("/var/log/exim4/mainlog")
MACROS = Path("/etc/exim4/exim4.conf.localmacros")
TEMPLATE = Path("/etc/exim4/exim4.conf.template")


def configure(tls: bool) -> None:
    """As packaged, but for

    MAIN_TLS_ENABLE and the certificate: TLS is off, and there is none;
    MAIN_TLS_ADVERTISE_HOSTS: STARTTLS can be switched off;
    MAIN_LOG_SELECTOR: nothing is logged of a connection without a mail;
    tls_on_connect_ports and the port: smtps is no service of the package's.
    """
    MACROS.write_text(
        "MAIN_TLS_ENABLE = yes\n"
        f"MAIN_TLS_CERTIFICATE = {CERTIFICATE}\n"
        f"MAIN_TLS_PRIVATEKEY = {KEY}\n"
        f"MAIN_TLS_ADVERTISE_HOSTS = {'*' if tls else ''}\n"
        "MAIN_LOG_SELECTOR = +smtp_connection +smtp_no_mail +smtp_protocol_error\n"
    )
    options = "'-oX 25:465 -oP /run/exim4/exim.pid'"
    settle(Path("/etc/default/exim4"), {"SMTPLISTENEROPTIONS": options}, "{}={}")
    template = TEMPLATE.read_text()
    if "tls_on_connect_ports" not in template:
        TEMPLATE.write_text("tls_on_connect_ports = 465\n" + template)
    must("update-exim4.conf")


EXIM = Server(
    packages="exim4-daemon-light",
    units=("exim4.service",),
    user="Debian-exim",
    upgraded=("smtp",),
    implicit=("smtps",),
    configure=configure,
    log=lambda: contents(LOG),
    in_order={"smtp": "C=EHLO,STARTTLS,EHLO,QUIT", "smtps": "C=EHLO,QUIT"},
    disorder="unexpected disconnection|synchronization error|lost|TLS error",
)

if __name__ == "__main__":
    check_alone(EXIM)
