"""Who takes part: each server as a user would run it, all as the same user.

pingtlsd has all its defaults (keyholder, sandbox) but for the limits on its
peers, which are set wide: refusals are cheap and not what is measured.
"""

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "behaviour"))
from programs import AS_USER, PEERS, PINGTLSD, ROOT, USER, cert, key, pair, scratch

PROGRAMS = Path(os.environ.get("BENCH_PROGRAMS") or Path(__file__).parent)
# PINGs over one connection: so many unanswered at a time.
WINDOW = 1000
# So many PINGs in each record of the client's, and what such a load is called.
PIPELINED = {n: f"pipelined, {n} a record" for n in (1, 16, WINDOW)}
# What each way of running an exec'd server may have at once.
MANY = 16384

# pingtlsd's limits on its peers, for those options that it has.
WIDE = {
    "--max-sessions": str(MANY),
    "--max-sessions-per-source": str(MANY),
    "--max-rate-per-source": "100000",
    "--penalty-exempt": "127.0.0.0/8",
}


@cache
def wide() -> list[str]:
    known = subprocess.run([PINGTLSD, "--help"], capture_output=True, text=True).stdout
    return [f"{name}={value}" for name, value in WIDE.items() if f"{name}=" in known]


@dataclass(frozen=True)
class Contender:
    """A server: the command that makes it listen on a port of 127.0.0.1."""

    name: str
    what: str
    command: Callable[[int], list]
    # The tools it needs, with the Debian package of each.
    needs: tuple[tuple[str, str], ...] = ()
    # How it comes to TLS, and so what load says to it.
    way: str = "starttls"
    # What else can be asked of it.
    plain: bool = True
    resumes: bool = False
    pipelines: bool = False
    # Whether it holds more than one session at a time.
    holds: bool = True
    # asyncio loses octets that come together with STARTTLS.
    pauses: bool = False
    # A yardstick takes part only in what it is for.
    only: tuple[str, ...] = ()


def as_user(*command: object) -> list:
    """For a server that does not give up root by itself."""
    if not ROOT:
        return [*command]
    become = ["setpriv", "--reuid", USER, "--regid", USER, "--clear-groups"]
    return [*become, *command]


def floor(*options: str) -> Callable[[int], list]:
    # Bound at its start, so that no session of those that fork has to.
    program = ["env", "LD_BIND_NOW=1", PROGRAMS / "floor"]
    return lambda port: as_user(*program, f"--port={port}", *pair("ecdsa"), *options)


def pingtlsd(*options: str) -> list[str]:
    return [PINGTLSD, *AS_USER, *pair("ecdsa"), *wide(), *options]


def stand_alone(port: int) -> list:
    return pingtlsd(f"--listen=127.0.0.1:{port}")


def tcpserver(port: int, *command: object) -> list:
    # -R, -H and -l keep it from asking the network who calls.
    words = ["tcpserver", "-RHl0", "-c", MANY, "-b", MANY, "127.0.0.1", port]
    return [*words, *command]


def under_inetd(port: int) -> list:
    configuration = scratch() / "bench-inetd.conf"
    user = os.environ["USER"] if not ROOT else "root"
    words = " ".join([PINGTLSD, *pingtlsd("--inetd")])
    configuration.write_text(f"127.0.0.1:{port} stream tcp nowait {user} {words}\n")
    return ["inetd", "-i", "-R", "1000000", configuration]


def activated(*options: str) -> Callable[[int], list]:
    inetd = ["--inetd"] if "--inetd" in options else []
    return lambda port: [
        *("systemd-socket-activate", *options, "-l", f"127.0.0.1:{port}"),
        *pingtlsd(*inetd),
    ]


def asyncio_server(port: int) -> list:
    # Debian's Python, not the first of the path.
    script = PEERS / "asyncio_server.py"
    return as_user("/usr/bin/python3", script, "--port", port, *pair("ecdsa"))


def stunnel(port: int) -> list:
    configuration = scratch() / "bench-stunnel.conf"
    configuration.write_text(
        "foreground = yes\nsyslog = no\ndebug = err\npid =\n"
        f"[ping]\naccept = 127.0.0.1:{port}\n"
        f"cert = {cert('ecdsa')}\nkey = {key('ecdsa')}\n"
        f"exec = {PROGRAMS / 'responder'}\n"
    )
    return as_user("stunnel4", configuration)


def tlswrapper(port: int) -> list:
    both = scratch() / "bench-tlswrapper.pem"
    both.touch(mode=0o600)
    both.write_text(Path(key("ecdsa")).read_text() + Path(cert("ecdsa")).read_text())
    # It wants names, of users that have an account.
    users = ["-j", "nobody", "-u", "nobody"] if ROOT else []
    return tcpserver(port, "tlswrapper", *users, "-f", both, PROGRAMS / "responder")


SYSTEMD = (("systemd-socket-activate", "systemd"),)
TCPSERVER = (("tcpserver", "ucspi-tcp"),)

CONTENDERS = [
    Contender(
        "floor",
        "one process, blocking, no fork",
        floor(),
        holds=False,
        pipelines=True,
    ),
    Contender(
        "floor-tickets",
        "the same, giving session tickets",
        floor("--tickets"),
        holds=False,
        resumes=True,
        only=("upgraded, 1 at once", "resumed, 1 at once"),
    ),
    Contender(
        "bare-records",
        "floor that answers records without looking at lines",
        floor("--bare"),
        holds=False,
        pipelines=True,
        only=tuple(PIPELINED.values()),
    ),
    Contender(
        "floor-fork",
        "floor with a process for each connection, and nothing else",
        floor("--fork"),
        holds=False,
    ),
    Contender("pingtlsd", "stand-alone", stand_alone, resumes=True, pipelines=True),
    Contender(
        "pingtlsd-tcpserver",
        "pingtlsd --inetd under tcpserver",
        lambda port: tcpserver(port, *pingtlsd("--inetd")),
        TCPSERVER,
    ),
    Contender(
        "pingtlsd-inetd",
        "pingtlsd --inetd under openbsd-inetd",
        under_inetd,
        (("inetd", "openbsd-inetd"),),
    ),
    Contender(
        "pingtlsd-activated",
        "pingtlsd by socket activation, Accept=no",
        activated(),
        SYSTEMD,
    ),
    Contender(
        "pingtlsd-instances",
        "pingtlsd by socket activation, Accept=yes",
        activated("--accept", "--inetd"),
        SYSTEMD,
    ),
    Contender(
        "asyncio",
        "the article's server (Python)",
        asyncio_server,
        (("/usr/bin/python3", "python3"),),
        resumes=True,
        pipelines=True,
        pauses=True,
    ),
    Contender(
        "stunnel",
        "stunnel with exec; TLS from the start",
        stunnel,
        (("stunnel4", "stunnel4"),),
        way="tls",
        plain=False,
    ),
    Contender(
        "tlswrapper",
        "tlswrapper under tcpserver; TLS from the start",
        tlswrapper,
        (("tlswrapper", "tlswrapper"), *TCPSERVER),
        way="tls",
        plain=False,
    ),
]
