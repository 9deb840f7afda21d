#!/usr/bin/python3
"""pingtls against MariaDB: mysql."""

from pathlib import Path

from inside import must
from programs import run
from server import (
    CERTIFICATE,
    KEY,
    MADE,
    Server,
    check,
    fails,
    journal_of,
    prepare,
    probe,
    restart,
    succeeds,
)
from tap import main, test, wait_until

# MariaDB never locks 127.0.0.1 out: another address of this machine.
ADDRESS = "192.0.2.1"
FROM_THERE = f"mysql://{ADDRESS}", "--verify-name", "localhost"
MOST_ERRORS = 3
PROBES = 10


def configure(tls: bool) -> None:
    """As packaged, but for

    the certificate: there is none, and so no TLS;
    bind-address: the server listens on 127.0.0.1 only;
    max_connect_errors: a host is locked out after 100 errors.
    """
    pair = f"ssl-cert={CERTIFICATE}\nssl-key={KEY}\n" if tls else "skip-ssl\n"
    Path("/etc/mysql/mariadb.conf.d/99-tests.cnf").write_text(
        f"[mysqld]\n{pair}bind-address=*\nmax_connect_errors={MOST_ERRORS}\n"
    )


MARIADB = Server(
    packages="mariadb-server",
    units=("mariadb.service",),
    user="mysql",
    upgraded=("mysql",),
    implicit=(),
    configure=configure,
    log=lambda: journal_of("mariadbd"),
    # The farewell is a login without a name.
    in_order={"mysql": "Access denied for user"},
    disorder="Aborted connection|out of order",
    rejected_in_order=True,
)


def locked_out() -> bool:
    """Stops after the handshake, which counts as an error of this host."""
    run(
        ["openssl", "s_client", "-starttls", "mysql", "-connect", f"{ADDRESS}:3306"]
        + ["-CAfile", MADE / "ca.pem"]
    )
    _, found = probe(*FROM_THERE)
    return not found["ok"]


prepare(MARIADB)
must("ip", "address", "add", f"{ADDRESS}/32", "dev", "lo")
# Errors are counted only of hosts whose names can be looked up.
with Path("/etc/hosts").open("a") as hosts:
    print(ADDRESS, "probe.example.org", file=hosts)
check(MARIADB)


def allow() -> None:
    """Makes an account that may be used from there."""
    must("mariadb", "-e", f"CREATE USER IF NOT EXISTS probe@'{ADDRESS}'")


@test("mysql: a host that no account may be used from is told so, in words")
def not_allowed() -> None:
    restart(MARIADB)
    message = fails("service-refused", *FROM_THERE)
    assert "1130" in message and "no account may be used" in message, message


@test(f"mysql: {PROBES} probes lock no host out, whatever the certificate")
def not_locked_out() -> None:
    restart(MARIADB)
    allow()
    for _ in range(PROBES):
        succeeds(*FROM_THERE)
    for pair, reason in (
        ("wrong-name", "certificate-host-mismatch"),
        ("expired", "certificate-expired"),
    ):
        restart(MARIADB, pair)
        for _ in range(PROBES):
            fails(reason, *FROM_THERE)


@test("mysql: stopping after the handshake locks a host out")
def locked() -> None:
    restart(MARIADB)
    allow()
    wait_until("this host is locked out", locked_out)
    message = fails("service-refused", *FROM_THERE)
    assert "1129" in message and "locked out" in message, message


main()
