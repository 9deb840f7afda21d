#!/usr/bin/python3
"""Over TLS, pingtls leaves each service in order, and tells how a server ends."""

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
from tap import HANG, equal, main, test


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

    cases = [(s, number) for s in SERVICES for number in range(replies(s))]
    each(judge, [(kind, *case) for kind in (Cuts, Leaves) for case in cases])


@test("after the farewell a missing close_notify is shown with -v, and no failure")
def after() -> None:
    def judge(service: str) -> None:
        equal(connection(Cuts(service, replies(service)).target), GOOD, service)
        # It waits a second for the end; load may take that.
        assert any(
            "no close_notify from the server after the farewell"
            in ping("-v", Cuts(service, replies(service)).target).stdout
            for _ in range(5)
        ), service

    each(judge, SERVICES)


main()
