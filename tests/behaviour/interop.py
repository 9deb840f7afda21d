#!/usr/bin/python3
"""Conversations with other people's programs, in both directions."""

import signal
import socket
import subprocess
import sys
import threading

from peer import connect
from programs import (
    PEERS,
    PINGTLS,
    Program,
    certs,
    pair,
    python_peer,
    run,
    server,
    state,
)
from s_client import answered
from tap import comment, equal, has, main, needs, test, wait_until

PINGS = 3


@test("the article's asyncio client against pingtlsd")
def asyncio_client() -> None:
    with server() as pingtlsd:
        for _ in range(5):
            ended = run(
                [sys.executable, PEERS / "asyncio_client.py"]
                + ["--port", pingtlsd.port, "--ca-file", certs() / "ca.pem"]
                + ["--count", PINGS]
            )
            equal(ended.returncode, 0, f"exit status: {ended.stderr}")
            equal(ended.stdout, "clear PONG\n" * PINGS + "TLSv1.3 PONG\n" * PINGS)
        pingtlsd.wait_sessions(0)


@test("pingtls against pingtlsd")
def pingtls_to_pingtlsd() -> None:
    with server() as pingtlsd:
        ended = run(
            [PINGTLS, "-c", PINGS, "-i", 0.01, "--ca-file", certs() / "ca.pem"]
            + [f"localhost:{pingtlsd.port}"]
        )
        equal(ended.returncode, 0, f"exit status: {ended.stdout}{ended.stderr}")


@test("pingtls --starttls-delay against the article's asyncio server, each time")
def pingtls_to_asyncio() -> None:
    peer, port = python_peer("asyncio_server.py", *pair("rsa"))
    for _ in range(5):
        # As long as the server may take to read STARTTLS.
        ended = run(
            [PINGTLS, "-c", PINGS, "-i", 0.01, "--starttls-delay", 1]
            + ["--ca-file", certs() / "ca.pem", f"localhost:{port}"]
        )
        equal(ended.returncode, 0, f"exit status: {ended.stdout}{ended.stderr}")
    peer.kill()


@test("the article's asyncio pair with itself, as far as it can")
def asyncio_pair() -> None:
    peer, port = python_peer("asyncio_server.py", *pair("rsa"))
    # It may hang, which is its own fault; most times it does not.
    for _ in range(10):
        try:
            ended = run(
                [sys.executable, PEERS / "asyncio_client.py"]
                + ["--port", port, "--ca-file", certs() / "ca.pem"],
                timeout=3,
            )
        except subprocess.TimeoutExpired:
            comment("the pair lost a ClientHello, as it does")
            continue
        equal(ended.returncode, 0, f"exit status: {ended.stderr}")
        break
    else:
        raise AssertionError("the peers of tests/peers do not work")
    peer.kill()


@test("openssl s_client, behind a relay for the clear part")
def openssl() -> None:
    with server() as pingtlsd:
        has(answered(pingtlsd), "Verification: OK")


class Witness:
    """A relay that passes octets on and keeps what the client sent in the clear.

    gnutls-cli does not say when it has sent what it read; this can.
    """

    def __init__(self, port: int) -> None:
        self.seen = b""
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._server = connect(port)
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self) -> None:
        client, _ = self._listener.accept()
        threading.Thread(target=self._back, args=(client,), daemon=True).start()
        while data := client.recv(65536):
            self.seen += data
            self._server.sendall(data)
        self._server.shutdown(socket.SHUT_WR)

    def _back(self, client: socket.socket) -> None:
        while data := self._server.recv(65536):
            client.sendall(data)
        client.shutdown(socket.SHUT_WR)


@test("gnutls-cli --starttls, upgraded by SIGALRM")
def gnutls_cli() -> None:
    tool = needs("gnutls-cli")
    with server() as pingtlsd:
        witness = Witness(pingtlsd.port)
        client = Program(
            [tool, "--starttls", "--x509cafile", certs() / "ca.pem"]
            + ["-p", witness.port, "localhost"],
            stdin=subprocess.PIPE,
        )
        commands = client.process.stdin

        def send(line: bytes) -> None:
            commands.write(line)
            commands.flush()

        send(b"PING\n")
        client.wait_line("^PONG$")
        send(b"STARTTLS\n")
        wait_until("STARTTLS is sent", lambda: witness.seen.endswith(b"STARTTLS\n"))
        # It looks whether the signal came before it waits for more.
        wait_until("it waits", lambda: state(client.pid) == "S")
        client.signal(signal.SIGALRM)
        client.wait_line("The certificate is trusted")
        lines = len(client.lines)
        send(b"PING\n")
        client.wait_line("^PONG$", lines)
        send(b"QUIT\n")
        client.wait_line("closed the connection|Peer has closed")
        commands.close()
        client.wait()
        pingtlsd.wait_sessions(0)


@test("gnutls-cli --starttls, upgraded by the end of its input")
def gnutls_cli_eof() -> None:
    tool = needs("gnutls-cli")
    with server() as pingtlsd:
        ended = run(
            [tool, "--starttls", "--x509cafile", certs() / "ca.pem"]
            + ["-p", pingtlsd.port, "localhost"],
            input="STARTTLS\n",
            stdin=None,
        )
        has(ended.stdout, "The certificate is trusted", "Description: .TLS1.3")
        pingtlsd.wait_sessions(0)


main()
