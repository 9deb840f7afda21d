#!/usr/bin/python3
"""Behind a real HAProxy, with the configuration that README.Debian gives.

Two backends, on ports of their own, share a ticket key.  HAProxy runs on the
loopback interface, with Debian's haproxy.cfg before ours.
"""

import csv
import itertools
import os
import shutil
import socket
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "behaviour"))
from peer import Tls, ask, client_context, connect, read_rest
from programs import TOP, USER, Program, Server, free_port, scratch
from tap import HANG, comment, equal, main, needs, needs_root, test, wait_until

README = TOP / "debian/pingtlsd.README.Debian"
DEBIAN = Path("/etc/haproxy/haproxy.cfg")
CLIENT = "127.0.0.9"
NAMES = "ping1", "ping2"

# Seconds of PINGs through a restart, as many clients, and a PING each so often.
SECONDS = 60
CLIENTS = 3
PAUSE = 0.1
# PINGs before a client leaves and comes again.
PINGS = 5


def documented() -> str:
    """The configuration of README.Debian."""
    lines = README.read_text().splitlines()
    ours = itertools.dropwhile(lambda line: line != "    defaults", lines)
    block = itertools.takewhile(lambda line: line[:4].strip() == "", ours)
    return "\n".join(line[4:] for line in block) + "\n"


class HAProxy:
    """A running one, and its two backends, which are up."""

    def __init__(self, *edits: tuple[str, str]) -> None:
        self._key = scratch() / "tickets.key"
        self._key.write_bytes(os.urandom(64))
        self._key.chmod(0o600)
        shutil.chown(self._key, USER)
        self.backends = {name: self._backend("127.0.0.1:0") for name in NAMES}
        self.port = free_port()
        self._admin = scratch() / "haproxy.sock"
        text = DEBIAN.read_text() + documented()
        for old, new in (
            ("/run/haproxy/admin.sock", str(self._admin)),
            ("bind :10001", f"bind 127.0.0.1:{self.port}"),
            ("192.0.2.11:10001", f"127.0.0.1:{self.backends['ping1'].port}"),
            ("192.0.2.12:10001", f"127.0.0.1:{self.backends['ping2'].port}"),
            *edits,
        ):
            equal(text.count(old), 1, f"times that the configuration has {old!r}")
            text = text.replace(old, new)
        configuration = scratch() / "haproxy.cfg"
        configuration.write_text(text)
        self.program = Program([needs("haproxy"), "-db", "-f", configuration])
        wait_until("HAProxy listens", self._listens)
        for name in NAMES:
            self.wait_up(name)

    def _backend(self, listen: str) -> Server:
        options = "--proxy-protocol=127.0.0.1", f"--ticket-key-file={self._key}"
        return Server(*options, listen=(listen,))

    def _listens(self) -> bool:
        with socket.socket(socket.AF_UNIX) as admin:
            return admin.connect_ex(str(self._admin)) == 0

    def command(self, line: str) -> str:
        with socket.socket(socket.AF_UNIX) as admin:
            admin.settimeout(HANG)
            admin.connect(str(self._admin))
            admin.sendall(line.encode() + b"\n")
            return read_rest(admin).decode()

    def stat(self, name: str) -> dict[str, str]:
        """What HAProxy says of a backend."""
        lines = self.command("show stat").removeprefix("# ").splitlines()
        rows = csv.DictReader(lines)
        return next(r for r in rows if (r["pxname"], r["svname"]) == ("pingtls", name))

    def wait_up(self, name: str) -> None:
        def good() -> bool:
            found = self.stat(name)
            # Before its first check one counts as up.
            return (found["status"], found["check_status"]) == ("UP", "L7OK")

        wait_until(f"{name} is up", good)

    def wait_down(self, name: str) -> None:
        wait_until(f"{name} is down", lambda: self.stat(name)["status"] == "DOWN")

    def served(self, name: str) -> int:
        """The sessions of CLIENT in the log of a backend, until it restarts."""
        lines = self.backends[name].lines
        return sum(f"session from {CLIENT}:" in line for line in lines)

    def wait_served(self, name: str) -> None:
        """Waits for one more than there were."""
        before = self.served(name)
        wait_until(f"{name} serves", lambda: self.served(name) > before)

    def start(self, name: str, port: int) -> None:
        self.backends[name] = self._backend(f"127.0.0.1:{port}")

    def restart(self, name: str) -> None:
        """As README.Debian says."""
        equal(self.command(f"set server pingtls/{name} state drain").strip(), "")
        wait_until(f"{name} is drained", lambda: self.stat(name)["scur"] == "0")
        backend = self.backends[name]
        backend.stop()
        self.start(name, backend.port)
        equal(self.command(f"set server pingtls/{name} state ready").strip(), "")
        self.wait_up(name)

    def stop(self) -> None:
        self.program.kill()
        for backend in self.backends.values():
            backend.stop()


@contextmanager
def haproxy(*edits: tuple[str, str]) -> Iterator[HAProxy]:
    needs_root()
    needs("haproxy")
    running = HAProxy(*edits)
    yield running
    running.stop()


class Client(threading.Thread):
    """Pings and comes again, each time resumed, until it is to end."""

    def __init__(self, port: int) -> None:
        super().__init__(daemon=True)
        self.port = port
        self.pongs, self.sessions, self.resumed = 0, 0, 0
        self.error: Exception | None = None
        self.ends = False

    def run(self) -> None:
        context, session = client_context(), None
        try:
            while not self.ends:
                with connect(self.port, source=CLIENT) as peer:
                    tls = Tls(peer, context)
                    if session:
                        tls.object.session = session
                    peer.sendall(b"STARTTLS\n" + tls.hello())
                    self._visit(tls.handshake())
                    session = tls.object.session
        except Exception as error:
            self.error = error

    def _visit(self, tls: Tls) -> None:
        self.sessions += 1
        self.resumed += tls.object.session_reused
        for _ in range(PINGS):
            ask(tls, b"PING\n", b"PONG\n")
            self.pongs += 1
            time.sleep(PAUSE)
        tls.sendall(b"QUIT\n")
        equal(tls.read_rest(), b"", "after QUIT")


@contextmanager
def clients(relay: HAProxy, count: int) -> Iterator[list[Client]]:
    """So many for the length of a with statement: each PING had its PONG then,
    and each session but the first was resumed, whichever backend had it."""
    all_of_them = [Client(relay.port) for _ in range(count)]
    for client in all_of_them:
        client.start()
    yield all_of_them
    for client in all_of_them:
        client.ends = True
    for client in all_of_them:
        client.join(HANG)
        if client.error:
            raise AssertionError(f"after {client.pongs} PONGs") from client.error
        equal(client.resumed, client.sessions - 1, "sessions resumed")


def relays(*edits: tuple[str, str]) -> None:
    with haproxy(*edits) as relay, clients(relay, 2):
        for name in NAMES:
            relay.wait_served(name)


@test("PROXY version 2: backends log the client, and resume each other's sessions")
def version_2() -> None:
    relays()


@test("PROXY version 1: the same")
def version_1() -> None:
    relays(("send-proxy-v2", "send-proxy"))


@test("a backend that is gone gets no client by its health check, until it is back")
def health_check() -> None:
    with haproxy() as relay:
        gone = relay.backends["ping1"]
        gone.stop()
        relay.wait_down("ping1")
        with clients(relay, 2):
            relay.wait_served("ping2")
            relay.start("ping1", gone.port)
            relay.wait_up("ping1")
            relay.wait_served("ping1")


@test(f"{SECONDS} s through the restart of a drained backend: a PONG for each PING")
def restart() -> None:
    with haproxy() as relay:
        end = time.monotonic() + SECONDS
        with clients(relay, CLIENTS) as all_of_them:
            for name in NAMES:
                relay.wait_served(name)
            relay.restart("ping1")
            relay.wait_served("ping1")
            time.sleep(max(0, end - time.monotonic()))
        comment(f"{sum(client.pongs for client in all_of_them)} PINGs")


main()
