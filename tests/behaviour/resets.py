#!/usr/bin/python3
"""A peer that resets the connection, in whatever state, ends its session alone."""

import re
import socket
import ssl
from collections.abc import Callable

from peer import Tls, ask, ask_until_blocked, client_context, connect, dialogue, upgrade
from programs import Server, descriptors, server
from tap import ROOT, comment, equal, main, test, wait_until

# Each state is left by a reset this often.
TIMES = 3

States = list[tuple[str, Callable[[socket.socket], None]]]


def reset(peer: socket.socket) -> None:
    # A linger of no time: close() sends a reset.
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0" + bytes(4))
    peer.close()


def sent(data: bytes) -> Callable[[socket.socket], None]:
    return lambda peer: peer.sendall(data)


def answered(peer: socket.socket) -> None:
    ask(peer, b"PING\n", b"PONG\n")


def some_of_hello(part: float) -> Callable[[socket.socket], None]:
    def send(peer: socket.socket) -> None:
        hello = Tls(peer).hello()
        peer.sendall(b"STARTTLS\n" + hello[: round(len(hello) * part)])

    return send


def answered_hello(peer: socket.socket) -> None:
    some_of_hello(1)(peer)
    equal(peer.recv(1), b"\x16", "a handshake record")


def only(version: ssl.TLSVersion) -> ssl.SSLContext:
    context = client_context()
    context.minimum_version = context.maximum_version = version
    return context


def over_tls(
    version: ssl.TLSVersion, go_on: Callable[[Tls], None]
) -> Callable[[socket.socket], None]:
    return lambda peer: go_on(upgrade(peer, only(version)))


def half_record(tls: Tls) -> None:
    tls.object.write(b"PING\n")
    tls.peer.sendall(tls.out.read()[:10])


def left_by_reset(pingtlsd: Server, states: States) -> None:
    with connect(pingtlsd.port) as neighbour:
        ask(neighbour, b"PING\n", b"PONG\n")
        watched = [pingtlsd.pid, pingtlsd.keyholder()] if ROOT else []
        before = [descriptors(pid) for pid in watched]
        for name, reach in states:
            said = len(pingtlsd.lines)
            for _ in range(TIMES):
                peer = connect(pingtlsd.port)
                reach(peer)
                reset(peer)
                pingtlsd.wait_sessions(1)
            ask(neighbour, b"PING\n", b"PONG\n")
            ends = r"session from .* ended .*: (.*?);"
            wait_until(
                f"{TIMES} sessions in the log: {name}",
                lambda: sum("ended" in x for x in pingtlsd.lines[said:]) == TIMES,
            )
            ended = {m[1] for x in pingtlsd.lines[said:] if (m := re.search(ends, x))}
            comment(f"{name}: {', '.join(sorted(ended))}")
        equal(pingtlsd.said("signal|its process failed"), None, "a crash in the log")
        equal([descriptors(pid) for pid in watched], before, "descriptors")
        dialogue(pingtlsd.port)


@test("a reset in each state of a session in the clear")
def in_the_clear() -> None:
    with server() as pingtlsd:
        left_by_reset(
            pingtlsd,
            [
                ("before a line", sent(b"")),
                ("in a line", sent(b"PI")),
                ("after a line", sent(b"PING\n")),
                ("after a reply", answered),
                ("after an error", sent(b"x\n")),
                ("after QUIT", sent(b"QUIT\n")),
                ("in a reply that blocks", lambda p: ask_until_blocked(pingtlsd, p)),
            ],
        )


@test("a reset in each state of the handshake")
def in_the_handshake() -> None:
    with server() as pingtlsd:
        left_by_reset(
            pingtlsd,
            [
                ("after STARTTLS", sent(b"STARTTLS\n")),
                ("in the ClientHello", some_of_hello(0.5)),
                ("after the ClientHello", some_of_hello(1)),
                ("after the server's answer", answered_hello),
            ],
        )


@test("a reset in each state of a session over TLS")
def over_tls_states() -> None:
    for version in ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3:
        with server() as pingtlsd:
            states: list[tuple[str, Callable[[Tls], None]]] = [
                ("after the handshake", lambda _: None),
                ("in a record", half_record),
                ("in a line", lambda tls: tls.sendall(b"PI")),
                ("after a line", lambda tls: tls.sendall(b"PING\n")),
                ("after QUIT", lambda tls: tls.sendall(b"QUIT\n")),
                ("after close_notify", Tls.close_notify),
                (
                    "in a reply that blocks",
                    lambda tls: ask_until_blocked(pingtlsd, tls.peer, tls),
                ),
            ]
            left_by_reset(
                pingtlsd,
                [(name, over_tls(version, reach)) for name, reach in states],
            )


main()
