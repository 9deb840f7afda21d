#!/usr/bin/python3
"""TERM and INT drain the service, and a session's crash is its own alone."""

import os
import signal

from peer import ask, connect, dialogue, read_rest, upgrade
from programs import PINGTLSD, Server, server, state
from tap import HANG, equal, main, needs_root, test, wait_until


@test("SIGTERM: no new session, those that are live may end, exit status 0")
def drain() -> None:
    for number in signal.SIGTERM, signal.SIGINT:
        pingtlsd = Server("--drain-timeout", HANG)
        with connect(pingtlsd.port) as clear, connect(pingtlsd.port) as other:
            ask(clear, b"PING\n", b"PONG\n")
            tls = upgrade(other)
            pingtlsd.signal(number)
            wait_until("new connections are refused", lambda: refuses(pingtlsd.port))
            ask(clear, b"PING\n", b"PONG\n")
            ask(tls, b"PING\n", b"PONG\n")
            # The keyholder still signs.
            ask(upgrade(clear), b"PING\n", b"PONG\n")
            tls.sendall(b"QUIT\n")
            equal(tls.read_rest(), b"")
        equal(pingtlsd.wait(), 0, "exit status")
        pingtlsd.wait_gone()


def refuses(port: int) -> bool:
    try:
        connect(port).close()
    except ConnectionRefusedError:
        return True
    except ConnectionResetError:
        pass  # it came while the socket was being closed
    return False


@test("a session that does not end is ended after --drain-timeout")
def drain_timeout() -> None:
    pingtlsd = Server("--drain-timeout", 0.5)
    with connect(pingtlsd.port) as peer:
        ask(peer, b"PING\n", b"PONG\n")
        pingtlsd.signal(signal.SIGTERM)
        equal(pingtlsd.wait(), 0, "exit status")
        try:
            equal(read_rest(peer), b"")
        except ConnectionResetError:
            pass
    pingtlsd.wait_gone()


@test("sessions end for it, too, when who started it ignored SIGCHLD")
def ignored_children() -> None:
    before = signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    try:
        pingtlsd = Server("--max-sessions", 1)
    finally:
        signal.signal(signal.SIGCHLD, before)
    for _ in range(2):
        after = len(pingtlsd.lines)
        with connect(pingtlsd.port) as peer:
            ask(peer, b"PING\n", b"PONG\n")
        pingtlsd.wait_line("session from .* ended", after)
    pingtlsd.stop()


@test("a session killed by a signal is logged with it, and the service goes on")
def crash() -> None:
    with server() as pingtlsd:
        with connect(pingtlsd.port) as victim:
            ask(victim, b"PING\n", b"PONG\n")
            (session,) = pingtlsd.wait_sessions(1)
            with connect(pingtlsd.port) as bystander:
                ask(bystander, b"PING\n", b"PONG\n")
                os.kill(session, signal.SIGKILL)
                pingtlsd.wait_line(r"session .*signal 9 \(Killed\)")
                ask(upgrade(bystander), b"PING\n", b"PONG\n")
        dialogue(pingtlsd.port)


@test("a session that crashes is logged with the signal, and the service goes on")
def fault() -> None:
    needs_root()
    with server() as pingtlsd, connect(pingtlsd.port) as victim:
        ask(victim, b"PING\n", b"PONG\n")
        (session,) = pingtlsd.wait_sessions(1)
        # It must not crash in the midst of that: AddressSanitizer would tell.
        wait_until("the session sleeps", lambda: state(session) == "S")
        spoil(session)
        victim.sendall(b"PING\n")
        try:
            equal(read_rest(victim), b"", "from a session that crashed")
        except ConnectionResetError:
            pass
        pingtlsd.wait_line(r"session .*signal (4|7|11) \(")
        dialogue(pingtlsd.port)


def spoil(pid: int) -> None:
    """Overwrites the program of one process, which then cannot but crash."""
    with open(f"/proc/{pid}/maps") as maps, open(f"/proc/{pid}/mem", "r+b", 0) as mem:
        for line in maps:
            if "x" in line.split()[1] and os.path.basename(PINGTLSD) in line:
                start, end = (int(part, 16) for part in line.split()[0].split("-"))
                mem.seek(start)
                mem.write(bytes(end - start))


@test("a session that ends well is not logged as a crash")
def no_crash() -> None:
    with server() as pingtlsd:
        dialogue(pingtlsd.port)
        pingtlsd.wait_sessions(0)
        equal(pingtlsd.said(r"signal|crash|killed"), None)


@test("a keyholder that dies is logged and replaced")
def keyholder_dies() -> None:
    with server() as pingtlsd:
        first = pingtlsd.keyholder()
        os.kill(first, signal.SIGKILL)
        pingtlsd.wait_line("the keyholder is gone")
        # The listener may use it from then on, and not as soon as it is there.
        pingtlsd.wait_line("started a new keyholder")
        assert pingtlsd.keyholder() != first
        dialogue(pingtlsd.port)


main()
