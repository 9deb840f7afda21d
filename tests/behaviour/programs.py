"""The programs under test, certificates for them, and what /proc says of them.

A program is watched through /proc and ended by its process id.
"""

import atexit
import functools
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from own_user import own_user
from tap import HANG, ROOT, Skip, equal, needs, needs_root, running, wait_until

TOP = Path(os.environ.get("top_srcdir") or Path(__file__).parents[2]).resolve()
PINGTLSD = os.path.abspath(os.environ.get("PINGTLSD") or TOP / "src/pingtlsd")
PINGTLS = os.path.abspath(os.environ.get("PINGTLS") or TOP / "src/pingtls")
CHECK_PINGTLS = os.path.abspath(
    os.environ.get("CHECK_PINGTLS") or TOP / "src/check_pingtls"
)
PEERS = TOP / "tests/peers"
BAD_RECORD = os.path.abspath(os.environ.get("BAD_RECORD") or PEERS / "bad_record")
RECORDS = os.path.abspath(os.environ.get("RECORDS") or PEERS / "records")

# Whom pingtlsd becomes when root runs the tests.
USER = own_user() if ROOT else os.geteuid()
AS_USER = ("--user", f"{USER}:{USER}") if ROOT else ()
# How subprocess starts a program as that user.
BECOME = {"user": USER, "group": USER, "extra_groups": ()} if ROOT else {}
# Sanitizers need memory and system calls that a session has not.  A test that
# installs pingtlsd has none when it starts.
SANITIZED = (
    os.path.exists(PINGTLSD) and b"__asan_init" in Path(PINGTLSD).read_bytes()
)


def _unconfined(program: str) -> str:
    """A script that runs this client without its sandbox."""
    script = Path(tempfile.mkdtemp(prefix="pingtls-")) / os.path.basename(program)
    script.write_text(f'#!/bin/sh\nexec {program} --no-sandbox "$@"\n')
    script.chmod(0o755)
    script.parent.chmod(0o755)
    atexit.register(shutil.rmtree, script.parent, ignore_errors=True)
    return str(script)


if SANITIZED:
    PINGTLS = _unconfined(PINGTLS)
    CHECK_PINGTLS = _unconfined(CHECK_PINGTLS)
# How a pingtlsd that is to serve is run.
TO_SERVE = (*AS_USER, "--no-sandbox") if SANITIZED else AS_USER
# Tests come from one address, faster than any site's monitors, and fail
# handshakes on purpose.
PATIENT = ("--max-rate-per-source", "0", "--penalties", "none")
# The keyholder's name, as ps(1) shows it.
KEYHOLDER = "pingtlsd-keys"
LOADER = "pingtlsd-loader"


@functools.cache
def scratch() -> Path:
    """A directory for this run's files, gone at its end."""
    directory = Path(tempfile.mkdtemp(prefix="pingtls-"))
    atexit.register(shutil.rmtree, directory, ignore_errors=True)
    directory.chmod(0o755)
    return directory


@functools.cache
def certs() -> Path:
    """The certificates of certs/make-certs, made once."""
    directory = scratch() / "certs"
    made = subprocess.run(
        [TOP / "certs/make-certs", directory], capture_output=True, text=True
    )
    if made.returncode != 0:
        raise AssertionError(made.stderr)
    if ROOT:
        # As a service's keys should be: a reload reads them as its user.
        for path in directory.iterdir():
            shutil.chown(path, USER)
    return directory


def cert(name: str) -> str:
    return str(certs() / f"{name}-cert.pem")


def key(name: str) -> str:
    return str(certs() / f"{name}-key.pem")


def pair(name: str) -> list[str]:
    """The options that give pingtlsd this certificate and key."""
    return ["--cert", cert(name), "--key", key(name)]


def process_ids() -> Iterator[int]:
    return (int(name) for name in os.listdir("/proc") if name.isdigit())


def _stat(pid: int) -> list[str]:
    """The fields of /proc/PID/stat from the state on; [] when it is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def children(pid: int) -> list[int]:
    """The child processes of pid, zombies too."""
    return [child for child in process_ids() if _stat(child)[1:2] == [str(pid)]]


def state(pid: int) -> str:
    """'R', 'S', 'Z' (a zombie), ...; '' when there is no such process."""
    return "".join(_stat(pid)[:1])


def command_name(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip()
    except OSError:
        return ""


def named_children(pid: int, name: str) -> list[int]:
    return [child for child in children(pid) if command_name(child) == name]


def _switches(pid: int) -> list[str]:
    """How often the process has run, and whether it runs now."""
    status = Path(f"/proc/{pid}/status").read_text()
    return re.findall(r"^(?:State|.*ctxt_switches):\s+(\S+)", status, re.MULTILINE)


def links(pid: int) -> dict[int, str]:
    """What each descriptor of a process leads to; none where it is gone."""
    directory = f"/proc/{pid}/fd"
    try:
        names = os.listdir(directory)
        return {int(fd): os.readlink(f"{directory}/{fd}") for fd in names}
    except OSError:
        return {}


def open_files(pid: int) -> dict[int, str]:
    """The same, once it sleeps and has nothing left to do.

    A session answers before the listener and the keyholder have closed what was
    for it, and one that is gone leaves work to them: what is seen sooner is
    chance.
    """

    def settled() -> bool:
        before = _switches(pid)
        time.sleep(0.05)
        return before[0] == "S" and _switches(pid) == before

    wait_until(f"process {pid} sleeps", settled)
    return links(pid)


def descriptors(pid: int) -> int:
    """How many of them there are."""
    return len(open_files(pid))


def _memory(pid: int, field: str) -> int:
    """In octets; 0 of a process that is gone or a zombie."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0
    found = re.search(rf"{field}:\s+(\d+) kB", status)
    return int(found[1]) << 10 if found else 0


def resident_memory(pid: int) -> int:
    """The memory that pid has resident now."""
    return _memory(pid, "VmRSS")


def peak_memory(pid: int) -> int:
    """The most memory that pid ever had resident."""
    return _memory(pid, "VmHWM")


class Program:
    """A program that runs beside the test, and the lines it has said."""

    def __init__(
        self,
        command: list,
        at_start: Callable[[int], None] | None = None,  # called with its process id
        **options,
    ) -> None:
        self.name = os.path.basename(command[0])
        self.lines: list[str] = []
        self.process = subprocess.Popen(
            [str(word) for word in command],
            **{
                "stdin": subprocess.DEVNULL,
                "stdout": subprocess.PIPE,
                "stderr": subprocess.STDOUT,
                "start_new_session": True,
                **options,
            },
        )
        self.pid = self.process.pid
        if at_start:
            at_start(self.pid)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        running.append(self)

    def _read(self) -> None:
        for line in self.process.stdout or ():
            self.lines.append(line.decode(errors="backslashreplace").rstrip("\n"))

    def said(self, pattern: str, after: int = 0) -> re.Match | None:
        """The first line from line `after` on that matches, in any case."""
        for line in self.lines[after:]:
            if found := re.search(pattern, line, re.IGNORECASE):
                return found
        return None

    def wait_line(self, pattern: str, after: int = 0) -> re.Match:
        def said_or_ended() -> re.Match | None:
            ended = self.process.poll() is not None
            if ended:
                self._reader.join(HANG)
            found = self.said(pattern, after)
            if ended and not found:
                raise AssertionError(f"{self.name} ended without saying {pattern!r}")
            return found

        return wait_until(f"{self.name} says {pattern!r}", said_or_ended)

    def wait(self) -> int:
        """Waits for the end; returns the exit status."""
        status = self.process.wait(HANG)
        self._reader.join(HANG)
        if self in running:
            running.remove(self)
        return status

    def signal(self, number: int) -> None:
        self.process.send_signal(number)

    def session(self) -> list[int]:
        """What still lives of the program and of what it started.

        Zombies do not count: those left by a parent that ended are init's.
        """
        processes = ((pid, _stat(pid)) for pid in process_ids())
        mine = ((pid, s[0]) for pid, s in processes if s[3:4] == [str(self.pid)])
        return [pid for pid, process_state in mine if process_state != "Z"]

    def wait_gone(self) -> None:
        """Waits until nothing of it is left: the keyholder ends after it."""
        wait_until(f"no process of {self.name} stays", lambda: not self.session())

    def kill(self) -> None:
        """Ends the program and what it started, whatever it was doing."""
        for pid in self.session():
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        self.wait()


def python_peer(script: str, *options: object) -> tuple[Program, int]:
    """Starts a peer of tests/peers; returns it and the port it listens on."""
    peer = Program([sys.executable, PEERS / script, "--port", "0", *options])
    return peer, int(peer.wait_line(r"listening on \S*:(\d+)$")[1])


class Server(Program):
    """pingtlsd in the foreground, ready when the constructor returns."""

    def __init__(
        self,
        *options: object,
        listen: tuple[str, ...] = ("127.0.0.1:0",),
        pairs: tuple[str, ...] = ("ecdsa",),
        program: str = PINGTLSD,
        **started: object,  # how: as Program has it
    ) -> None:
        command = [program, "--log", "stderr", *TO_SERVE, *PATIENT, *options]
        for address in listen:
            command += ["--listen", address]
        for name in pairs:
            command += pair(name)
        super().__init__(command, **started)
        wait_until("pingtlsd listens", lambda: len(self.addresses()) >= len(listen))
        tcp = [a for a in self.addresses() if not a.startswith("/")]
        self.port = int(tcp[0].rpartition(":")[2]) if tcp else 0

    def addresses(self) -> list[str]:
        if self.process.poll() is not None:
            raise AssertionError("pingtlsd ended")
        found = (re.search(r"listening on (\S+)$", line) for line in list(self.lines))
        return [match[1] for match in found if match]

    def loader(self) -> int:
        """The process that reads files, and forks keyholders."""
        (loader,) = named_children(self.pid, LOADER)
        return loader

    def keyholders(self) -> list[int]:
        """One, or more while sessions from before a reload live."""
        return named_children(self.loader(), KEYHOLDER)

    def keyholder(self) -> int:
        # All of one look: the next may find another number of them.
        return wait_until(
            "one keyholder",
            lambda: found[0] if len(found := self.keyholders()) == 1 else 0,
        )

    def sessions(self) -> list[int]:
        """The processes of connections, zombies too."""
        others = LOADER, ""  # that which has no name is gone
        return [c for c in children(self.pid) if command_name(c) not in others]

    def wait_sessions(self, count: int) -> list[int]:
        found: list[int] = []

        def counted() -> bool:
            found[:] = self.sessions()
            return len(found) == count

        wait_until(f"{count} session processes", counted)
        return found

    def stop(self) -> None:
        """Ends the service in order; it must leave nothing behind."""
        self.signal(signal.SIGTERM)
        equal(self.wait(), 0, "exit status of pingtlsd after SIGTERM")
        self.wait_gone()
        for line in self.lines:
            if re.search(r"Sanitizer|runtime error:|assertion", line, re.IGNORECASE):
                raise AssertionError(line)


@contextmanager
def server(*options: object, **keywords) -> Iterator[Server]:
    """A pingtlsd for the length of a with statement, then ended in order."""
    pingtlsd = Server(*options, **keywords)
    yield pingtlsd
    pingtlsd.stop()


def run(command: list, **options) -> subprocess.CompletedProcess[str]:
    """Runs a program to its end."""
    return subprocess.run(
        [str(word) for word in command],
        **{
            "stdin": subprocess.DEVNULL,
            "capture_output": True,
            "text": True,
            "errors": "backslashreplace",
            "timeout": HANG,
            **options,
        },
    )


def run_with_file(
    path: Path, other: Path, command: list
) -> subprocess.CompletedProcess[str]:
    """Runs a program to its end where `other` stands in the place of `path`."""
    needs_root()
    needs("unshare")
    if not path.exists():
        raise Skip(f"there is no {path}")
    words = shlex.join(str(word) for word in command)
    mount = shlex.join(["mount", "--bind", str(other), str(path)])
    return run(["unshare", "--mount", "sh", "-c", f"{mount} && exec {words}"])


def needs_plain_build(why: str) -> None:
    """Skips the test where AddressSanitizer is in the program."""
    if SANITIZED:
        raise Skip(f"AddressSanitizer {why}")


def needs_libsystemd() -> None:
    if b"libsystemd" not in Path(PINGTLSD).read_bytes():
        raise Skip("this pingtlsd was built without libsystemd")


def socket_activate(*options: str, command: list) -> tuple[Program, int]:
    """The command, to be started as systemd does at a connection, and the port.

    With --accept each connection has a process of its own, a child of the
    program's; else the program becomes the command.
    """
    tool = needs("systemd-socket-activate")
    needs_libsystemd()
    port = free_port()
    program = Program([tool, *options, "-l", f"127.0.0.1:{port}", *command])
    program.wait_line("listening on")
    return program, port


# Bound until the test program ends, and so by nobody else.
_closed: list[socket.socket] = []


@functools.cache
def closed_port() -> int:
    """A port, always the same, of the loopback addresses: it refuses connections."""
    _closed.append(socket.socket())
    _closed[0].bind(("0.0.0.0", 0))
    port = _closed[0].getsockname()[1]
    with suppress(OSError):  # there may be no IPv6
        _closed.append(socket.socket(socket.AF_INET6))
        _closed[1].setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        _closed[1].bind(("::", port))
    return port


def free_port() -> int:
    """A port that was free just now, for programs that cannot say theirs."""
    with socket.create_server(("127.0.0.1", 0)) as held:
        return held.getsockname()[1]
