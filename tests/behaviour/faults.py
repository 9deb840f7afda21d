#!/usr/bin/python3
"""What the machine refuses or breaks costs single sessions, never the service.

Limits are set with prlimit(1) as the service's own user: that takes no
privilege, and none is left to the service that would lift them.
"""

import os
import signal
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager

from aftermath import unharmed
from peer import Tls, ask, client_context, connect, dialogue, read_rest, upgrade
from programs import BECOME, Server, needs_plain_build, run, server, state
from tap import equal, main, needs, test, wait_until

BUSY = b"ERR too many sessions\n"
# How long the processor time of a listener that can do nothing is watched,
# and what part of it it may take: ten looks a second are next to nothing.
WATCHED = 2
BUSY_PART = 0.1
# The least limit on memory: Linux takes 0 for valgrind's, which means none.
PAGE = os.sysconf("SC_PAGE_SIZE")
# Connections that wait or fail while something is short.
CONNECTIONS = 20

# A limit of descriptors that is below those in use, and not below the number
# that the listener waits for at once, which poll(2) would refuse.
NO_DESCRIPTOR = 6


@contextmanager
def short(pid: int, limit: str, most: int) -> Iterator[None]:
    """A process of the service has this soft limit for a while."""

    def prlimit(*words: str) -> str:
        ended = run([needs("prlimit"), "--pid", pid, *words], **BECOME)
        # A session may be over by the end of its trouble.
        if state(pid) not in ("", "Z"):
            equal(ended.returncode, 0, f"exit status of prlimit: {ended.stderr}")
        return ended.stdout

    before = prlimit("--raw", "--noheadings", "--output", "SOFT", limit).strip()
    prlimit(f"{limit}={most}:")
    yield
    prlimit(f"{limit}={before}:")


def processor_time(pid: int) -> float:
    """Seconds that the process itself has used so far."""
    with open(f"/proc/{pid}/stat") as stat:
        user, system = stat.read().rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def does_not_spin(pingtlsd: Server) -> None:
    before = processor_time(pingtlsd.pid)
    time.sleep(WATCHED)
    used = processor_time(pingtlsd.pid) - before
    assert used < WATCHED * BUSY_PART, f"{used} s in {WATCHED} s"


@test("fork fails: the refused are told, and what is live goes on")
def no_fork() -> None:
    with server() as pingtlsd, unharmed(pingtlsd):
        with connect(pingtlsd.port) as live, connect(pingtlsd.port) as clear:
            tls = upgrade(live)
            ask(clear, b"PING\n", b"PONG\n")
            with short(pingtlsd.pid, "--nproc", 0):
                for _ in range(CONNECTIONS):
                    with connect(pingtlsd.port) as refused:
                        equal(read_rest(refused), BUSY)
                ask(tls, b"PING\n", b"PONG\n")
                ask(upgrade(clear), b"PING\n", b"PONG\n")
                does_not_spin(pingtlsd)
                pingtlsd.wait_line("refused 127.0.0.1:.*: Resource temporarily")
            dialogue(pingtlsd.port)


@test("no descriptor is left: the listener does not spin, and serves who waited")
def no_descriptors() -> None:
    with server() as pingtlsd, unharmed(pingtlsd):
        with connect(pingtlsd.port) as live:
            tls = upgrade(live)
            with short(pingtlsd.pid, "--nofile", NO_DESCRIPTOR):
                waiting = [connect(pingtlsd.port) for _ in range(CONNECTIONS)]
                does_not_spin(pingtlsd)
                pingtlsd.wait_line("cannot accept: Too many open files")
                ask(tls, b"PING\n", b"PONG\n")
            for peer in waiting:
                with peer:
                    ask(peer, b"PING\n", b"PONG\n")
                    ask(upgrade(peer), b"PING\n", b"PONG\n")


def recurring(pingtlsd: Server) -> int:
    return sum("cannot accept" in line for line in pingtlsd.lines)


@test("a message that recurs is logged once a second at most")
def bounded_log() -> None:
    with server() as pingtlsd, unharmed(pingtlsd):
        began = time.monotonic()
        with short(pingtlsd.pid, "--nofile", NO_DESCRIPTOR), connect(pingtlsd.port):
            lines = wait_until(
                "three lines",
                lambda: count if (count := recurring(pingtlsd)) >= 3 else 0,
            )
            seconds = time.monotonic() - began
            assert lines <= seconds + 1, f"{lines} lines in {seconds} s"


@test("memory runs out in a session: it ends, and its neighbour does not notice")
def no_memory() -> None:
    needs_plain_build("ends a program that has no memory")
    with server() as pingtlsd, unharmed(pingtlsd):
        with connect(pingtlsd.port) as peer:
            ask(peer, b"PING\n", b"PONG\n")
            (session,) = pingtlsd.wait_sessions(1)
            neighbour = connect(pingtlsd.port)
            ask(neighbour, b"PING\n", b"PONG\n")
            with short(session, "--data", PAGE):
                # What is already there is enough for the clear ...
                ask(peer, b"PING\n", b"PONG\n")
                # ... and not for this.
                tls = Tls(peer, verbose_context())
                peer.sendall(b"STARTTLS\n" + tls.hello())
                equal(peer.recv(1) in (b"", b"\x15"), True, "an end, or an alert")
            pingtlsd.wait_line(r"ended .*: unable to upgrade .*memory")
            equal(pingtlsd.said("signal"), None, "a crash in the log")
            with neighbour:
                ask(upgrade(neighbour, verbose_context()), b"PING\n", b"PONG\n")


def verbose_context() -> ssl.SSLContext:
    """Has a ClientHello of about as many octets as an extension may have."""
    context = client_context()
    context.set_alpn_protocols([f"{n:0200}" for n in range(300)])
    return context


# What ends a process that does not ask to be spared.
DEADLY = [
    number
    for number in signal.valid_signals()
    if number < signal.SIGRTMIN
    and number
    not in {
        *(signal.SIGHUP, signal.SIGINT, signal.SIGUSR1),  # blocked
        *(signal.SIGPIPE, signal.SIGXFSZ),  # ignored
        *(signal.SIGCHLD, signal.SIGCONT, signal.SIGURG, signal.SIGWINCH),
        *(signal.SIGSTOP, signal.SIGTSTP, signal.SIGTTIN, signal.SIGTTOU),
    }
]


@test(f"a session killed by each of {len(DEADLY)} signals is logged with it")
def each_signal() -> None:
    needs_plain_build("catches some")
    with server() as pingtlsd, unharmed(pingtlsd):
        for number in DEADLY:
            with connect(pingtlsd.port) as peer:
                ask(peer, b"PING\n", b"PONG\n")
                (session,) = pingtlsd.wait_sessions(1)
                os.kill(session, number)
                pingtlsd.wait_line(rf"^pingtlsd: session .* (crashed|killed) by signal {number} \(")
                pingtlsd.wait_sessions(0)


@test("a session spared by what is meant for the listener goes on")
def spared() -> None:
    with server() as pingtlsd, unharmed(pingtlsd), connect(pingtlsd.port) as peer:
        ask(peer, b"PING\n", b"PONG\n")
        (session,) = pingtlsd.wait_sessions(1)
        for number in (
            *(signal.SIGHUP, signal.SIGINT, signal.SIGUSR1, signal.SIGPIPE),
            *(signal.SIGCHLD, signal.SIGURG, signal.SIGWINCH),
            *(signal.SIGSTOP, signal.SIGCONT),
        ):
            os.kill(session, number)
        ask(upgrade(peer), b"PING\n", b"PONG\n")


main()
