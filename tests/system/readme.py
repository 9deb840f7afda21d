#!/usr/bin/python3
"""Each line of README's Run works: after apt install, and after make install."""

import re
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

from inside import PACKAGES, apt_get, install, must
from programs import Program
from tap import equal, has, main, test

CHECKOUT = Path("/srv/pingtls")
# What packages.sh has installed as README's Install says, to be unpacked.
FROM_SOURCE = PACKAGES / "make-install.tar"
MADE = Path("/tmp/pingtls")


def section(name: str) -> str:
    text = (CHECKOUT / "README.md").read_text()
    return re.search(rf"^## {name}\n(.*?)^## ", text, re.MULTILINE | re.DOTALL)[1]


def commands(name: str) -> Iterator[list[str]]:
    """The commands of each block, one that goes on behind \\ joined."""
    for block in re.findall(r"(?:^    .*\n)+", section(name), re.MULTILINE):
        joined = re.sub(r" *\\\n *", " ", block)
        # The tests are root already.
        yield [line.strip().removeprefix("sudo ") for line in joined.splitlines()]


def ours(command: str) -> bool:
    """Not that of services which are not in this machine."""
    return "://" not in command


def run_all() -> None:
    server = None
    asked = 0
    for command in (c for block in commands("Run") for c in block if ours(c)):
        if command.startswith("pingtlsd --listen"):
            server = Program(command.split())
            server.wait_line("listening on")
            continue
        said = must("sh", "-c", command, cwd=CHECKOUT)
        if command.startswith("pingtls "):
            asked += 1
            has(said, "over TLS: 3 sent, 3 received, 0% loss")
            if server is not None:
                server.signal(signal.SIGTERM)
                equal(server.wait(), 0, "status of the server")
                server = None
    equal(asked, 3, "ways to run that were asked")
    must("systemctl", "disable", "--now", "pingtls-inetd.socket")
    must("systemctl", "stop", "pingtls.service")
    shutil.rmtree(MADE)
    # With a key of ours there, a purge would leave it and the user.
    shutil.rmtree("/etc/pingtls")


@test("after apt install")
def packaged() -> None:
    install()
    run_all()
    apt_get("purge", "pingtlsd", "pingtls", "pingtls-common")


@test("after make install")
def from_source() -> None:
    must("tar", "-C", "/", "-xf", str(FROM_SOURCE))
    (line,) = (c for block in commands("Install") for c in block if "useradd" in c)
    must("sh", "-c", line)
    run_all()


apt_get("install", "gnutls-bin")
main()
