#!/usr/bin/python3
"""The private key is in the keyholder's memory and in no other process's.

The test searches the memory of each process for the key's secret numbers, as
the key file has them and as GMP keeps them, and for a piece of the file.
"""

import base64
import os
import re
import signal
import socket
import subprocess
from pathlib import Path

from peer import ask, connect, read_rest, upgrade
from programs import (
    KEYHOLDER,
    LOADER,
    PINGTLSD,
    SANITIZED,
    TO_SERVE,
    Program,
    Server,
    children,
    command_name,
    key,
    named_children,
    pair,
    server,
    socket_activate,
    state,
)
from tap import HANG, Skip, equal, has, main, needs_root, test, wait_until

PAIRS = ("ecdsa", "rsa", "ed25519")


def der(name: str) -> bytes:
    lines = Path(key(name)).read_text().splitlines()
    return base64.b64decode("".join(line for line in lines if "-----" not in line))


def integers(sequence: bytes) -> list[bytes]:
    """The INTEGERs of a DER SEQUENCE, leading zeros dropped."""

    def element(at: int) -> tuple[int, bytes, int]:
        tag, length, at = sequence[at], sequence[at + 1], at + 2
        if length & 0x80:
            size = length & 0x7F
            length, at = int.from_bytes(sequence[at : at + size], "big"), at + size
        return tag, sequence[at : at + length], at

    found = []
    _, _, at = element(0)
    while at < len(sequence):
        tag, value, start = element(at)
        if tag == 2:
            found.append(value.lstrip(b"\0"))
        at = start + len(value)
    return found


def secrets(name: str) -> list[bytes]:
    """The numbers that are the key: the scalar, the seed, or the RSA primes."""
    octets = der(name)
    match name:
        case "ecdsa":  # ECPrivateKey (RFC 5915): version, OCTET STRING
            size = octets[6]
            return [octets[7 : 7 + size].lstrip(b"\0")]
        case "ed25519":  # PKCS #8 (RFC 8410): the seed is its last 32 octets
            return [octets[-32:]]
        case "rsa":  # RSAPrivateKey (RFC 8017): d, p and q
            return integers(octets)[3:6]
    raise ValueError(name)


def needles(name: str) -> list[bytes]:
    found = []
    for number in secrets(name):
        # Big-endian, and least significant 64-bit limb first, as GMP has it on
        # a little-endian machine: the reverse.
        found += [number, number[::-1]]
    lines = Path(key(name)).read_text().splitlines()
    found.append(lines[1][:40].encode())
    return found


def holds(pid: int, patterns: list[bytes]) -> bool:
    """Whether any of the patterns is in the memory of pid."""
    searched = 0
    with open(f"/proc/{pid}/maps") as maps, open(f"/proc/{pid}/mem", "rb", 0) as mem:
        for line in maps:
            span, permissions = line.split()[:2]
            if not permissions.startswith("r"):
                continue
            start, end = (int(part, 16) for part in span.split("-"))
            try:
                mem.seek(start)
                memory = mem.read(end - start)
            except (OSError, OverflowError):
                continue  # [vvar] and [vsyscall] cannot be read
            searched += len(memory)
            if any(pattern in memory for pattern in patterns):
                return True
    assert searched > 1 << 20, f"only {searched} octets of {pid} could be searched"
    return False


def needs_memory() -> None:
    needs_root()
    if SANITIZED:
        raise Skip("AddressSanitizer's memory is too large to search")


def check(listener: int, keyholder: int, others: list[int], names: tuple) -> None:
    for name in names:
        patterns = needles(name)
        assert holds(keyholder, patterns), f"{name}: not found in the keyholder"
        assert not holds(listener, patterns), f"{name}: in the listener"
        for other in others:
            found = command_name(other)
            assert not holds(other, patterns), f"{name}: in the process {found}"


@test("the key is in the keyholder alone, before, during and after sessions")
def stand_alone() -> None:
    needs_memory()
    with server(pairs=PAIRS) as pingtlsd:
        keyholder = pingtlsd.keyholder()
        check(pingtlsd.pid, keyholder, [pingtlsd.loader()], PAIRS)
        with connect(pingtlsd.port) as clear, connect(pingtlsd.port) as encrypted:
            ask(clear, b"PING\n", b"PONG\n")
            ask(upgrade(encrypted), b"PING\n", b"PONG\n")
            sessions = pingtlsd.wait_sessions(2)
            check(pingtlsd.pid, keyholder, sessions, PAIRS)
        pingtlsd.wait_sessions(0)
        check(pingtlsd.pid, keyholder, [pingtlsd.loader()], PAIRS)


@test("the key is in the keyholder alone after a reload")
def after_reload() -> None:
    needs_memory()
    with server() as pingtlsd:
        first = pingtlsd.keyholder()
        pingtlsd.signal(signal.SIGHUP)
        wait_until("the first keyholder ends", lambda: not state(first))
        with connect(pingtlsd.port) as peer:
            ask(upgrade(peer), b"PING\n", b"PONG\n")
            others = [pingtlsd.loader(), *pingtlsd.sessions()]
            check(pingtlsd.pid, pingtlsd.keyholder(), others, ("ecdsa",))


def command(*options: str) -> list[str]:
    words = [PINGTLSD, "--log", "stderr", *TO_SERVE, *options]
    for name in PAIRS:
        words += pair(name)
    return words


def check_instance(pid: int) -> None:
    """The same of a process that serves one connection, once it has upgraded: the
    keyholder has given its one signature, and is gone with the key."""
    wait_until("the keyholder ends", lambda: not children(pid))
    for name in PAIRS:
        assert not holds(pid, needles(name)), f"{name}: in the session"


@test("the key is in the keyholder alone when inetd starts us")
def inetd() -> None:
    needs_memory()
    ours, theirs = socket.socketpair()
    ours.settimeout(HANG)
    with ours:
        with theirs:
            process = Program(
                command("--inetd"),
                stdin=theirs,
                stdout=theirs,
                stderr=subprocess.DEVNULL,
            )
        ask(upgrade(ours), b"PING\n", b"PONG\n")
        check_instance(process.pid)
    process.wait()
    process.wait_gone()


@test("the key is in the keyholder alone when systemd passes the connection")
def accept_yes() -> None:
    needs_memory()
    process, port = socket_activate("--accept", command=command())
    with connect(port) as peer:
        ask(upgrade(peer), b"PING\n", b"PONG\n")
        (instance,) = children(process.pid)
        check_instance(instance)
    process.kill()


@test("the key is in the keyholder alone when systemd passes the listening socket")
def accept_no() -> None:
    needs_memory()
    process, port = socket_activate(command=command())
    with connect(port) as peer:
        ask(upgrade(peer), b"PING\n", b"PONG\n")
        (loader,) = named_children(process.pid, LOADER)
        (keyholder,) = named_children(loader, KEYHOLDER)
        check(process.pid, keyholder, children(process.pid), PAIRS)
    process.kill()


@test("no session or keyholder can be traced or dumped by its own user")
def not_dumpable() -> None:
    needs_root()
    with server() as pingtlsd, connect(pingtlsd.port) as peer:
        ask(peer, b"PING\n", b"PONG\n")
        for pid in pingtlsd.keyholder(), *pingtlsd.wait_sessions(1):
            # The files of a process that is not dumpable are root's (proc(5)).
            equal(os.stat(f"/proc/{pid}/environ").st_uid, 0, "owner of environ")
            status = Path(f"/proc/{pid}/status").read_text()
            uid = re.search(r"Uid:\s+(\d+)\s+(\d+)\s+(\d+)", status).groups()
            assert "0" not in uid, f"user ids of {command_name(pid)}: {uid}"
            has(status, r"NoNewPrivs:\s+1", r"CapEff:\s+0+\n")


STRANGER = "127.13.57.91"


def served_and_failed(pingtlsd: Server) -> None:
    """Sessions of a stranger of which all tables and the log know."""
    with connect(pingtlsd.port, source=STRANGER) as peer:
        ask(upgrade(peer), b"PING\n", b"PONG\n")
    for _ in range(2):
        with connect(pingtlsd.port, source=STRANGER) as peer:
            peer.sendall(b"STARTTLS\nPING\n")
            read_rest(peer)
    pingtlsd.wait_sessions(0)


@test("the addresses of other clients are in no session")
def strangers() -> None:
    needs_memory()
    patterns = [STRANGER.encode(), socket.inet_aton(STRANGER)]
    limits = ("--max-rate-per-source", 64, "--penalties", "handshake=2")
    with server(*limits) as pingtlsd:
        served_and_failed(pingtlsd)
        with connect(pingtlsd.port, source=STRANGER) as other:
            ask(other, b"PING\n", b"PONG\n")
            (session,) = pingtlsd.wait_sessions(1)
            assert holds(session, patterns[1:]), "the search finds nothing"
            with connect(pingtlsd.port) as peer:
                ask(peer, b"PING\n", b"PONG\n")
                (mine,) = set(pingtlsd.wait_sessions(2)) - {session}
                assert holds(pingtlsd.pid, patterns), "nor in the listener"
                assert not holds(mine, patterns), "another's address in a session"


main()
