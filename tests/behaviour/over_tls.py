"""Servers of each service that take STARTTLS, and then end as a test wants."""

import json
import socket
import ssl
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from subprocess import CompletedProcess

from hostile import hostile_server
from json_lines import validate
from programs import PINGTLS, cert, certs, key, run
from tap import HANG, comment

# Services with TLS from the start, by the one whose dialogue they have inside.
IMPLICIT = {
    **{"smtps": "smtp", "submissions": "submission", "imaps": "imap"},
    **{"pop3s": "pop3", "ftps": "ftp", "nntps": "nntp"},
    **{"xmpps": "xmpp", "ldaps": "ldap"},
}
SERVICES = [*hostile_server.DIALOGUES, *IMPLICIT, "tls"]
# Clients at once.
AT_ONCE = 4

# What connection() gives of one that went well.
GOOD = 0, True, None, ""


def farewell(service: str) -> list[hostile_server.Step]:
    """What is said over TLS."""
    if service == "tls":
        return []
    if service not in IMPLICIT:
        return hostile_server.FAREWELLS[service]
    base = IMPLICIT[service]
    # The greeting, of those services that have one, comes over TLS.
    greeting = hostile_server.DIALOGUES[base][0]
    return [greeting] * (greeting[0] == "S") + hostile_server.FAREWELLS[base]


def replies(service: str) -> int:
    """How many the server says over TLS."""
    return sum(who == "S" for who, _ in farewell(service))


def server_context(pair: str = "ecdsa") -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert(pair), key(pair))
    return context


class Server(threading.Thread):
    """A server of one connection: says all, and what it hears then is the end."""

    def __init__(self, service: str, context: ssl.SSLContext | None = None) -> None:
        super().__init__(daemon=True)
        self.service = service
        # What the client has ended with: b"" is close_notify.
        self.end: object = None
        # Who the client is by its certificate, if it has shown one.
        self.client: dict | None = None
        self._context = context or server_context()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.settimeout(HANG)
        self.target = f"{service}://localhost:{self._listener.getsockname()[1]}"
        self.start()

    def run(self) -> None:
        with self._listener:
            peer, _ = self._listener.accept()
        with peer:
            peer.settimeout(HANG)
            try:
                if self.service in hostile_server.DIALOGUES:
                    clear = hostile_server.Peer(peer, self.service, None, False)
                    clear.play(clear.say, clear.dialogue)
                with self._context.wrap_socket(
                    peer, server_side=True, suppress_ragged_eofs=False
                ) as tls:
                    self.client = tls.getpeercert()
                    self.speak(tls)
            except OSError as error:
                self.end = error

    def say(self, tls: ssl.SSLSocket, most: int) -> None:
        """The dialogue over TLS up to this many replies of the server."""
        for who, octets in farewell(self.service):
            if who == "C":
                hostile_server.hear(tls, octets)
            elif most == 0:
                return
            else:
                tls.sendall(octets)
                most -= 1

    def speak(self, tls: ssl.SSLSocket) -> None:
        self.say(tls, replies(self.service))
        self.end = tls.recv(4096)


class Ends(Server):
    """Ends in the place of a reply or, from the last on, after all."""

    def __init__(self, service: str, reply: int) -> None:
        self._reply = reply
        super().__init__(service)

    def speak(self, tls: ssl.SSLSocket) -> None:
        self.say(tls, self._reply)
        self.finish(tls)

    def finish(self, tls: ssl.SSLSocket) -> None:
        raise NotImplementedError


class Cuts(Ends):
    """Closes without close_notify."""

    def finish(self, tls: ssl.SSLSocket) -> None:
        with socket.socket(fileno=tls.detach()) as raw:
            raw.shutdown(socket.SHUT_WR)
            while raw.recv(4096):
                pass


class Leaves(Ends):
    """Closes with close_notify."""

    def finish(self, tls: ssl.SSLSocket) -> None:
        with tls.unwrap():
            pass


def ping(*options: object) -> CompletedProcess[str]:
    return run([PINGTLS, "-c", 1, "--ca-file", certs() / "ca.pem", *options])


# Objects that are still to be validated.
_said: list[dict] = []


def objects(*options: object) -> tuple[int, dict]:
    """Pings; the exit status, and the object of the connection."""
    ended = ping("-j", *options)
    told, summary = map(json.loads, ended.stdout.splitlines())
    _said.extend([told, summary])
    return ended.returncode, told


def connection(*options: object) -> tuple[int, bool, str | None, str]:
    """Pings; the exit status, whether all was good, the reason and the message."""
    status, told = objects(*options)
    return status, told["ok"], told["reason"], told["message"] or ""


def each(judge: Callable, cases: list) -> None:
    """Calls judge() for each case, some at once."""
    comment(f"{len(cases)} cases")
    certs()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(judge, cases))
    if _said:
        validate(_said)
    _said.clear()
