"""What the tests in the machine share."""

import json
import re
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from peer import dialogue
from programs import KEYHOLDER, LOADER, named_children, process_ids, run, state
from tap import HANG_TEST, comment, equal, has, wait_until

PACKAGES = Path("/srv/packages")
PORT = 10001
SERVICE_USER = "pingtls"
SNAKEOIL = "/etc/ssl/certs/ssl-cert-snakeoil.pem"
# Of Traffic, so that all of it together stays below the 64 connections a second
# (--max-rate-per-source) beyond which a source is refused.
CLIENTS = 3
# Seconds between two conversations of a client.
BREATH = 0.06


def must(*command: str, **options) -> str:
    """Runs a command that has to succeed; returns its standard output."""
    ended = run([*command], timeout=HANG_TEST, **options)
    if ended.returncode != 0:
        said = ended.stdout + ended.stderr
        raise AssertionError(f"{' '.join(command)}: {ended.returncode}: {said}")
    return ended.stdout


def apt_get(*words: str) -> str:
    """Nothing is downloaded: the tree has what is needed."""
    return must("apt-get", "--yes", "--quiet", "--no-install-recommends", *words)


def packages() -> list[str]:
    return [str(path) for path in PACKAGES.glob("*.deb")]


def install() -> None:
    apt_get("install", *packages())


def show(unit: str, what: str) -> str:
    """A property of a unit."""
    return must("systemctl", "show", "--value", "-p", what, unit).strip()


def active(unit: str) -> str:
    return run(["systemctl", "is-active", unit]).stdout.strip()


def start_afresh(socket_unit: str = "pingtls.socket") -> None:
    """Opens the port, with nothing running behind it and no failure on record."""
    must("systemctl", "stop", "pingtls.socket", "pingtls-inetd.socket")
    must("systemctl", "stop", "pingtls.service")
    must("systemctl", "reset-failed")
    must("systemctl", "start", socket_unit)


def processes(unit: str) -> list[int]:
    """The processes of a unit; an instance's when unit is only its beginning."""
    found = []
    for pid in process_ids():
        try:
            groups = Path(f"/proc/{pid}/cgroup").read_text()
        except OSError:
            continue
        if f"/{unit}" in groups and state(pid) != "Z":
            found.append(pid)
    return found


def status_field(pid: int, name: str) -> list[str]:
    """The words behind a name in /proc/PID/status."""
    text = Path(f"/proc/{pid}/status").read_text()
    return re.search(rf"^{name}:\t(.*)$", text, re.MULTILINE)[1].split()


def main_pid() -> int:
    return int(show("pingtls.service", "MainPID"))


def keyholder() -> int:
    """The one keyholder of pingtls.service."""

    def holders() -> list[int]:
        loaders = named_children(main_pid(), LOADER)
        return [k for loader in loaders for k in named_children(loader, KEYHOLDER)]

    return wait_until(
        "one keyholder", lambda: found[0] if len(found := holders()) == 1 else 0
    )


def ping(*options: str, host: str = "localhost", ca: str = SNAKEOIL):
    """pingtls to its end, as an administrator would call it.

    The snakeoil certificate is for the name of the machine, not for localhost.
    """
    name = ("--verify-name", must("hostname", "-f").strip()) if ca == SNAKEOIL else ()
    return run(["pingtls", "-c", "2", "-i", "0.2", "--ca-file", ca, *name, *options, host])


def pings(*options: str, **keywords: str) -> str:
    """A ping that has to be answered, in the clear and over TLS."""
    ended = ping(*options, **keywords)
    equal(ended.returncode, 0, f"status of pingtls: {ended.stdout}{ended.stderr}")
    has(ended.stdout, "TLS ?1.3")
    return ended.stdout


def trusting(ca: str = SNAKEOIL) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=ca)
    context.options &= ~ssl.OP_IGNORE_UNEXPECTED_EOF
    # The snakeoil's name is tested with pingtls.
    context.check_hostname = False
    return context


class Traffic:
    """Clients that hold one conversation after the other until told to stop."""

    def __init__(self, context: Callable[[], ssl.SSLContext] = trusting) -> None:
        self.answered = 0
        self.failures: list[str] = []
        self._context = context
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._threads = [threading.Thread(target=self._talk) for _ in range(CLIENTS)]

    def _talk(self) -> None:
        context = self._context()
        while not self._stop.wait(BREATH):
            try:
                dialogue(PORT, context)
            except Exception as error:
                self.failures.append(repr(error))
            with self._lock:
                self.answered += 1

    def more(self, count: int) -> None:
        """Waits for so many more conversations."""
        enough = self.answered + count
        wait_until(f"{count} conversations", lambda: self.answered >= enough)

    def __enter__(self) -> "Traffic":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def check(self) -> None:
        comment(f"{self.answered} conversations")
        equal(self.failures, [], "conversations that failed")


@contextmanager
def journal(identifier: str = "pingtlsd") -> Iterator[list[dict]]:
    """What a program logs within a with statement, there at its end."""
    must("journalctl", "--sync")
    shown = must("journalctl", "-n", "1", "--show-cursor", "-q")
    cursor = re.search(r"cursor: (\S+)", shown)[1]
    entries: list[dict] = []
    yield entries
    must("journalctl", "--sync")
    # With -t, journalctl 252 would skip the first entry behind the cursor.
    lines = must("journalctl", "-q", "-o", "json", "--after-cursor", cursor)
    found = [json.loads(line) for line in lines.splitlines()]
    entries += [e for e in found if e.get("SYSLOG_IDENTIFIER") == identifier]


def said(pid: int) -> str:
    """What a process has logged so far."""
    must("journalctl", "--sync")
    return must("journalctl", "-q", "-o", "cat", f"_PID={pid}")


def keyholder_replaced() -> None:
    """Waits until the service has another keyholder, and uses it."""
    wait_until(
        "it is used", lambda: "started a new keyholder" in said(main_pid())
    )


def messages(entries: list[dict]) -> str:
    return "\n".join(str(entry.get("MESSAGE")) for entry in entries)
