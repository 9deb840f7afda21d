#!/usr/bin/python3
"""pingtls against Dovecot: imap, pop3, sieve and lmtp, imaps and pop3s."""

from pathlib import Path

from server import CERTIFICATE, KEY, Server, check_alone, contents

LOG = Path("/var/log/dovecot.log")
SETTINGS = """\
ssl = {tls}
ssl_cert = <{certificate}
ssl_key = <{key}
log_path = {log}
service lmtp {{
  inet_listener lmtp {{
    port = 24
  }}
}}
"""


def configure(tls: bool) -> None:
    """As packaged, but for

    the certificate: the package makes one for the name of the machine;
    ssl: it can be switched off;
    log_path: a file of its own is easier to read than the journal;
    lmtp: it listens on a Unix socket only.
    """
    Path("/etc/dovecot/conf.d/99-tests.conf").write_text(
        SETTINGS.format(
            tls="yes" if tls else "no", certificate=CERTIFICATE, key=KEY, log=LOG
        )
    )


DOVECOT = Server(
    packages="dovecot-imapd dovecot-pop3d dovecot-managesieved dovecot-lmtpd",
    units=("dovecot.service",),
    user="root",
    upgraded=("imap", "pop3", "sieve", "lmtp"),
    implicit=("imaps", "pop3s"),
    configure=configure,
    log=lambda: contents(LOG),
    in_order={
        **dict.fromkeys(["imap", "imaps"], "imap-login: .*by logging out.* TLS"),
        **dict.fromkeys(["pop3", "pop3s"], "pop3-login: .*by logging out.* TLS"),
        "sieve": "managesieve-login: .*by logging out.* TLS",
        "lmtp": "lmtp.*: Logged out",
    },
    disorder="Connection closed|SSL_",
)

if __name__ == "__main__":
    check_alone(DOVECOT)
