"""What the tests against a real server share.

A file of tests describes its server as a Server and calls check(), which tests
what holds for every server: a connection that verifies, and what the log says
of its end; another name than the certificate's; a certificate that has expired;
STARTTLS switched off; a server that is stopped half way.
"""

import json
import re
import select
import shutil
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from inside import apt_get, install, must, processes
from programs import TOP, run, state
from tap import HANG, equal, main, test, wait_until

FILES = Path("/etc/pingtls-tests")
# Where a server finds its certificate and key, whichever those are now.
CERTIFICATE = FILES / "cert.pem"
KEY = FILES / "key.pem"
# What certs/make-certs made.
MADE = FILES / "made"

# Seconds that pingtls has with a server that stops: enough, on a slow machine,
# for what comes before.
HALTED_FOR = "3"

# Of the schemes, where the servers listen.
PORTS = {
    **{"smtp": 25, "submission": 587, "smtps": 465, "submissions": 465, "lmtp": 24},
    **{"imap": 143, "imaps": 993, "pop3": 110, "pop3s": 995, "sieve": 4190},
    **{"ftp": 21, "ftps": 990, "nntp": 119, "nntps": 563},
    **{"xmpp": 5222, "xmpps": 5223, "xmpp-server": 5269},
    **{"ldap": 389, "ldaps": 636, "postgres": 5432, "mysql": 3306},
}


@dataclass(frozen=True)
class Server:
    """A server, how to handle it, and where it answers."""

    packages: str
    units: tuple[str, ...]
    # The owner of the key.
    user: str
    # The schemes that begin in the clear, and those with TLS from the start.
    upgraded: tuple[str, ...]
    implicit: tuple[str, ...]
    # Writes its configuration, with TLS or without.
    configure: Callable[[bool], None]
    # What it has logged so far.
    log: Callable[[], str]
    # What it logs of a client that left in order: a pattern for each scheme.
    in_order: dict[str, str]
    # What it logs of a client that did not.
    disorder: str = "(?!)"
    # Whether a client leaves in order even if it rejects the certificate.
    rejected_in_order: bool = False
    # What a target fails with when TLS is off.
    off: str = "starttls-not-supported"

    def schemes(self) -> tuple[str, ...]:
        return self.upgraded + self.implicit


def contents(log: Path) -> str:
    """A log that is a file, made at the first line."""
    return log.read_text(errors="backslashreplace") if log.exists() else ""


def journal_of(identifier: str) -> str:
    """What a program has told the journal."""
    must("journalctl", "--sync")
    return must("journalctl", "-q", "-t", identifier)


def settle(path: Path, settings: dict[str, object], form: str) -> None:
    """Sets these in a file of lines with a name and a value; None removes."""
    lines = path.read_text().splitlines()
    for name, value in settings.items():
        begin = form.format(name, "").rstrip()
        lines = [line for line in lines if not line.startswith(begin)]
        if value is not None:
            lines.append(form.format(name, value))
    path.write_text("\n".join(lines) + "\n")


def prepare(*servers: Server) -> None:
    """Installs pingtls, the servers, and certificates for them."""
    install()
    packages = [name for server in servers for name in server.packages.split()]
    apt_get("install", "gnutls-bin", *packages)
    FILES.mkdir()
    must(str(TOP / "certs/make-certs"), str(MADE))


def restart(server: Server, pair: str = "rsa", tls: bool = True) -> None:
    """The server afresh, with this pair of make-certs'; ready on return."""
    shutil.copyfile(MADE / f"{pair}-cert.pem", CERTIFICATE)
    shutil.copyfile(MADE / f"{pair}-key.pem", KEY)
    shutil.chown(KEY, server.user)
    KEY.chmod(0o600)
    server.configure(tls)
    must("systemctl", "reset-failed")
    must("systemctl", "restart", *server.units)
    for scheme in server.schemes() if tls else server.upgraded:
        wait_until(f"a server of {scheme}", lambda: listens(PORTS[scheme]))


def stop(server: Server) -> None:
    """After this, all that the server has to say is in its log."""
    must("systemctl", "stop", *server.units)


def listens(port: int) -> bool:
    return must("ss", "-Hltn", f"sport = :{port}").strip() != ""


def probe(target: str, *options: str) -> tuple[int, dict]:
    """One conversation: the exit status of pingtls, and its object."""
    command = ["pingtls", "--json", "-c", "1", "--ca-file", MADE / "ca.pem"]
    ended = run([*command, *options, target])
    objects = [json.loads(line) for line in ended.stdout.splitlines()]
    equal(len(objects), 2, f"objects of {target}: {ended.stdout}{ended.stderr}")
    return ended.returncode, objects[0]


def succeeds(target: str, *options: str) -> dict:
    """A conversation that goes well, each of its phases, and is verified."""
    status, found = probe(target, *options)
    equal((status, found["ok"], found["verified"]), (0, True, True), str(found))
    equal(found["certificate"]["matched"], "localhost")
    implicit = found["starttls"]["mode"] == "implicit"
    for phase in ["connect", "tls", "total"] + ["starttls"] * (not implicit):
        assert found["ms"][phase] > 0, f"no {phase}: {found}"
    return found


def fails(reason: str, target: str, *options: str) -> str:
    """A conversation that fails for this reason; returns the message."""
    status, found = probe(target, *options)
    equal((status, found["ok"], found["reason"]), (1, False, reason), str(found))
    return found["message"]


@contextmanager
def stopped_half_way(
    units: tuple[str, ...], port: int, implicit: bool = False
) -> Iterator[int]:
    """A port that leads to the server at another, which stops on the way.

    All its processes do when it has said the first octets or, where those would
    be TLS, at the connection, which the kernel accepts.
    """
    relay = Relay(units, port, implicit)
    relay.start()
    try:
        yield relay.port
    finally:
        relay.join(HANG)
        must("systemctl", "kill", "--signal=CONT", *units)
    assert relay.halted, f"the server at {port} was not stopped"


class Relay(threading.Thread):
    """Relays one connection, for stopped_half_way(), until an end closes it."""

    def __init__(self, units: tuple[str, ...], port: int, implicit: bool) -> None:
        super().__init__(daemon=True)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.settimeout(HANG)
        self.port = self._listener.getsockname()[1]
        self._units, self._to, self._implicit = units, port, implicit
        self.halted = False

    def _halt(self) -> None:
        must("systemctl", "kill", "--signal=STOP", *self._units)

        def states() -> set[str]:
            return {state(pid) for unit in self._units for pid in processes(unit)}

        wait_until("all processes stand still", lambda: states() == {"T"})
        self.halted = True

    def run(self) -> None:
        with self._listener:
            client, _ = self._listener.accept()
        if self._implicit:
            self._halt()
        server = socket.create_connection(("localhost", self._to))
        with client, server, suppress(ConnectionError):
            while True:
                for source in select.select([client, server], [], [])[0]:
                    data = source.recv(65536)
                    if not data:
                        return
                    if source is server and not self.halted:
                        self._halt()
                    (client if source is server else server).sendall(data)


def check(server: Server, *options: str) -> None:
    """Tests what holds for every server; options are for pingtls."""
    check_ends(server, options)
    check_refusals(server, options)


def check_ends(server: Server, options: tuple[str, ...]) -> None:
    """What is logged of a conversation that ends in order, and of another."""
    schemes = ", ".join(server.schemes())

    @test(f"{schemes}: verified, and the server's log shows that we left in order")
    def verified() -> None:
        restart(server)
        begin = len(server.log())
        for scheme in server.schemes():
            before = len(server.log())
            succeeds(f"{scheme}://localhost", *options)
            wait_until(
                f"the end of {scheme} is logged",
                lambda: re.search(server.in_order[scheme], server.log()[before:]),
            )
        stop(server)
        said = server.log()[begin:]
        assert not re.search(server.disorder, said), said

    how = "it is left in order" if server.rejected_in_order else "the log tells"

    @test(f"{schemes}: a certificate for another name, and {how}")
    def wrong_name() -> None:
        restart(server, "wrong-name")
        begin = len(server.log())
        for scheme in server.schemes():
            target = f"{scheme}://localhost"
            message = fails("certificate-host-mismatch", target, *options)
            assert "elsewhere.example" in message, message
        stop(server)
        said = server.log()[begin:]
        for scheme in server.schemes():
            in_order = re.search(server.in_order[scheme], said) is not None
            in_order = in_order and not re.search(server.disorder, said)
            equal(in_order, server.rejected_in_order, f"{scheme}: {said}")


def check_refusals(server: Server, options: tuple[str, ...]) -> None:
    """What else a conversation fails for."""
    schemes = ", ".join(server.schemes())

    @test(f"{schemes}: a certificate that has expired, and the day is said")
    def expired() -> None:
        restart(server, "expired")
        for scheme in server.schemes():
            message = fails("certificate-expired", f"{scheme}://localhost", *options)
            assert "2021-01-01" in message, message

    @test(f"{', '.join(server.upgraded)}: TLS switched off is a failure called that")
    def switched_off() -> None:
        restart(server, tls=False)
        for scheme in server.upgraded:
            fails(server.off, f"{scheme}://localhost", *options)

    @test(f"{schemes}: stopped half way, given up when -w is over")
    def half_way() -> None:
        restart(server)
        for scheme in server.schemes():
            implicit = scheme in server.implicit
            with stopped_half_way(server.units, PORTS[scheme], implicit) as port:
                target = f"{scheme}://localhost:{port}"
                message = fails("timeout", target, "-w", HALTED_FOR, *options)
            assert "the deadline was over" in message, message


def check_alone(server: Server) -> None:
    """The whole of a file of tests that has no others."""
    prepare(server)
    check(server)
    main()
