#!/usr/bin/python3
"""Started with standard descriptors closed, no program talks to a peer instead."""

import signal

from peer import ask, connect, upgrade
from programs import (
    PINGTLS,
    PINGTLSD,
    TO_SERVE,
    Program,
    certs,
    free_port,
    pair,
    run,
    server,
)
from tap import equal, has, main, test, wait_until


def closing(descriptors: str, command: list) -> list:
    """The command, started by a shell that closes these of 0, 1 and 2 first."""
    closed = " ".join(f"{number}>&-" for number in descriptors)
    return ["sh", "-c", f'exec "$@" {closed}', "sh", *command]


@test("pingtls without standard output says so, and sends nothing but the protocol")
def client() -> None:
    with server() as pingtlsd:
        address = f"localhost:{pingtlsd.port}"
        command = [PINGTLS, "-c", "1", "--ca-file", certs() / "ca.pem", address]
        ended = run(closing("1", command))
        equal(ended.returncode, 2, "exit status")
        has(ended.stderr, "cannot write to standard output: Bad file descriptor")
        run(closing("012", command))
        for outcome in pingtlsd.lines:
            if "session from" in outcome:
                # How far it came before it gave up is chance; no error is among
                # the ends.
                ends = r"quit|closed by the peer|(connection lost|handshake failed) .*"
                has(outcome, rf" ended after [\d.]+ s: ({ends});")


@test("pingtlsd without any of them serves, and says nothing to its peers")
def daemon() -> None:
    port = free_port()
    command = [PINGTLSD, *TO_SERVE, "--listen", f"127.0.0.1:{port}", *pair("ecdsa")]
    pingtlsd = Program(closing("012", command))
    wait_until("it listens", lambda: listens(port))
    with connect(port) as peer:
        ask(peer, b"PING\n", b"PONG\n")
        tls = upgrade(peer)
        ask(tls, b"PING\n", b"PONG\n")
        tls.sendall(b"QUIT\n")
        equal(tls.read_rest(), b"", "after QUIT")
    pingtlsd.signal(signal.SIGTERM)
    equal(pingtlsd.wait(), 0, "exit status")


def listens(port: int) -> bool:
    try:
        connect(port).close()
    except ConnectionRefusedError:
        return False
    return True


main()
