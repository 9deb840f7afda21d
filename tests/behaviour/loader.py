#!/usr/bin/python3
"""Files that hang, and what befalls the loader, cost loads and nothing else."""

import os
import re
import shutil
import signal
import socket
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from aftermath import unharmed
from peer import Tls, ask, connect, dialogue, upgrade
from programs import (
    LOADER,
    PATIENT,
    PINGTLSD,
    SANITIZED,
    TO_SERVE,
    USER,
    Program,
    Server,
    cert,
    certs,
    key,
    named_children,
    scratch,
    server,
    state,
)
from tap import HANG, ROOT, equal, main, needs, needs_root, test, wait_until

# What a service can be given, by the option that names it.
KINDS = ("--cert", "--key", "--ocsp-response", "--client-ca", "--ticket-key-file")
# How it says that a load did not end.
LATE = "cannot load certificates and keys: no end within 10 s of reading "
STAYS = "reload failed; the old certificates and keys stay in use"
# So many services are stopped: it could be by chance that one ends last.
STOPS = 20
# Seconds that they are waited for.
MOMENT = 1
RELOADS = 300
# After so many memory is compared with that at the end, which may have grown by
# this much: 1 KiB a reload would be more.
WARM = 30
GROWTH_MAX = 128 << 10


def own(path: Path) -> Path:
    """A file that the service may read, and no one else."""
    path.chmod(0o600)
    if ROOT:
        shutil.chown(path, USER)
    return path


def own_directory() -> Path:
    """One in which who is not root can make and remove a socket."""
    directory = Path(tempfile.mkdtemp(dir=scratch()))
    directory.chmod(0o700)
    return directory


class Files:
    """One file of each kind, each of which can be made to hang."""

    def __init__(self) -> None:
        self.directory = Path(tempfile.mkdtemp(dir=scratch()))
        self.directory.chmod(0o755)
        self.paths = {kind: self.directory / kind.strip("-") for kind in KINDS}
        shutil.copy(cert("ecdsa"), self.paths["--cert"])
        shutil.copy(key("ecdsa"), self.paths["--key"])
        shutil.copy(certs() / "ca.pem", self.paths["--client-ca"])
        # One that is of no use is warned of and left out.
        self.paths["--ocsp-response"].write_bytes(b"noise")
        self.paths["--ticket-key-file"].write_bytes(os.urandom(64))
        for path in self.paths.values():
            own(path)

    def options(self, kind: str) -> list:
        """Options that name certificate, key, and a file of this kind."""
        named = dict.fromkeys(("--cert", "--key", kind))
        words = [word for name in named for word in (name, self.paths[name])]
        return words + (["--verify-client=optional"] if kind == "--client-ca" else [])

    def hang(self, kind: str) -> None:
        """No one ever writes to this FIFO, so to open it takes for ever."""
        self.paths[kind].rename(self.paths[kind].with_suffix(".good"))
        os.mkfifo(self.paths[kind])
        own(self.paths[kind])

    def mend(self, kind: str) -> None:
        self.paths[kind].with_suffix(".good").rename(self.paths[kind])


@contextmanager
def each_kind() -> Iterator[list[tuple[str, Files, Server]]]:
    """A service for each kind of file, all at once: the waits are long."""
    with ExitStack() as stack:
        services = []
        for kind in KINDS:
            files = Files()
            service = stack.enter_context(server(*files.options(kind), pairs=()))
            services.append((kind, files, service))
        yield services


def loading(pingtlsd: Server) -> list[int]:
    """The helpers that load: they have the loader's name until they are done."""
    return named_children(pingtlsd.loader(), LOADER)


@test("a file of any kind that hangs at the start: it ends, and names the file")
def hangs_at_start() -> None:
    started = []
    for kind in KINDS:
        files = Files()
        files.hang(kind)
        command = [PINGTLSD, "--log", "stderr", *TO_SERVE, *PATIENT]
        command += ["--listen", "127.0.0.1:0", *files.options(kind)]
        started.append((kind, files, Program(command)))
    for kind, files, program in started:
        program.wait_line(LATE + str(files.paths[kind]))
        equal(program.wait(), 1, f"exit status with {kind}")
        program.wait_gone()


@test("a file of any kind that hangs at a reload: the service goes on, and tells")
def hangs_at_reload() -> None:
    with each_kind() as services:
        for kind, files, pingtlsd in services:
            files.hang(kind)
            pingtlsd.signal(signal.SIGHUP)
        for kind, files, pingtlsd in services:
            wait_until("the load begins", lambda: loading(pingtlsd))
            dialogue(pingtlsd.port)
        for kind, files, pingtlsd in services:
            pingtlsd.wait_line(LATE + str(files.paths[kind]))
            pingtlsd.wait_line(STAYS)
            wait_until("the load's process ends", lambda: not loading(pingtlsd))
            dialogue(pingtlsd.port)
            files.mend(kind)
            pingtlsd.signal(signal.SIGHUP)
            pingtlsd.wait_line("certificates and keys reloaded")
            dialogue(pingtlsd.port)


# What a service of one connection says of a file that it must have.
NEEDED = {
    "--cert": "certificate",
    "--client-ca": "client CA",
    "--ticket-key-file": "ticket key",
}


def under_inetd(files: Files, kind: str, *options: object) -> tuple:
    """A client's socket, and the service that inetd started for it."""
    ours, theirs = socket.socketpair()
    ours.settimeout(HANG)
    command = [PINGTLSD, "--inetd", "--log", "stderr", *TO_SERVE]
    command += [*files.options(kind), *options]
    with theirs:
        return ours, Program(command, stdin=theirs)


def begin_upgrade(peer: socket.socket) -> None:
    ask(peer, b"PING\n", b"PONG\n")
    peer.sendall(b"STARTTLS\n" + Tls(peer).hello())


@test("under inetd too: the file that hangs is named, and no process is left")
def hangs_under_inetd() -> None:
    with ExitStack() as stack:
        started = []
        for kind in KINDS:
            # To open it takes for ever, or to read it.
            for opened in False, True:
                files = Files()
                files.hang(kind)
                if opened:
                    writer = os.open(files.paths[kind], os.O_RDWR)
                    stack.callback(os.close, writer)
                peer, program = under_inetd(files, kind, "--handshake-timeout", HANG)
                stack.enter_context(peer)
                started.append((kind, str(files.paths[kind]), peer, program))
        for kind, _, peer, _ in started:
            if kind == "--key":
                begin_upgrade(peer)
        for kind, path, peer, program in started:
            if kind == "--key":
                program.wait_line(rf"unable to upgrade \(cannot read key {path}: no end")
            elif kind == "--ocsp-response":
                program.wait_line(f"cannot use OCSP response {path}, .* no end within")
                ask(peer, b"PING\n", b"PONG\n")
            else:
                program.wait_line(f"cannot (read|use) {NEEDED[kind]} {path}: no end within")
                equal(program.wait(), 1, f"exit status with {kind}")
            peer.close()
            program.wait_gone()


@test("nor is a keyholder whose session did not wait for it")
def hangs_under_inetd_alone() -> None:
    files = Files()
    files.hang("--key")
    peer, program = under_inetd(files, "--key", "--handshake-timeout", 0.1)
    with peer:
        begin_upgrade(peer)
        program.wait_line(r"unable to upgrade \(no answer")
    program.wait_gone()


@test("a listener that was kept from the processor knows that time was over, too")
def late_to_ask() -> None:
    needs_root()
    strace = needs("strace")
    files = Files()
    with server(*files.options("--cert"), pairs=()) as pingtlsd:
        # The loader's clock begins at once, the listener goes on a second later.
        slow = f"inject=sendmsg:delay_exit={1000 * 1000}"
        tracer = Program([strace, "-p", pingtlsd.pid, "-e", slow])
        tracer.wait_line("attached")
        files.hang("--cert")
        pingtlsd.signal(signal.SIGHUP)
        pingtlsd.wait_line(LATE + str(files.paths["--cert"]))
        tracer.signal(signal.SIGTERM)
        tracer.wait()


@test("SIGTERM is heard while a load hangs, and nothing is left")
def stops_while_loading() -> None:
    files = Files()
    with server(*files.options("--cert"), pairs=()) as pingtlsd:
        files.hang("--cert")
        pingtlsd.signal(signal.SIGHUP)
        wait_until("the load begins", lambda: loading(pingtlsd))
    # Its end waits until no process is left.
    equal(pingtlsd.said("no end within"), None, "how long it took")


@test("nor is its unix socket, if that was the first load")
def stops_while_starting() -> None:
    for number in signal.SIGTERM, signal.SIGINT:
        files = Files()
        files.hang("--key")
        path = own_directory() / "socket"
        command = [PINGTLSD, "--log", "stderr", *TO_SERVE, "--listen", path]
        program = Program([*command, *files.options("--key")])
        (loader,) = wait_until("it starts", lambda: named_children(program.pid, LOADER))
        wait_until("the load begins", lambda: named_children(loader, LOADER))
        equal(path.is_socket(), True, "the socket is there")
        program.signal(number)
        equal(program.wait(), -number, "how it ended")
        program.wait_gone()
        equal(path.exists(), False, "the socket is still there")
        equal(program.said("no end within"), None, "how long it took")


@test("a file of any kind that hangs when the keyholder has died: the clear goes on")
def hangs_without_keyholder() -> None:
    with each_kind() as services:
        for kind, files, pingtlsd in services:
            files.hang(kind)
            os.kill(pingtlsd.keyholder(), signal.SIGKILL)
        for _, _, pingtlsd in services:
            wait_until("the load begins", lambda: loading(pingtlsd))
            with connect(pingtlsd.port) as peer:
                ask(peer, b"PING\n", b"PONG\n")
        for kind, files, pingtlsd in services:
            pingtlsd.wait_line(LATE + str(files.paths[kind]))
            files.mend(kind)
        for _, _, pingtlsd in services:
            pingtlsd.wait_line("started a new keyholder")
            dialogue(pingtlsd.port)


@test("a keyholder that is killed before the loader knows it for one is told of")
def killed_at_once() -> None:
    files = Files()
    ended = r"the keyholder was ended by signal 9 \(Killed\)"
    with server(*files.options("--cert"), pairs=()) as pingtlsd:
        with unharmed(pingtlsd):
            loader, first = pingtlsd.loader(), pingtlsd.keyholder()
            files.hang("--cert")
            os.kill(first, signal.SIGKILL)
            pingtlsd.wait_line(ended)
            wait_until("the load begins", lambda: loading(pingtlsd))
            os.kill(loader, signal.SIGSTOP)
            wait_until("the loader stops", lambda: state(loader) == "T")
            said = len(pingtlsd.lines)
            files.paths["--cert"].write_bytes(Path(cert("ecdsa")).read_bytes())
            pingtlsd.wait_line("started a new keyholder", said)
            files.paths["--cert"].unlink()
            files.mend("--cert")
            said, second = len(pingtlsd.lines), pingtlsd.keyholder()
            os.kill(second, signal.SIGKILL)
            wait_until("it is dead", lambda: state(second) == "Z")
            os.kill(loader, signal.SIGCONT)
            pingtlsd.wait_line(ended, said)
            pingtlsd.wait_line("started a new keyholder", said)


def taken(pid: int, number: int) -> bool:
    """Whether a signal sent to the process is not pending any more."""
    status = Path(f"/proc/{pid}/status").read_text()
    pending = int(re.search(r"ShdPnd:\s+(\w+)", status)[1], 16)
    return not pending & 1 << number - 1


@test("a SIGHUP during a load has everything loaded once more after it")
def reloads_again() -> None:
    with server() as pingtlsd, unharmed(pingtlsd):
        os.kill(pingtlsd.loader(), signal.SIGSTOP)
        for _ in range(2):
            pingtlsd.signal(signal.SIGHUP)
            # The next would be one with it, if it came before it was taken.
            wait_until("it is taken", lambda: taken(pingtlsd.pid, signal.SIGHUP))
            dialogue(pingtlsd.port)
        os.kill(pingtlsd.loader(), signal.SIGCONT)
        said = "certificates and keys reloaded"
        wait_until(
            "two reloads", lambda: sum(said in line for line in pingtlsd.lines) == 2
        )


@test("the loader killed: it is said, sessions upgrade, and a reload is refused")
def killed() -> None:
    with server() as pingtlsd:
        keyholder = pingtlsd.keyholder()
        os.kill(pingtlsd.loader(), signal.SIGKILL)
        pingtlsd.wait_line("the loader is gone: until a restart, no certificate")
        dialogue(pingtlsd.port)
        pingtlsd.signal(signal.SIGHUP)
        pingtlsd.wait_line("cannot load certificates and keys: the loader is gone")
        pingtlsd.wait_line(STAYS)
        dialogue(pingtlsd.port)
        equal(bool(state(keyholder)), True, "the keyholder goes on")


@test("the loader stopped: sessions upgrade, and SIGTERM ends the service")
def stopped() -> None:
    with server() as pingtlsd:
        loader = pingtlsd.loader()
        os.kill(loader, signal.SIGSTOP)
        wait_until("it stops", lambda: state(loader) == "T")
        pingtlsd.signal(signal.SIGHUP)
        dialogue(pingtlsd.port)
        pingtlsd.signal(signal.SIGTERM)
        pingtlsd.wait_line("stopped")
        equal(pingtlsd.wait(), 0, "exit status")
        os.kill(loader, signal.SIGCONT)


def resident(pid: int) -> int:
    """The memory of pid that no file backs, in octets."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"RssAnon:\s+(\d+) kB", status)[1]) << 10


@test(f"{RELOADS} reloads with sessions held: processes and memory as before")
def many_reloads() -> None:
    # The sessions idle as long as that takes.
    with server("--idle-timeout", 0) as pingtlsd, unharmed(pingtlsd):
        with connect(pingtlsd.port) as clear, connect(pingtlsd.port) as encrypted:
            ask(clear, b"PING\n", b"PONG\n")
            tls = upgrade(encrypted)
            for number in range(RELOADS):
                said = len(pingtlsd.lines)
                pingtlsd.signal(signal.SIGHUP)
                pingtlsd.wait_line("certificates and keys reloaded", said)
                if number == WARM:
                    watched = pingtlsd.pid, pingtlsd.loader()
                    memory = [resident(pid) for pid in watched]
            more = [resident(pid) - was for pid, was in zip(watched, memory)]
            ask(tls, b"PING\n", b"PONG\n")
            ask(clear, b"PING\n", b"PONG\n")
            if not SANITIZED:
                assert max(more) < GROWTH_MAX, f"octets more: {more}"


@test("a unix socket and the pid file are removed though root was given up")
def removes() -> None:
    # Who is not root could not even look into it.
    directory = own_directory()
    socket_path, pid_file = directory / "socket", directory / "pid"
    with server(
        *("--pid-file", pid_file), listen=("127.0.0.1:0", str(socket_path))
    ) as pingtlsd:
        equal(int(pid_file.read_text()), pingtlsd.pid, "pid file")
        equal(socket_path.is_socket(), True, "the socket is there")
    equal(list(directory.iterdir()), [], "what is left")


@test("stopped by SIGTERM, it ends last of all its processes")
def ends_last() -> None:
    for _ in range(STOPS):
        pingtlsd = Server()
        dialogue(pingtlsd.port)
        pingtlsd.signal(signal.SIGTERM)
        pingtlsd.process.wait(HANG)
        left = pingtlsd.session()
        pingtlsd.kill()
        equal(left, [], "processes that are left")


@test("a keyholder that does not end is waited for, but not for long")
def waits_at_end() -> None:
    pingtlsd = Server()
    keyholder = pingtlsd.keyholder()
    os.kill(keyholder, signal.SIGSTOP)
    wait_until("it stops", lambda: state(keyholder) == "T")
    began = time.monotonic()
    pingtlsd.signal(signal.SIGTERM)
    pingtlsd.process.wait(HANG)
    took = time.monotonic() - began
    equal(pingtlsd.session(), [keyholder], "processes that are left")
    pingtlsd.kill()
    assert took >= MOMENT, f"ended after {took} s"


@test("certificates and keys that root alone can read are loaded again at a reload")
def root_only() -> None:
    needs_root()
    files = Files()
    for kind in "--cert", "--key":
        os.chown(files.paths[kind], 0, 0)
    with server(*files.options("--cert"), pairs=()) as pingtlsd, unharmed(pingtlsd):
        equal(pingtlsd.said("reloading will fail"), None)
        pingtlsd.signal(signal.SIGHUP)
        pingtlsd.wait_line("certificates and keys reloaded")
        os.kill(pingtlsd.keyholder(), signal.SIGKILL)
        pingtlsd.wait_line("started a new keyholder")


main()
