#!/usr/bin/python3
"""What befalls the keyholder costs handshakes for a moment, and nothing else."""

import os
import shutil
import signal
import socket
import ssl
import time

from aftermath import unharmed
from peer import Tls, ask, connect, dialogue, upgrade
from programs import USER, Server, cert, key, scratch, server, state
from tap import ROOT, equal, main, test, wait_until

# The keyholder is killed this often, one after the other.
TIMES = 5
# Seconds for a handshake whose keyholder does not answer; one that it answers
# takes less on any machine.
DEADLINE = 3
LATE = 10


def fails_to_upgrade(peer: socket.socket) -> None:
    """STARTTLS ends in an alert or in nothing, and never in clear text."""
    tls = Tls(peer)
    peer.sendall(b"STARTTLS\n" + tls.hello())
    try:
        tls.handshake()
    except (ssl.SSLError, ConnectionError, AssertionError):
        return
    raise AssertionError("a handshake without a signature")


def kill(pingtlsd: Server) -> None:
    """Kills the keyholder and waits for the next."""
    said, first = len(pingtlsd.lines), pingtlsd.keyholder()
    os.kill(first, signal.SIGKILL)
    pingtlsd.wait_line(r"the keyholder was ended by signal 9 \(Killed\)", said)
    pingtlsd.wait_line("started a new keyholder", said)
    wait_until("the next keyholder", lambda: pingtlsd.keyholder() != first)


@test(f"killed {TIMES} times: each time another starts, and no session notices")
def killed() -> None:
    with server() as pingtlsd, unharmed(pingtlsd):
        for _ in range(TIMES):
            with connect(pingtlsd.port) as clear, connect(pingtlsd.port) as encrypted:
                ask(clear, b"PING\n", b"PONG\n")
                tls = upgrade(encrypted)
                kill(pingtlsd)
                ask(clear, b"PING\n", b"PONG\n")
                ask(tls, b"PING\n", b"PONG\n")
                dialogue(pingtlsd.port)


@test("a session from before cannot upgrade any more, and says so in the log")
def old_session() -> None:
    with server() as pingtlsd, unharmed(pingtlsd):
        with connect(pingtlsd.port) as peer:
            ask(peer, b"PING\n", b"PONG\n")
            kill(pingtlsd)
            fails_to_upgrade(peer)
        pingtlsd.wait_line("unable to upgrade .*keyholder")


@test("connections that come while there is none are all served in the clear")
def never_refused() -> None:
    with server() as pingtlsd, unharmed(pingtlsd):
        for _ in range(TIMES):
            said = len(pingtlsd.lines)
            os.kill(pingtlsd.keyholder(), signal.SIGKILL)
            for _ in range(TIMES):
                with connect(pingtlsd.port) as peer:
                    ask(peer, b"PING\n", b"PONG\n")
            pingtlsd.wait_line("started a new keyholder", said)


@test("stopped: handshakes end at their deadline, and it takes up where it was")
def stopped() -> None:
    with server("--handshake-timeout", DEADLINE) as pingtlsd, unharmed(pingtlsd):
        keyholder = pingtlsd.keyholder()
        os.kill(keyholder, signal.SIGSTOP)
        wait_until("it stops", lambda: state(keyholder) == "T")
        with connect(pingtlsd.port) as peer, connect(pingtlsd.port) as clear:
            begun = time.monotonic()
            fails_to_upgrade(peer)
            took = time.monotonic() - begun
            assert DEADLINE <= took < DEADLINE + LATE, f"{took} s"
            ask(clear, b"PING\n", b"PONG\n")
            os.kill(keyholder, signal.SIGCONT)
            ask(upgrade(clear), b"PING\n", b"PONG\n")
        equal(pingtlsd.keyholder(), keyholder)


@test("signals that are meant for a whole service do not end it")
def spared() -> None:
    with server() as pingtlsd, unharmed(pingtlsd):
        keyholder = pingtlsd.keyholder()
        for number in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}:
            if number < signal.SIGRTMIN:
                os.kill(keyholder, number)
        dialogue(pingtlsd.port)
        equal(pingtlsd.keyholder(), keyholder)


@test("no other can start: the clear goes on, and one starts when it can")
def cannot_start() -> None:
    path = scratch() / "moved-key.pem"
    shutil.copy(key("ecdsa"), path)
    if ROOT:
        shutil.chown(path, USER)
    with server("--cert", cert("ecdsa"), "--key", path, pairs=()) as pingtlsd:
        with unharmed(pingtlsd):
            away = path.rename(path.with_suffix(".away"))
            os.kill(pingtlsd.keyholder(), signal.SIGKILL)
            pingtlsd.wait_line("STARTTLS fails until .* loaded; trying again in 1 s")
            with connect(pingtlsd.port) as peer:
                ask(peer, b"PING\n", b"PONG\n")
                fails_to_upgrade(peer)
            pingtlsd.wait_line("trying again in 2 s")
            away.rename(path)
            pingtlsd.wait_line("started a new keyholder")


main()
