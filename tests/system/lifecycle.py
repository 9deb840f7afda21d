#!/usr/bin/python3
"""Install, upgrade, remove, purge: what changes, and that nothing is left."""

import fnmatch
import hashlib
import os
import shutil
import stat
from pathlib import Path

from inside import (
    PACKAGES,
    PORT,
    SERVICE_USER,
    Traffic,
    active,
    apt_get,
    install,
    main_pid,
    must,
    packages,
    pings,
    processes,
    start_afresh,
)
from peer import ask, connect, read_rest
from programs import run
from tap import Skip, equal, has, main, test

# Not of the packages: the kernel's, memory's, and what the machine is lent.
NOT_FILES = {"/proc", "/sys", "/dev", "/run", "/tmp", "/var/tmp", "/srv"}
# Files that may differ after a purge, and why.
ACCEPTED = {
    "/var/log/*": "logs of apt, dpkg and the journal",
    "/var/lib/dpkg/*": "dpkg's own records",
    "/var/lib/apt/*": "apt's own records",
    "/var/cache/apt/*": "apt's index of packages",
    "/var/cache/debconf/*": "debconf's records",
    "/var/cache/ldconfig/*": "made anew by ldconfig",
    "/var/cache/man/*": "man-db's index",
    "/etc/*-": "copies that useradd makes of the files before",
    "/etc/ld.so.cache": "made anew by ldconfig",
    "/etc/.pwd.lock": "useradd's lock",
    "/etc/.updated": "systemd's mark",
    "/var/.updated": "systemd's mark",
    "/var/backups/*": "what dpkg's timer copies at midnight",
    "/var/lib/systemd/timers/*": "when timers went off",
}
CONFIGURATION = Path("/etc/default/pingtlsd")
EDITED = 'PINGTLSD_OPTS="--max-sessions=7"\n'
PROGRAMS = Path("/usr/sbin/pingtlsd"), Path("/usr/bin/pingtls")


def describe(path: str) -> tuple:
    """Kind, mode, owner and content of a file.

    In /etc the content counts, as useradd and userdel write some files anew.
    Elsewhere a file is as it was if nobody wrote to it.
    """
    status = os.lstat(path)
    facts = stat.filemode(status.st_mode), status.st_uid, status.st_gid
    if stat.S_ISLNK(status.st_mode):
        return *facts, os.readlink(path)
    if not stat.S_ISREG(status.st_mode):
        return facts
    if not path.startswith("/etc/"):
        return *facts, status.st_size, status.st_mtime_ns
    return *facts, hashlib.sha256(Path(path).read_bytes()).hexdigest()


def snapshot() -> dict[str, tuple]:
    """Every file of the machine."""
    found = {}
    for directory, names, files in os.walk("/"):
        names[:] = [n for n in names if os.path.join(directory, n) not in NOT_FILES]
        for name in names + files:
            path = os.path.join(directory, name)
            found[path] = describe(path)
    return found


def differences(before: dict, after: dict) -> list[str]:
    """The files that are not as they were, but for those that may differ."""
    changed = sorted(p for p in before | after if before.get(p) != after.get(p))
    return [
        f"{path}: {before.get(path)} -> {after.get(path)}"
        for path in changed
        if not any(fnmatch.fnmatch(path, pattern) for pattern in ACCEPTED)
    ]


def installed() -> list[str]:
    """Of the packages, those that dpkg has a record of."""
    listed = must("dpkg-query", "-W", "-f", "${Package} ${db:Status-Abbrev}\n")
    names = {must("dpkg-deb", "-f", p, "Package").strip() for p in packages()}
    return [line.strip() for line in listed.splitlines() if line.split()[0] in names]


def port_closed() -> bool:
    try:
        connect(PORT).close()
    except ConnectionRefusedError:
        return True
    return False


def purge() -> None:
    apt_get("purge", "pingtlsd", "pingtls", "pingtls-common")
    equal(installed(), [])
    equal(processes("pingtls"), [])
    assert port_closed(), "the port is open after the purge"


# What they depend on stays when they are purged.
apt_get("install", "libjansson4", "ssl-cert")
pristine = snapshot()


@test("installed with apt, it works with nothing configured")
def fresh() -> None:
    install()
    for program in PROGRAMS:
        assert program.exists(), program
    pings()
    changed = differences(pristine, snapshot())
    assert changed, "the comparison finds nothing: the test is wrong"


@test("an upgrade under traffic: every connection is answered, the listener is new")
def upgraded() -> None:
    pings()
    listener = main_pid()
    with Traffic() as traffic:
        traffic.more(10)
        apt_get("install", "--reinstall", *packages())
        traffic.more(10)
    traffic.check()
    assert main_pid() not in (0, listener), "the listener is the old one"
    equal(active("pingtls.socket"), "active")


@test("a port that was closed and disabled stays so over an upgrade")
def upgraded_disabled() -> None:
    must("systemctl", "disable", "--now", "pingtls.socket")
    apt_get("install", "--reinstall", *packages())
    assert port_closed(), "the upgrade opened the port"
    equal(run(["systemctl", "is-enabled", "pingtls.socket"]).stdout, "disabled\n")
    must("systemctl", "enable", "--now", "pingtls.socket")
    pings()


@test("removed: nothing runs or listens, the configuration stays")
def removed() -> None:
    CONFIGURATION.write_text(EDITED)
    apt_get("remove", "pingtlsd", "pingtls", "pingtls-common")
    assert port_closed(), "the port is open after the removal"
    equal(processes("pingtls"), [])
    for program in PROGRAMS:
        assert not program.exists(), program
    has(CONFIGURATION.read_text(), "--max-sessions=7")


@test("installed again: the configuration is as it was left")
def again() -> None:
    install()
    has(CONFIGURATION.read_text(), "--max-sessions=7")
    pings()
    has(Path(f"/proc/{main_pid()}/cmdline").read_text(), "--max-sessions=7")


@test("removed and purged: nothing is left")
def purged() -> None:
    apt_get("remove", "pingtlsd", "pingtls", "pingtls-common")
    purge()
    equal(differences(pristine, snapshot()), [], "files left or changed")


@test("purged while it serves, by both ways, in a row: nothing is left")
def purged_at_once() -> None:
    for unit in "pingtls.socket", "pingtls-inetd.socket":
        install()
        start_afresh(unit)
        must("systemctl", "enable", unit)
        with connect(PORT) as peer:
            ask(peer, b"PING\n", b"PONG\n")
            purge()
        equal(differences(pristine, snapshot()), [], f"files left of {unit}")


@test("purged, it leaves a key that an administrator put there, and its user")
def purged_with_key() -> None:
    install()
    key = Path("/etc/pingtls/key.pem")
    key.unlink()
    key.write_text("of an administrator\n")
    purge()
    equal(key.read_text(), "of an administrator\n")
    must("id", SERVICE_USER)


@test("an upgrade from the version before: no question, an open port")
def from_before() -> None:
    before = [str(path) for path in (PACKAGES / "before").glob("*.deb")]
    if not before:
        raise Skip("the version before was not built")
    shutil.rmtree("/etc/pingtls", ignore_errors=True)
    apt_get("install", *before)
    version = must("dpkg-query", "-W", "-f", "${Version}", "pingtlsd")
    CONFIGURATION.write_text(EDITED)
    with Traffic() as traffic, connect(PORT) as open_session:
        ask(open_session, b"PING\n", b"PONG\n")
        traffic.more(10)
        # apt has no terminal here: a question of dpkg would fail it.
        apt_get("install", *packages())
        traffic.more(10)
        equal(read_rest(open_session), b"", "what the open session was told")
    traffic.check()
    assert must("dpkg-query", "-W", "-f", "${Version}", "pingtlsd") != version
    equal(CONFIGURATION.read_text(), EDITED, "the edited configuration")
    equal(active("pingtls.socket"), "active")
    pings()


main()
