#!/usr/bin/python3
"""What systemd and the service do when one of its processes dies or hangs."""

import os
import signal
import ssl
import time

from inside import (
    PORT,
    install,
    journal,
    keyholder,
    keyholder_replaced,
    main_pid,
    messages,
    pings,
    processes,
    said,
    show,
    start_afresh,
    trusting,
)
from peer import ask, connect, upgrade
from programs import LOADER, children, named_children, state
from tap import HANG, comment, equal, has, main, test, wait_until

# The longest that a stopped process goes unnoticed, and some for the restart.
WATCHDOG = 20
SLACK = 30


def ended_then_answered(pid: int, within: float = HANG) -> None:
    """Once this listener is gone, another one answers on the same port."""
    wait_until(
        f"process {pid} is replaced", lambda: main_pid() not in (0, pid), within
    )
    pings()


@test("the listener killed by SIGKILL: systemd starts another, nobody is refused")
def listener_killed() -> None:
    start_afresh()
    pings()
    listener = main_pid()
    with journal("systemd") as entries:
        os.kill(listener, signal.SIGKILL)
        # The port is systemd's, and open whatever the listener does.
        connect(PORT).close()
        ended_then_answered(listener)
    equal(state(listener), "", "state of the killed listener")
    equal(show("pingtls.service", "NRestarts"), "1")
    has(messages(entries), "killed, status=9/KILL")


@test("none of a killed listener's processes stays behind")
def nothing_left() -> None:
    start_afresh()
    with connect(PORT) as held:
        ask(held, b"PING\n", b"PONG\n")
        listener, old = main_pid(), processes("pingtls.service")
        equal(len(old), 4, "the listener, the loader, the keyholder and the session")
        os.kill(listener, signal.SIGKILL)
        wait_until("all of them are gone", lambda: not any(map(state, old)))
    ended_then_answered(listener)


@test("the keyholder killed: another takes its place, the listener stays")
def keyholder_killed() -> None:
    start_afresh()
    pings()
    listener, killed = main_pid(), keyholder()
    with journal() as entries:
        os.kill(killed, signal.SIGKILL)
        keyholder_replaced()
        assert keyholder() != killed
        pings()
    equal(main_pid(), listener, "process id of the listener")
    equal(show("pingtls.service", "NRestarts"), "0")
    has(messages(entries), "keyholder")


@test("the keyholder stopped: PING is answered, the handshake fails in time")
def keyholder_stopped() -> None:
    start_afresh()
    pings()
    stopped = keyholder()
    os.kill(stopped, signal.SIGSTOP)
    try:
        with journal() as entries, connect(PORT) as peer:
            ask(peer, b"PING\n", b"PONG\n")
            began = time.monotonic()
            try:
                upgrade(peer, trusting())
            except (ssl.SSLError, ConnectionError):
                pass
            else:
                raise AssertionError("a handshake without the key succeeded")
            comment(f"failed after {time.monotonic() - began:.1f} s")
            wait_until(
                "the session's end is logged",
                lambda: "unable to upgrade" in said(main_pid()),
            )
        outcomes = [e["PINGTLS_OUTCOME"] for e in entries if "PINGTLS_OUTCOME" in e]
        # The sessions of the pings may be logged late.
        equal(set(outcomes) - {"quit"}, {"unable to upgrade"}, "outcomes")
    finally:
        os.kill(stopped, signal.SIGCONT)
    pings()


@test("a stopped listener: the watchdog ends it, and another one answers")
def watchdog() -> None:
    start_afresh()
    pings()
    listener = main_pid()
    with journal("systemd") as entries:
        os.kill(listener, signal.SIGSTOP)
        ended_then_answered(listener, WATCHDOG + SLACK)
    has(messages(entries), "watchdog timeout")
    equal(show("pingtls.service", "NRestarts"), "1")


@test("a crashed session leaves the service, and a line with the signal")
def session_crashed() -> None:
    start_afresh()
    with connect(PORT) as peer:
        ask(peer, b"PING\n", b"PONG\n")
        listener = main_pid()
        (session,) = set(children(listener)) - set(named_children(listener, LOADER))
        with journal() as entries:
            os.kill(session, signal.SIGSEGV)
            equal(peer.recv(1), b"", "from a crashed session")
            pings()
    (line,) = [e for e in entries if e.get("PINGTLS_OUTCOME") == "crashed"]
    equal(line["PRIORITY"], "4", "priority")
    has(line["MESSAGE"], "signal 11")
    equal(main_pid(), listener, "process id of the listener")


install()
main()
