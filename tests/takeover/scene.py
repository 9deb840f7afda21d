"""A pingtlsd, one hostile session in it, and the bystanders it could harm."""

import errno
import itertools
import os
import re
import signal
import socket
import statistics
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "behaviour"))

from kernel import refuse
from peer import ask, connect, read_line, upgrade
from programs import (
    AS_USER,
    PINGTLSD,
    Program,
    Server,
    children,
    pair,
    scratch,
    server,
    socket_activate,
)
from tap import HANG, equal, wait_until

LIBRARY = os.environ["TAKEOVER_LIBRARY"]
HOSTILE, BYSTANDER = "127.0.0.2", "127.0.0.3"
# An address that no pointer looks like.
STRANGER = "127.13.57.91"
# Sessions of bystanders before and after, and how much slower the median of
# those after may be.
SESSIONS = 50
SLOWER_MAX = 3
TRIES = 5
# Of scenes; a process id may come again.
_numbers = itertools.count()


class Bystanders:
    """Who keeps connecting, upgrading and pinging, and what they met with."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.served = 0
        self.failures: list[str] = []
        self._counting = threading.Lock()
        self._stopping = False
        self._thread = threading.Thread(target=self._go_on, daemon=True)

    def session(self) -> float:
        """One whole session; returns the seconds it took."""
        began = time.perf_counter()
        with connect(self.port, source=BYSTANDER) as peer:
            peer.settimeout(5)
            ask(peer, b"PING\n", b"PONG\n")
            tls = upgrade(peer)
            ask(tls, b"PING\n", b"PONG\n")
            took = time.perf_counter() - began
            tls.sendall(b"QUIT\n")
            equal(tls.read_rest(), b"", "after QUIT")
        with self._counting:
            self.served += 1
        return took

    def median(self) -> float:
        return statistics.median(self.session() for _ in range(SESSIONS))

    def compare(self, before: float) -> tuple[float, float]:
        """The median of before, and one of now that is to be compared with it.

        The machine itself may have slowed down meanwhile: then they are those of
        a service that no one has attacked, and of this one, in turns.
        """
        after = self.median()
        for _ in range(TRIES):
            if after <= before * SLOWER_MAX:
                break
            with server() as other:
                unharmed = Bystanders(other.port)
                times = [(unharmed.session(), self.session()) for _ in range(SESSIONS)]
            before, after = map(statistics.median, zip(*times))
        return before, after

    def _go_on(self) -> None:
        while not self._stopping:
            try:
                self.session()
            except Exception as failure:
                self.failures.append(repr(failure))

    def __enter__(self) -> "Bystanders":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping = True
        self._thread.join(HANG)


class Scene:
    """A service, what a hostile session has done to it, and whom it may harm."""

    def __init__(
        self, service: Program, port: int, victim: int, keyholder: int
    ) -> None:
        self.service = service
        self.port = port
        self.victim = victim  # a process of the service, by its id
        self.keyholder = keyholder
        self.bystanders = Bystanders(port)
        self.hostile_sessions = 0
        self.answer = ""  # of the last attempt
        self._neighbours: list[socket.socket] = []
        self._left = 0  # of the neighbours that there were
        self.caught = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.caught_path = str(scratch() / f"datagrams.{next(_numbers)}")
        self.caught.bind(self.caught_path)
        os.chmod(self.caught_path, 0o777)
        self.caught.setblocking(False)
        self.abstract = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)

    def abstract_name(self) -> str:
        """That of an abstract socket (unix(7)) which takes datagrams."""
        name = f"pingtls-takeover-{self.service.pid}"
        self.abstract.bind(f"\0{name}")
        return name

    def neighbour(self, source: str = BYSTANDER) -> str:
        """Opens a session of another; returns what the result of that has in it."""
        peer = connect(self.port, source=source)
        self._neighbours.append(peer)
        ask(peer, b"PING\n", b"PONG\n")
        tls = upgrade(peer)
        ask(tls, b"PING\n", b"PONG\n")
        return str(tls.object.version()).replace("v", "")

    def stranger(self) -> None:
        self.neighbour(STRANGER)

    def stranger_leaves(self) -> None:
        self.stranger()
        self._neighbours.pop().close()
        self._left += 1
        wait_until(
            "the log has the stranger's end",
            lambda: self.service.said(f"session from {STRANGER}.* ended"),
        )

    def datagram_came(self) -> bool:
        try:
            return bool(self.caught.recv(64))
        except BlockingIOError:
            return False

    def check_service(self) -> None:
        """Nothing of it is left; the service is what it was, and ends in order."""
        assert isinstance(self.service, Server)
        self._dismiss()
        self.service.wait_sessions(0)
        equal(self.service.keyholder(), self.keyholder, "the keyholder")
        # The counters are asked for first: by then the log has every end.
        self.check_counters()
        self.check_log()
        self.service.stop()

    def _dismiss(self) -> None:
        while self._neighbours:
            self._neighbours.pop().close()
            self.bystanders.served += 1

    def close(self) -> None:
        self._dismiss()
        self.caught.close()
        self.abstract.close()

    def enter(self) -> socket.socket:
        """A session that its client is about to take over."""
        self.hostile_sessions += 1
        peer = connect(self.port, source=HOSTILE)
        peer.settimeout(10)
        self.peer = peer
        return peer

    def send_input(self) -> None:
        """Some for the hostile session, if it still has its connection."""
        try:
            self.peer.sendall(b"PING\n")
        except OSError:
            pass

    def make(self, peer: socket.socket, name: str, argument: str) -> str:
        """Makes the attempt.

        Returns what it came to: "made", "refused: ERRNO", or "" where the
        session says nothing any more.
        """
        self.answer = ""
        peer.sendall(f"TAKEOVER {name} {argument}\n".encode())
        try:
            answer = read_line(peer).decode(errors="backslashreplace").strip()
        except OSError:
            return ""
        assert answer != "unknown", f"no attempt {name}"
        self.answer = answer
        return answer

    def counters(self) -> dict[str, int]:
        """What the service says of itself, asked by SIGUSR1."""
        said = len(self.service.lines)
        self.service.signal(signal.SIGUSR1)
        line = self.service.wait_line(r"\d+ sessions now", said).string
        found = re.findall(r"(\d+) ((?:[a-z]+ ?)+)", line, re.IGNORECASE)
        return {what.strip(): int(count) for count, what in found}

    def check_counters(self) -> None:
        """They are what the clients know."""
        served, counters = self.bystanders.served + self._left, self.counters()
        expected = {
            "connections": served + self.hostile_sessions,
            "upgraded": served,
            "in the clear": served,
            "over TLS": served,
            "handshakes failed": 0,
            "crashed": sum(
                "crashed by signal" in x or "failed with" in x for x in self.ends()
            ),
        }
        equal({what: counters[what] for what in expected}, expected, "counters")

    def ends(self) -> list[str]:
        """What the log says of the ends of hostile sessions."""
        ended = re.compile(rf"session from {HOSTILE}:\d+ ended")
        return [line for line in self.service.lines if ended.search(line)]

    def check_log(self) -> None:
        for line in self.service.lines:
            assert "forged" not in line and "\033" not in line, line
        equal(len(self.ends()), self.hostile_sessions, "hostile sessions in the log")


@contextmanager
def scene(
    variables: dict[str, str],
    name: str = "ecdsa",  # of certificate and key; "": in the options
    program: str = PINGTLSD,
    options: tuple[str, ...] = (),
    refused: str = "",  # a system call, by the kernel
) -> Iterator[Scene]:
    """A listener, which is whom an attempt could harm."""
    pingtlsd = Server(
        *options,
        program=program,
        pairs=(name,) if name else (),
        env={**os.environ, "LD_PRELOAD": LIBRARY, **variables},
        preexec_fn=lambda: refuse(refused, errno.EPERM) if refused else None,
    )
    found = Scene(pingtlsd, pingtlsd.port, pingtlsd.pid, pingtlsd.keyholder())
    yield found
    found.close()
    if pingtlsd.process.poll() is None:
        pingtlsd.kill()


@contextmanager
def inetd_scene(*way: str) -> Iterator[Scene]:
    """A process for each connection, another of which an attempt could harm."""
    command = [PINGTLSD, "--log", "stderr", *AS_USER, *pair("ecdsa")]
    service, port = socket_activate(
        "--accept",
        f"--setenv=LD_PRELOAD={LIBRARY}",
        *way,
        command=[*command, "--inetd"] if "--inetd" in way else command,
    )
    with connect(port, source=BYSTANDER) as peer:
        ask(peer, b"PING\n", b"PONG\n")
        (neighbour,) = children(service.pid)
        (keyholder,) = children(neighbour)
        found = Scene(service, port, neighbour, keyholder)
        yield found
        ask(upgrade(peer), b"PING\n", b"PONG\n")
    found.close()
    service.kill()
