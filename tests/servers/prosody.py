#!/usr/bin/python3
"""pingtls against Prosody: xmpp, xmpp-server and xmpps."""

from pathlib import Path

from server import CERTIFICATE, KEY, Server, check_alone, contents

LOG = Path("/var/log/prosody/tests.log")
SETTINGS = """\
modules_disabled = {{ {disabled} }}
c2s_require_encryption = {tls}
s2s_require_encryption = {tls}
c2s_direct_tls_ports = {{ {direct} }}
s2s_secure_auth = false
ssl = {{ certificate = "{certificate}"; key = "{key}" }}
log = {{ debug = "{log}" }}
VirtualHost "localhost"
"""


def configure(tls: bool) -> None:
    """As packaged, but for

    the certificate: there is none;
    the module tls, and that it is required: TLS can be switched off;
    c2s_direct_tls_ports: there is none;
    s2s_secure_auth: the server would close the stream first, as the probe has no
    certificate;
    log: streams that end are logged at level debug.
    """
    Path("/etc/prosody/conf.d/tests.cfg.lua").write_text(
        SETTINGS.format(
            disabled="" if tls else '"tls"',
            tls=str(tls).lower(),
            direct="5223" if tls else "",
            log=LOG,
            certificate=CERTIFICATE,
            key=KEY,
        )
    )


PROSODY = Server(
    packages="prosody",
    units=("prosody.service",),
    user="prosody",
    upgraded=("xmpp", "xmpp-server"),
    implicit=("xmpps",),
    configure=configure,
    log=lambda: contents(LOG),
    in_order={
        **dict.fromkeys(["xmpp", "xmpps"], r"\bc2s\w+\s+debug\s+Received </stream:"),
        "xmpp-server": r"\bs2sin\w+\s+debug\s+Received </stream:",
    },
    disorder="TLS handshake error|<stream:error>",
)

if __name__ == "__main__":
    check_alone(PROSODY)
