#!/usr/bin/python3
"""What concerns TLS and certificates holds for every service."""

import ssl

from over_tls import GOOD, SERVICES, Server, connection, each, objects, server_context
from programs import cert, certs, key
from tap import HANG, equal, main, test

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


@test("a server that asks for a certificate in vain is a failure that says so")
def no_client_certificate() -> None:
    def judge(service: str) -> None:
        # The client waits a second for what some services say nothing to; load
        # may take that.
        for _ in range(5):
            status, ok, reason, message = connection(Server(service, strict()).target)
            if not ok:
                break
        equal((status, ok, reason), (1, False, "handshake"), f"{service}: {message}")
        assert "Certificate is required (--client-cert" in message, message

    each(judge, SERVICES)


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
