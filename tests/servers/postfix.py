#!/usr/bin/python3
"""pingtls against Postfix: smtp, submission, smtps and submissions."""

from pathlib import Path

from inside import must
from server import CERTIFICATE, KEY, Server, check_alone, contents

LOG = Path("/var/log/mail.log")


def configure(tls: bool) -> None:
    """As packaged, but for

    the certificate: the package's own is for another name;
    smtpd_tls_security_level: STARTTLS can be switched off;
    maillog_file: the machine has no syslogd, which would write this one;
    submission and smtps: master.cf has them as comments.
    """
    settings = {
        "smtpd_tls_cert_file": CERTIFICATE,
        "smtpd_tls_key_file": KEY,
        "smtpd_tls_security_level": "may" if tls else "none",
        "maillog_file": LOG,
    }
    must("postconf", *(f"{name}={value}" for name, value in settings.items()))
    for port in "submission", "smtps":
        must("postconf", "-M", f"{port}/inet={port} inet n - y - - smtpd")
    must("postconf", "-P", "smtps/inet/smtpd_tls_wrappermode=yes")


POSTFIX = Server(
    packages="postfix",
    units=("postfix@-.service",),
    user="root",
    upgraded=("smtp", "submission"),
    implicit=("smtps", "submissions"),
    configure=configure,
    log=lambda: contents(LOG),
    in_order={
        # Greeted again inside TLS, as RFC 3207 wants it.
        **dict.fromkeys(["smtp", "submission"], "ehlo=2 starttls=1 quit=1 commands=4"),
        **dict.fromkeys(["smtps", "submissions"], "ehlo=1 quit=1 commands=2"),
    },
    disorder="lost connection|improper command pipelining",
)

if __name__ == "__main__":
    check_alone(POSTFIX)
