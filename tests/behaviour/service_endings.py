#!/usr/bin/python3
"""Over TLS, pingtls leaves each service in order, and tells how a server ends."""

import ssl
import threading
import time

from over_tls import (
    GOOD,
    SERVICES,
    Cuts,
    Ends,
    Leaves,
    Server,
    connection,
    each,
    ping,
    replies,
    server_context,
)
from tap import HANG, equal, has, main, test

MISSING = "no close_notify from the server after the farewell"


@test("each service is left with its farewell and close_notify")
def orderly() -> None:
    def judge(service: str) -> None:
        server = Server(service)
        equal(connection(server.target), GOOD, service)
        server.join(HANG)
        equal(server.end, b"", f"the end of {service}")

    each(judge, SERVICES)


@test("a rejected server gets an alert, but mysql's gets the farewell all the same")
def rejected() -> None:
    def judge(case: tuple[str, str, str]) -> None:
        service, pair, expected = case
        server = Server(service, server_context(pair))
        status, ok, reason, _ = connection(server.target)
        equal((status, ok, reason), (1, False, expected), service)
        server.join(HANG)
        in_order = server.end == b""
        equal(in_order, service == "mysql", f"{service}: {server.end!r}")

    wrong_name = "wrong-name", "certificate-host-mismatch"
    expired = "expired", "certificate-expired"
    each(judge, [(s, *how) for s in SERVICES for how in (wrong_name, expired)])


@test("a server that ends before its answer to the farewell is a failure")
def before() -> None:
    def judge(case: tuple[type[Ends], str, int]) -> None:
        kind, service, reply = case
        status, ok, reason, message = connection(kind(service, reply).target)
        equal((status, ok, reason), (1, False, "closed"), f"{case}: {message}")
        equal("without close_notify" in message, kind is Cuts, f"{case}: {message}")
        # No octet of the reply came.
        assert "the whole of" not in message, f"{case}: {message}"

    cases = [(s, number) for s in SERVICES for number in range(replies(s))]
    each(judge, [(kind, *case) for kind in (Cuts, Leaves) for case in cases])


class Stays(Ends):
    """Neither closes nor sends close_notify, until it is released."""

    def __init__(self, service: str) -> None:
        self.released = threading.Event()
        super().__init__(service, replies(service))

    def finish(self, tls: ssl.SSLSocket) -> None:
        self.released.wait(HANG)


class Floods(Ends):
    """Sends lines for as long as somebody is there."""

    def __init__(self, service: str) -> None:
        super().__init__(service, replies(service))

    def finish(self, tls: ssl.SSLSocket) -> None:
        while True:
            tls.sendall(b"more\r\n" * 100)


class Follows(Ends):
    """Closes with close_notify once the client has."""

    def finish(self, tls: ssl.SSLSocket) -> None:
        while tls.recv(4096):
            pass
        with tls.unwrap():
            pass


@test("after the farewell a missing close_notify is shown with -v, and no failure")
def after() -> None:
    def judge(service: str) -> None:
        equal(connection(Cuts(service, replies(service)).target), GOOD, service)
        ended = ping("-v", Cuts(service, replies(service)).target)
        has(ended.stdout, MISSING)

    each(judge, SERVICES)


@test("so is that of a server which stays, or sends without end")
def stays() -> None:
    def judge(service: str) -> None:
        for server in Stays(service), Floods(service):
            ended = ping("-v", server.target)
            equal(ended.returncode, 0, f"exit status for {service}: {ended.stderr}")
            has(ended.stdout, f"{MISSING}, nor did it close the connection")
            if isinstance(server, Stays):
                server.released.set()

    each(judge, SERVICES)


@test("a server that stays is waited for once")
def waits_once() -> None:
    def seconds(service: str) -> float:
        server = Stays(service)
        began = time.monotonic()
        equal(ping(server.target).returncode, 0, "exit status")
        server.released.set()
        return time.monotonic() - began

    for service in "smtp", "tls":
        # It is a second; load may take more, but not each time.
        assert any(seconds(service) < 2 for _ in range(5)), service


@test("a server that sends close_notify, first or second, has nothing missing")
def nothing_missing() -> None:
    def judge(case: tuple[type[Ends], str]) -> None:
        kind, service = case
        # It has a second for it; load may take that.
        assert any(
            MISSING not in ping("-v", kind(service, replies(service)).target).stdout
            for _ in range(5)
        ), case

    each(judge, [(kind, service) for service in SERVICES for kind in (Leaves, Follows)])


main()
