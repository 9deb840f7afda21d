#!/usr/bin/python3
"""A whole dialogue of each program without an error or a leak, as valgrind sees it.

Not sandboxed: valgrind makes system calls of its own.
"""

import socket

from peer import ask, upgrade
from programs import AS_USER, PINGTLS, PINGTLSD, SANITIZED, Program, certs, pair, server
from tap import HANG, Skip, equal, main, needs, test

LEAKS = ["--quiet", "--leak-check=full", "--show-leak-kinds=definite,indirect"]
STATUS = 99  # of a program in which valgrind found something


def valgrind(program: str) -> list[str]:
    tool = needs("valgrind")
    if SANITIZED:
        raise Skip("the programs are built with AddressSanitizer")
    return [tool, "--vgdb=no", *LEAKS, f"--error-exitcode={STATUS}", program]


def no_finding(program: Program) -> None:
    equal(program.wait(), 0, "exit status")
    equal([line for line in program.lines if line.startswith("==")], [], "findings")


@test("pingtlsd, in the clear and over TLS")
def pingtlsd_dialogue() -> None:
    ours, theirs = socket.socketpair()
    ours.settimeout(HANG)
    with ours:
        with theirs:
            command = valgrind(PINGTLSD)
            server = Program(
                [*command, "--inetd", "--no-sandbox", "--log=stderr"]
                + [*AS_USER, *pair("ecdsa"), *pair("rsa")],
                stdin=theirs,
            )
        ask(ours, b"PING\n", b"PONG\n")
        tls = upgrade(ours)
        ask(tls, b"PING\n", b"PONG\n")
        tls.sendall(b"QUIT\n")
        equal(tls.read_rest(), b"", "after QUIT")
    no_finding(server)


@test("pingtls, in the clear and over TLS")
def pingtls_dialogue() -> None:
    command = valgrind(PINGTLS)
    with server() as pingtlsd:
        client = Program(
            [*command, "--no-sandbox", "-c", "2", "-i", "0.1", "--ca-file", certs() / "ca.pem"]
            + [f"localhost:{pingtlsd.port}"]
        )
        no_finding(client)


main()
