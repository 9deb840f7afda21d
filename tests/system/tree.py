"""A Debian tree for the tests to boot, made once and kept in a cache.

It is the release of this machine, from the mirror that apt has here.  What the
machines install in it offline lies in its apt cache, as .deb files.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

CACHE = Path(os.environ.get("XDG_CACHE_HOME") or "/var/cache") / "pingtls-tests"

# What an administrator's machine has, and what the tests run with.
INSTALLED = (
    "adduser apt bash-completion dbus iproute2 man-db openssl procps python3 "
    "systemd systemd-sysv"
).split()
# What is installed during the tests: what the packages depend on, the inetds
# (which exclude each other), what debian/tests names, the servers that
# tests/servers probes, and the monitors.
DOWNLOADED = (
    "gnutls-bin inetutils-inetd libgnutls30 libjansson4 libseccomp2 libsystemd0 "
    "openbsd-inetd ssl-cert ucspi-tcp xinetd "
    "dovecot-imapd dovecot-lmtpd dovecot-managesieved dovecot-pop3d "
    "exim4-daemon-light inn2 mariadb-server postfix postgresql-15 "
    "prosody slapd tinyproxy vsftpd "
    "libmonitoring-plugin-perl monitoring-plugins-basic prometheus "
    "prometheus-node-exporter icinga2-bin nagios4-core"
).split()

# The name of the machine, as the Debian installer would write it.
HOSTS = """\
127.0.0.1 localhost
127.0.1.1 ping.example.org ping
::1 localhost ip6-localhost ip6-loopback
"""


# Of the log, when the tree could not be made.
LINES_SHOWN = 20


class Unavailable(Exception):
    """There can be no tree here; the text says why."""


def _output(*command: str) -> str:
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def _release() -> str:
    """The code name of this machine's Debian, which the packages are built on."""
    lines = Path("/etc/os-release").read_text().splitlines()
    fields = dict(line.split("=", 1) for line in lines if "=" in line)
    if fields.get("ID") != "debian":
        raise Unavailable("this is not Debian")
    return fields["VERSION_CODENAME"]


def _sources(release: str) -> list[str]:
    """This machine's sources of its release, as lines of sources.list."""
    wanted = ["Created-By: Packages", "Origin: Debian"]
    form = "$(CODENAME) deb $(REPO_URI) $(RELEASE) $(COMPONENT)"
    lines = _output("apt-get", "indextargets", "--format", form, *wanted).splitlines()
    found = [line.split(" ", 1) for line in lines]
    sources = [source for name, source in found if name.startswith(release)]
    if not sources:
        raise Unavailable(f"apt has no lists of {release}: apt-get update")
    # The release itself first: debootstrap starts from it.
    return sorted(sources, key=lambda source: source.split()[2] != release)


def _key(*parts: str) -> str:
    """Changes when the tree would: also when a package has a new version."""
    versions = _output(
        *["apt-cache", "show", "--no-all-versions", *INSTALLED, *DOWNLOADED]
    ).splitlines()
    parts += tuple(v for v in versions if v.startswith(("Package:", "Version:")))
    parts += (Path(__file__).read_text(),)
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


def _make(tree: Path, release: str, sources: list[str], log: IO[str]) -> None:
    def run(*command: object) -> None:
        subprocess.run(
            [str(word) for word in command],
            check=True,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
        )

    def apt_get(*words: str) -> None:
        """In the tree, with this machine's network and nothing else of it."""
        run(
            *["systemd-nspawn", "--quiet", f"--directory={tree}", "--register=no"],
            *["--keep-unit", "--pipe", "--resolv-conf=copy-host"],
            *["--setenv=DEBIAN_FRONTEND=noninteractive"],
            *["apt-get", "--quiet", "--yes", "--no-install-recommends", *words],
        )

    mirror = sources[0].split()[1]
    run("debootstrap", "--variant=minbase", release, tree, mirror)
    (tree / "etc/apt/sources.list").write_text("\n".join(sources) + "\n")
    (tree / "etc/hostname").write_text("ping\n")
    (tree / "etc/hosts").write_text(HOSTS)
    apt_get("-o", "Acquire::Languages=none", "update")
    apt_get("dist-upgrade")
    apt_get("install", *INSTALLED)
    apt_get("clean")
    # One at a time: some exclude each other.
    for package in DOWNLOADED:
        apt_get("install", "--download-only", package)
    _shorten_lists(tree)


def _shorten_lists(tree: Path) -> None:
    """Leaves of apt's lists what was downloaded.

    apt reads all of them each time, which for all of Debian takes a second.
    """
    archives = (tree / "var/cache/apt/archives").glob("*.deb")
    names = {path.name.split("_")[0] for path in archives}
    for path in (tree / "var/lib/apt/lists").glob("*_Packages"):
        entries = path.read_text().rstrip("\n").split("\n\n")
        kept = [e for e in entries if e[e.index(" ") + 1 : e.index("\n")] in names]
        path.write_text("".join(entry + "\n\n" for entry in kept))
    for path in (tree / "var/cache/apt").glob("*.bin"):
        path.unlink()


def _remake(tree: Path, release: str, sources: list[str]) -> None:
    """Makes the tree in place of any that is stale or was left half made."""
    for stale in CACHE.glob("tree-*"):
        shutil.rmtree(stale)
    new, log = CACHE / "tree-new", CACHE / "tree.log"
    try:
        with log.open("w") as output:
            _make(new, release, sources, output)
    except subprocess.CalledProcessError as error:
        said = log.read_text().splitlines()[-LINES_SHOWN:]
        raise RuntimeError("\n".join([str(error), *said])) from None
    new.rename(tree)


@contextmanager
def prepared() -> Iterator[Path]:
    """The tree, which is for one run of the tests at a time.

    PINGTLS_TREE names one that is there already.
    """
    if ready := os.environ.get("PINGTLS_TREE"):
        yield Path(ready)
        return
    release = _release()
    sources = _sources(release)
    tree = CACHE / f"tree-{_key(release, *sources)}"
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not tree.exists():
            _remake(tree, release, sources)
        yield tree
