#!/usr/bin/python3
"""pingtls-inetd.socket and pingtls-inetd@.service: one instance per connection."""

from inside import (
    PORT,
    SERVICE_USER,
    active,
    install,
    journal,
    must,
    pings,
    processes,
    show,
    start_afresh,
    status_field,
    trusting,
)
from peer import ask, connect, dialogue, upgrade
from programs import command_name
from tap import equal, has, main, test, wait_until

INSTANCE = "pingtls-inetd@"
# Beyond this many in 2 s, systemd by default closes a port for good.
MANY = 2 * 200


def open_port() -> None:
    start_afresh("pingtls-inetd.socket")
    equal(processes(INSTANCE), [])


def instances_gone() -> None:
    """No instance stays: not running, and not as a failed unit."""

    def left() -> str:
        return must("systemctl", "list-units", "--all", "--plain", "--no-legend",
                    f"{INSTANCE}*")  # fmt: skip

    wait_until("the instances are gone", lambda: not left() and not processes(INSTANCE))


@test("it takes the port from pingtls.socket, and the other way round")
def either() -> None:
    start_afresh("pingtls.socket")
    for mine, other in [("pingtls-inetd.socket", "pingtls.socket"),
                        ("pingtls.socket", "pingtls-inetd.socket")]:  # fmt: skip
        must("systemctl", "start", mine)
        equal((active(mine), active(other)), ("active", "inactive"))
        pings()


@test("each connection has its instance, which ends with it")
def instance() -> None:
    open_port()
    pings("-4")
    pings("-6")
    instances_gone()


@test("all of an instance's processes are the user's, with no privilege")
def as_user() -> None:
    open_port()
    with connect(PORT) as peer:
        ask(peer, b"PING\n", b"PONG\n")
        # Before the upgrade: the keyholder ends with its one signature.
        found = processes(INSTANCE)
        equal(len(found), 2, "session and keyholder")
        user = must("id", "-u", SERVICE_USER).strip()
        for pid in found:
            equal(status_field(pid, "Uid"), [user] * 4, f"user of {command_name(pid)}")
            equal(int(status_field(pid, "CapBnd")[0], 16), 0, "capabilities")
            equal(status_field(pid, "NoNewPrivs"), ["1"])
        ask(upgrade(peer, trusting()), b"PING\n", b"PONG\n")
    instances_gone()


@test("a session is logged with its fields")
def logged() -> None:
    open_port()
    with journal() as entries:
        dialogue(PORT, trusting())
        instances_gone()
    (line,) = [e for e in entries if "PINGTLS_OUTCOME" in e]
    equal(line["PINGTLS_OUTCOME"], "quit")
    has(line["PINGTLS_PEER"], r"^(\[::ffff:)?127\.0\.0\.1\]?:\d+$")
    equal(line["PINGTLS_TLS_VERSION"], "TLS1.3")


@test("MaxConnectionsPerSource bites without a word, and lets others in")
def per_source() -> None:
    open_port()
    most = int(show("pingtls-inetd.socket", "MaxConnectionsPerSource"))
    held = [connect(PORT) for _ in range(most)]
    try:
        for peer in held:
            ask(peer, b"PING\n", b"PONG\n")
        with connect(PORT) as beyond:
            try:
                equal(beyond.recv(1), b"", "for the one beyond the limit")
            except ConnectionResetError:
                pass
        with connect(PORT, source="127.0.0.2") as other:
            ask(other, b"PING\n", b"PONG\n")
    finally:
        for peer in held:
            peer.close()
    instances_gone()
    with connect(PORT) as peer:
        ask(peer, b"PING\n", b"PONG\n")


@test(f"{MANY} connections at once, and the port stays open")
def many() -> None:
    open_port()
    # Most are beyond the limit for one source, and count all the same.
    peers = [connect(PORT) for _ in range(MANY)]
    for peer in peers:
        peer.close()
    instances_gone()
    equal(active("pingtls-inetd.socket"), "active")
    pings()
    instances_gone()


@test("closing the port ends the sessions")
def stop() -> None:
    open_port()
    with connect(PORT) as peer:
        ask(peer, b"PING\n", b"PONG\n")
        must("systemctl", "stop", "pingtls-inetd.socket")
        instances_gone()
        equal(peer.recv(1), b"", "once the port is closed")


install()
main()
