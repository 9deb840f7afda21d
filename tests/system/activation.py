#!/usr/bin/python3
"""pingtls.socket and pingtls.service, as an administrator uses them."""

import json
import re
from pathlib import Path

from inside import (
    PORT,
    SERVICE_USER,
    Traffic,
    active,
    install,
    journal,
    main_pid,
    messages,
    must,
    ping,
    pings,
    processes,
    said,
    show,
    start_afresh,
    status_field,
    trusting,
)
from peer import ask, connect, dialogue, read_line, upgrade
from programs import KEYHOLDER, command_name, run
from tap import HANG, equal, has, main, test, wait_until

RELOADS = 10
# So many services are stopped: one might end before what it left is seen.
STOPS = 5
# Of a service that systemd gives no socket.
ALONE_PORT = 20001
# By default systemd takes more than five starts in ten seconds for a failure.
RESTARTS = 10


@test("installed, the port is open and nothing runs behind it")
def fresh() -> None:
    equal(active("pingtls.socket"), "active")
    equal(run(["systemctl", "is-enabled", "pingtls.socket"]).stdout, "enabled\n")
    equal(active("pingtls.service"), "inactive")
    equal(processes("pingtls.service"), [])


@test("the first connection starts the service, and pingtls is answered")
def on_demand() -> None:
    start_afresh()
    equal(active("pingtls.service"), "inactive")
    pings()
    equal(active("pingtls.service"), "active")


@test("over IPv4 and over IPv6")
def families() -> None:
    pings("-4")
    pings("-6")


@test("a name that is not the certificate's is refused")
def other_name() -> None:
    ended = ping("--verify-name", "other.example.org")
    equal(ended.returncode, 1, f"status of pingtls: {ended.stdout}{ended.stderr}")


@test("all of its processes are the user's, without a privilege or a network")
def as_user() -> None:
    with connect(PORT) as peer:
        ask(peer, b"PING\n", b"PONG\n")
        ask(upgrade(peer, trusting()), b"PING\n", b"PONG\n")
        # A session from before may be ending.
        found = wait_until(
            "the listener, the loader, the keyholder and the session",
            lambda: f if len(f := processes("pingtls.service")) == 4 else [],
        )
        names = sorted(command_name(pid) for pid in found)
        equal(names.count(KEYHOLDER), 1, f"keyholders in {names}")
        user = must("id", "-u", SERVICE_USER).strip()
        for pid in found:
            equal(status_field(pid, "Uid"), [user] * 4, f"user of {command_name(pid)}")
            for capabilities in "CapEff", "CapPrm", "CapBnd", "CapInh":
                equal(int(status_field(pid, capabilities)[0], 16), 0, capabilities)
            equal(status_field(pid, "NoNewPrivs"), ["1"])
            network = Path(f"/proc/{pid}/ns/net")
            assert network.readlink() != Path("/proc/self/ns/net").readlink()


@test(f"{RELOADS} reloads under traffic: every connection is answered")
def reload() -> None:
    start_afresh()
    with Traffic() as traffic:
        traffic.more(10)
        listener = main_pid()
        for number in range(1, RELOADS + 1):
            # It sends the signal, and does not wait for what comes of it.
            must("systemctl", "reload", "pingtls.service")
            wait_until(
                f"reload {number}",
                lambda: said(listener).count("certificates and keys reloaded")
                == number,
            )
            traffic.more(10)
    traffic.check()
    equal(main_pid(), listener, "process id of the listener")
    equal(active("pingtls.service"), "active")


@test(f"{RESTARTS} restarts under traffic: every connection is answered")
def restart() -> None:
    start_afresh()
    with Traffic() as traffic:
        traffic.more(10)
        for _ in range(RESTARTS):
            listener = main_pid()
            must("systemctl", "restart", "pingtls.service")
            assert main_pid() not in (0, listener)
            traffic.more(10)
    traffic.check()


@test("a restart waits for a session, and who comes meanwhile is answered after")
def restart_drains() -> None:
    start_afresh()
    with connect(PORT) as held:
        tls = upgrade(held, trusting())
        ask(tls, b"PING\n", b"PONG\n")
        listener = main_pid()
        must("systemctl", "restart", "--no-block", "pingtls.service")
        wait_until(
            "the service stops", lambda: active("pingtls.service") == "deactivating"
        )
        with connect(PORT) as waiting:
            waiting.sendall(b"PING\n")
            ask(tls, b"PING\n", b"PONG\n")
            equal(main_pid(), listener, "process id while a session is left")
            tls.sendall(b"QUIT\n")
            equal(tls.read_rest(), b"", "after QUIT")
            equal(read_line(waiting), b"PONG\n", "answer of the next listener")
            assert main_pid() not in (0, listener)


@test("journalctl -t pingtlsd -o json has the fields that pingtlsd(8) names")
def fields() -> None:
    start_afresh()
    dialogue(PORT, trusting())
    wait_until("the session's end is logged", lambda: ": quit;" in said(main_pid()))
    shown = must("journalctl", "-q", "-t", "pingtlsd", "-o", "json").splitlines()
    entries = [json.loads(line) for line in shown]
    entry = [e for e in entries if "PINGTLS_OUTCOME" in e][-1]
    named = set(re.findall(r"PINGTLS_[A-Z_]+", must("man", "pingtlsd")))
    # For a client with a certificate, which this one has not.
    named.remove("PINGTLS_CLIENT")
    equal({name for name in entry if name.startswith("PINGTLS_")}, named, "fields")
    has(entry["PINGTLS_PEER"], r"127\.0\.0\.1\]?:\d+$")
    equal(entry["PINGTLS_PEER_ADDRESS"], "127.0.0.1", "address")
    has(entry["PINGTLS_PEER_PORT"], r"^\d+$")
    equal(entry["PINGTLS_OUTCOME"], "quit")
    equal((entry["PINGTLS_PINGS_CLEAR"], entry["PINGTLS_PINGS_TLS"]), ("1", "1"))
    equal(entry["PINGTLS_TLS_VERSION"], "TLS1.3")
    equal(entry["PRIORITY"], "6", "priority")
    for name in "PINGTLS_DURATION_SECONDS", "PINGTLS_HANDSHAKE_SECONDS":
        assert 0 < float(entry[name]) < HANG, f"{name}={entry[name]}"
    for word in entry["PINGTLS_PEER"], "quit", entry["PINGTLS_CIPHER_SUITE"]:
        assert word in entry["MESSAGE"], entry["MESSAGE"]


@test("systemctl status has the counters")
def status_text() -> None:
    start_afresh()
    pings()
    has(show("pingtls.service", "StatusText"), r"\d")
    has(must("systemctl", "status", "--no-pager", "pingtls.service"), "Status: ")


def killed_at_stop(unit: str) -> list[str]:
    """What systemd says that it kills, when a unit is stopped."""
    with journal("systemd") as entries:
        must("systemctl", "stop", unit)
    return [line for line in messages(entries).splitlines() if "Killing" in line]


@test("stopping the service, systemd has nothing to kill")
def stops_quietly() -> None:
    for _ in range(STOPS):
        start_afresh()
        pings()
        equal(killed_at_stop("pingtls.service"), [])


@test("nor with a unit of its own, which listens by itself")
def stops_quietly_alone() -> None:
    as_unit = "--property=KillMode=mixed", "--property=Type=notify"
    for number in range(STOPS):
        # A name of its own, as systemd forgets the one before when it likes.
        unit = f"alone-{number}.service"
        server = "pingtlsd", f"--listen=127.0.0.1:{ALONE_PORT}"
        must("systemd-run", f"--unit={unit}", *as_unit, *server)
        dialogue(ALONE_PORT, trusting())
        equal(killed_at_stop(unit), [])


@test("stopping the socket stops the service, and the port is closed")
def stop() -> None:
    start_afresh()
    pings()
    must("systemctl", "stop", "pingtls.socket")
    wait_until("the service ends", lambda: active("pingtls.service") == "inactive")
    equal(processes("pingtls.service"), [])
    equal(ping().returncode, 1, "status of pingtls with nobody there")


install()
main()
