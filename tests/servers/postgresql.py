#!/usr/bin/python3
"""pingtls against PostgreSQL: postgres."""

from pathlib import Path

from server import CERTIFICATE, KEY, Server, check_alone, contents

LOG = Path("/var/log/postgresql/postgresql-15-main.log")


def configure(tls: bool) -> None:
    """As packaged, but for

    the certificate: the package's is for the name of the machine;
    ssl: it can be switched off;
    log_connections: a connection that ends in order leaves no other trace.
    """
    Path("/etc/postgresql/15/main/conf.d/tests.conf").write_text(
        f"ssl = {'on' if tls else 'off'}\n"
        f"ssl_cert_file = '{CERTIFICATE}'\n"
        f"ssl_key_file = '{KEY}'\n"
        "log_connections = on\n"
    )


POSTGRESQL = Server(
    packages="postgresql-15",
    units=("postgresql@15-main.service",),
    user="postgres",
    upgraded=("postgres",),
    implicit=(),
    configure=configure,
    log=lambda: contents(LOG),
    in_order={"postgres": "connection received"},
    disorder="could not|incomplete|invalid|SSL",
)

if __name__ == "__main__":
    check_alone(POSTGRESQL)
