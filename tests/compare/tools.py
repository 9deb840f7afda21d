"""Other tools that speak STARTTLS, each run as a monitor would: TLS required, and
the certificate verified for a name, where the tool can do so.

A tool that is not installed is unpacked from its package of Debian: postfix, for
one, cannot be installed beside another mail server.
"""

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "behaviour"))
from programs import PINGTLS, run, scratch

# The name in the certificates of the tests.
NAME = "localhost"
# Seconds for a step, where the tool can bound one.
STEP = 5


class Missing(Exception):
    """A tool is not installed, and its package cannot be had."""


@dataclass(frozen=True)
class Probe:
    """What a tool is to do; without `ca` it trusts the system's authorities."""

    service: str
    port: int | str
    ca: Path | str | None = None


@dataclass(frozen=True)
class Tool:
    name: str
    package: str
    program: str  # where the package installs it
    arguments: Callable[[Probe], list]
    services: frozenset[str]  # those that it knows
    verifies: bool = True
    # What it says where it has verified a server, if its status does not tell.
    success: str = ""

    def command(self, probe: Probe) -> list[str]:
        return [str(word) for word in [self.path(), *self.arguments(probe)]]

    def shown(self, probe: Probe) -> str:
        """The command as one would type it."""
        name = Path(self.program).name
        return " ".join(str(word) for word in [name, *self.arguments(probe)])

    def path(self) -> str:
        installed = Path(self.program)
        return str(installed if installed.exists() else self._unpacked(installed))

    def _unpacked(self, program: Path) -> Path:
        return unpacked(self.package) / program.relative_to("/")

    def version(self) -> str:
        """That of the package; ours has its own."""
        if self.path() == PINGTLS:
            return run([PINGTLS, "--version"]).stdout.strip()
        if self.path() == self.program:
            said = run(["dpkg-query", "-W", "-f", "${Version}", self.package])
        else:
            (deb,) = unpacked(self.package).glob("*.deb")
            said = run(["dpkg-deb", "-f", deb, "Version"])
        return f"{self.package} {said.stdout.strip()}"

    def environment(self) -> dict[str, str]:
        """For posttls-finger: a configuration, and its libraries if unpacked."""
        if self.package != "postfix":
            return dict(os.environ)
        unpacked_libraries = Path(self.path()).parents[1] / "lib/postfix"
        return {
            **os.environ,
            "MAIL_CONFIG": str(postfix_configuration()),
            "LD_LIBRARY_PATH": str(unpacked_libraries),
        }


@cache
def unpacked(package: str) -> Path:
    """The files of a package of Debian."""
    directory = scratch() / package
    directory.mkdir()
    try:
        for command in ["apt-get", "download", package], ["sh", "-c", "dpkg -x *.deb ."]:
            subprocess.run(
                command, cwd=directory, check=True, capture_output=True, text=True
            )
    except (OSError, subprocess.CalledProcessError) as error:
        why = getattr(error, "stderr", None) or str(error)
        raise Missing(f"{package}: {why.strip().splitlines()[-1]}") from error
    return directory


@cache
def postfix_configuration() -> Path:
    """The least that Postfix's programs start with."""
    directory = scratch() / "postfix-configuration"
    directory.mkdir()
    (directory / "main.cf").write_text(
        "compatibility_level = 3.6\n"
        "myhostname = probe.example.net\n"
        f"queue_directory = {directory}\n"
        f"data_directory = {directory}\n"
        # Two users and a group that every Debian has.
        "mail_owner = daemon\ndefault_privs = nobody\nsetgid_group = mail\n"
    )
    return directory


def pingtls(probe: Probe) -> list:
    trust = ["--ca-file", probe.ca] if probe.ca else []
    target = f"{probe.service}://{NAME}:{probe.port}"
    return ["-q", "-c", 1, "-w", STEP, *trust, target]


def s_client(probe: Probe) -> list:
    trust = ["-CAfile", probe.ca] if probe.ca else []
    if probe.service.startswith("xmpp"):
        trust += ["-xmpphost", NAME]
    verify = ["-verify_return_error", "-verify_hostname", NAME]
    return [
        *("s_client", "-connect", f"{NAME}:{probe.port}"),
        *("-starttls", probe.service, *verify, *trust),
    ]


def gnutls_cli(probe: Probe) -> list:
    trust = [f"--x509cafile={probe.ca}"] if probe.ca else []
    return [f"--port={probe.port}", f"--starttls-proto={probe.service}", *trust, NAME]


def posttls_finger(probe: Probe) -> list:
    trust = ["-F", probe.ca] if probe.ca else ["-P", "/etc/ssl/certs"]
    bounds = ["-t", STEP, "-T", STEP]
    return [
        *("-c", "-h", "native", "-l", "secure", *bounds, *trust),
        *(f"[{NAME}]:{probe.port}", NAME),
    ]


def curl(probe: Probe) -> list:
    trust = ["--cacert", probe.ca] if probe.ca else []
    # A list of files would take a second connection.
    head = ["--head"] if probe.service == "ftp" else []
    target = f"{probe.service}://{NAME}:{probe.port}"
    return ["-sS", "--ssl-reqd", "-m", STEP, *head, *trust, target]


def check_smtp(probe: Probe) -> list:
    return ["-H", NAME, "-p", probe.port, "-S"]


MOST = frozenset("smtp lmtp imap pop3 ftp nntp sieve xmpp ldap postgres".split())

OURS = Tool(
    "pingtls",
    "pingtls",
    PINGTLS,
    pingtls,
    MOST | {"xmpp-server", "mysql"},
)
S_CLIENT = Tool(
    "openssl s_client",
    "openssl",
    "/usr/bin/openssl",
    s_client,
    MOST | {"xmpp-server", "mysql"},
)
GNUTLS_CLI = Tool(
    "gnutls-cli",
    "gnutls-bin",
    "/usr/bin/gnutls-cli",
    gnutls_cli,
    MOST,
)
POSTTLS_FINGER = Tool(
    "posttls-finger",
    "postfix",
    "/usr/sbin/posttls-finger",
    posttls_finger,
    frozenset({"smtp"}),
    success="Verified TLS connection established",
)
CURL = Tool(
    "curl",
    "curl",
    "/usr/bin/curl",
    curl,
    frozenset({"smtp", "imap", "pop3", "ftp"}),
)
CHECK_SMTP = Tool(
    "check_smtp",
    "monitoring-plugins-basic",
    "/usr/lib/nagios/plugins/check_smtp",
    check_smtp,
    frozenset({"smtp"}),
    verifies=False,
)
