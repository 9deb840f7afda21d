#!/usr/bin/python3
"""pingtls against slapd, whose TLS is GnuTLS: ldap and ldaps."""

from pathlib import Path

from inside import must
from server import CERTIFICATE, FILES, KEY, Server, check_alone, journal_of, settle

CHANGES = FILES / "changes.ldif"


def modify(settings: dict[str, object]) -> None:
    """Sets attributes of slapd's configuration while it is stopped: running, it
    refuses to part with a certificate.  None removes an attribute."""
    changes = [
        f"replace: {name}\n" + (f"{name}: {value}\n" if value else "")
        for name, value in settings.items()
    ]
    CHANGES.write_text("dn: cn=config\nchangetype: modify\n" + "-\n".join(changes))
    modify = ["slapmodify", "-F", "/etc/ldap/slapd.d", "-n", "0", "-l", str(CHANGES)]
    must("runuser", "-u", "openldap", "--", *modify)


def configure(tls: bool) -> None:
    """As packaged, but for

    the certificate: there is none, and so no StartTLS;
    olcLogLevel: nothing is logged of a connection;
    ldaps: slapd listens on ldap and ldapi only.
    """
    must("systemctl", "stop", "slapd.service")
    modify(
        {
            "olcLogLevel": "stats",
            "olcTLSCertificateFile": CERTIFICATE if tls else None,
            "olcTLSCertificateKeyFile": KEY if tls else None,
        }
    )
    addresses = "ldap:/// ldapi:///" + (" ldaps:///" if tls else "")
    services = {"SLAPD_SERVICES": f'"{addresses}"'}
    settle(Path("/etc/default/slapd"), services, "{}={}")


SLAPD = Server(
    packages="slapd",
    units=("slapd.service",),
    user="openldap",
    upgraded=("ldap",),
    implicit=("ldaps",),
    configure=configure,
    log=lambda: journal_of("slapd"),
    in_order=dict.fromkeys(["ldap", "ldaps"], "(?s)TLS established.* UNBIND"),
    disorder="connection lost|TLS negotiation failure",
)

if __name__ == "__main__":
    check_alone(SLAPD)
