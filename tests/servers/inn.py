#!/usr/bin/python3
"""pingtls against INN's server of readers, nnrpd: nntp and nntps."""

from pathlib import Path

from inside import must
from server import CERTIFICATE, KEY, Server, check_alone, journal_of, settle

SETTINGS = Path("/etc/news/inn.conf")
UNIT = """\
[Service]
ExecStartPre=install -d -o news -g news /run/news
ExecStart=/usr/lib/news/bin/nnrpd -D -f -n -t {options}
"""
UNITS = {"nnrpd.service": "-p 119", "nnrpd-tls.service": "-p 563 -S"}


def configure(tls: bool) -> None:
    """As packaged, but for

    nnrpd, which listens itself: innd, for its peers, answers STARTTLS with 401
    MODE-READER, as it hands only readers over to nnrpd;
    nnrpdloadlimit: readers are refused where the machine is loaded;
    -t: without it, nothing tells QUIT from a connection that is lost;
    the certificate: there is none.
    """
    must("systemctl", "stop", "inn2.service")
    pair = {"tlscertfile": CERTIFICATE, "tlskeyfile": KEY}
    settings = pair if tls else dict.fromkeys(pair)
    settle(SETTINGS, {"nnrpdloadlimit": 0, **settings}, "{}: {}")
    for unit, options in UNITS.items():
        path = Path("/etc/systemd/system") / unit
        path.write_text(UNIT.format(options=options))
    must("systemctl", "daemon-reload")


INN = Server(
    packages="inn2",
    units=tuple(UNITS),
    user="news",
    upgraded=("nntp",),
    implicit=("nntps",),
    configure=configure,
    log=lambda: journal_of("nnrpd"),
    in_order=dict.fromkeys(["nntp", "nntps"], "< QUIT\n.*> 205 Bye!\n.* times user"),
    disorder="can't read|timeout",
    # It offers STARTTLS without a certificate, too.
    off="starttls-refused",
)

if __name__ == "__main__":
    check_alone(INN)
