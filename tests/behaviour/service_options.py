#!/usr/bin/python3
"""What concerns TLS and certificates holds for every service."""

import socket
import ssl
import threading
import time
from contextlib import suppress

from over_tls import (
    GOOD,
    SERVICES,
    Server,
    connection,
    each,
    objects,
    replies,
    server_context,
)
from programs import cert, certs, key
from tap import HANG, equal, main, test

# Seconds that octets are under way: more than the client waits for an orderly
# end alone.
SLOW = 1.5
PATIENT = "-W", HANG
CLIENT = "--client-cert", cert("client"), "--client-key", key("client")


def strict() -> ssl.SSLContext:
    """Of a server that takes no client without a certificate."""
    context = server_context()
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(certs() / "ca.pem")
    return context


@test("--client-cert and --client-key are shown to a server that asks")
def client_certificate() -> None:
    def judge(service: str) -> None:
        server = Server(service, strict())
        equal(connection(*CLIENT, server.target), GOOD, service)
        server.join(HANG)
        equal(server.client["subject"][-1][0][1], "pingtls test client", service)

    each(judge, SERVICES)


def refused(told: tuple[int, bool, str | None, str], service: str) -> None:
    status, ok, reason, message = told
    equal((status, ok, reason), (1, False, "handshake"), f"{service}: {message}")
    assert "Certificate is required (--client-cert" in message, message


@test("a server that asks for a certificate in vain is a failure that says so")
def no_client_certificate() -> None:
    def judge(service: str) -> None:
        refused(connection(*PATIENT, Server(service, strict()).target), service)

    each(judge, SERVICES)


def pass_late(source: socket.socket, target: socket.socket) -> None:
    """Passes octets on, each SLOW after it came."""
    with suppress(OSError):
        while data := source.recv(65536):
            time.sleep(SLOW)
            target.sendall(data)
    with suppress(OSError):
        target.shutdown(socket.SHUT_WR)


def slow_way(target: str) -> str:
    """The target at the end of a way that is slow for what the client sends."""
    service, port = target.split("://localhost:")
    listener = socket.create_server(("127.0.0.1", 0))

    def relay() -> None:
        with listener:
            near, _ = listener.accept()
        with near, socket.create_connection(("127.0.0.1", int(port))) as far:
            late = threading.Thread(target=pass_late, args=(near, far), daemon=True)
            late.start()
            with suppress(OSError):
                while data := far.recv(65536):
                    near.sendall(data)
                near.shutdown(socket.SHUT_WR)
            late.join()

    threading.Thread(target=relay, daemon=True).start()
    return f"{service}://localhost:{listener.getsockname()[1]}"


@test("so it is on a slow way, where a service says nothing over TLS but that")
def slow_refusal() -> None:
    def judge(service: str) -> None:
        target = slow_way(Server(service, strict()).target)
        refused(connection(*PATIENT, target), service)

    each(judge, [service for service in SERVICES if replies(service) == 0])


@test("--priority decides what is offered")
def priority() -> None:
    def judge(service: str) -> None:
        target = Server(service).target
        _, told = objects("--priority=NORMAL:-VERS-TLS1.3", target)
        equal((told["ok"], told["tls"]["version"]), (True, "TLS1.2"), service)

    each(judge, SERVICES)


@test("--verify-name is the name that is asked for and verified")
def verify_name() -> None:
    def judge(service: str) -> None:
        context = server_context("wrong-name")
        status, ok, reason, _ = connection(Server(service, context).target)
        equal((status, ok, reason), (1, False, "certificate-host-mismatch"), service)
        name = "--verify-name=elsewhere.example"
        equal(connection(name, Server(service, context).target), GOOD, service)

    each(judge, SERVICES)


@test("--insecure goes on with what does not verify, and says so")
def insecure() -> None:
    def judge(service: str) -> None:
        server = Server(service, server_context("other"))
        status, told = objects("--insecure", server.target)
        found = status, told["ok"], told["verified"]
        equal(found, (0, True, False), f"{service}: {told}")

    each(judge, SERVICES)


main()
