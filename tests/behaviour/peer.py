"""Peers of pingtlsd: sockets whose every segment is in the test's hands."""

import socket
import ssl
from collections.abc import Callable
from pathlib import Path

from programs import Server, certs, state
from tap import HANG, equal, wait_until

# Octets: no kernel buffers so many.
ENDLESS = 1 << 26


def connect(port: int, host: str = "127.0.0.1", source: str = "") -> socket.socket:
    """A TCP connection whose operations hang at most HANG seconds."""
    peer = socket.create_connection(
        (host, port), HANG, (source, 0) if source else None
    )
    peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return peer


def read_line(peer: socket.socket) -> bytes:
    """One line in the clear, and not an octet behind it; b"" at the end."""
    line = b""
    while not line.endswith(b"\n"):
        octet = peer.recv(1)
        if not octet:
            break
        line += octet
    return line


def read_rest(peer: socket.socket) -> bytes:
    """All that comes until the peer closes.  A reset is an error."""
    data = b""
    while more := peer.recv(65536):
        data += more
    return data


def ask(peer: "socket.socket | Tls", request: bytes, answer: bytes) -> None:
    """Sends a request and checks the line that answers it."""
    peer.sendall(request)
    found = peer.read_line() if isinstance(peer, Tls) else read_line(peer)
    equal(found, answer, f"answer to {request!r}")


def unread(peer: socket.socket) -> int:
    """Octets that the server's end of an IPv4 connection has not read yet."""
    ours, theirs = peer.getsockname()[1], peer.getpeername()[1]
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        _, local, remote, _, queues, *_ = line.split()
        if local.endswith(f":{theirs:04X}") and remote.endswith(f":{ours:04X}"):
            return int(queues.rpartition(":")[2], 16)
    return 0


def ask_until_blocked(
    pingtlsd: Server, peer: socket.socket, tls: "Tls | None" = None
) -> None:
    """Sends PINGs, and reads nothing, until the session cannot send its replies:
    it sleeps although there is more to read.  It may also be ended for that."""
    unsent, sent = b"", 0

    def blocked() -> bool:
        nonlocal unsent, sent
        asleep = all(state(pid) == "S" for pid in pingtlsd.sessions())
        waiting = unread(peer)
        try:
            while sent < ENDLESS:
                unsent = unsent or pings(tls)
                taken = peer.send(unsent)
                unsent, sent = unsent[taken:], sent + taken
        except BlockingIOError:
            return asleep and 0 < waiting == unread(peer)
        except ConnectionError:
            return True
        raise AssertionError("the server took everything")

    peer.setblocking(False)
    wait_until("the session blocks", blocked)
    peer.settimeout(HANG)


def client_context(ca: str = "ca") -> ssl.SSLContext:
    """Trusts this authority, and takes no end without close_notify for an end."""
    context = ssl.create_default_context(cafile=str(certs() / f"{ca}.pem"))
    context.options &= ~ssl.OP_IGNORE_UNEXPECTED_EOF
    return context


class Tls:
    """TLS on a connected socket, over memory: the test sends the segments."""

    def __init__(
        self,
        peer: socket.socket,
        context: ssl.SSLContext | None = None,
        name: str = "localhost",
    ) -> None:
        self.peer = peer
        self._in, self.out = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.object = (context or client_context()).wrap_bio(
            self._in, self.out, server_hostname=name
        )
        self._line = b""

    def hello(self) -> bytes:
        """The ClientHello, not sent yet."""
        try:
            self.object.do_handshake()
        except ssl.SSLWantReadError:
            pass
        return self.out.read()

    def last_flight(self) -> bytes:
        """The client's last flight of a TLS 1.3 handshake, not sent yet."""
        while True:
            try:
                self.object.do_handshake()
                return self.out.read()
            except ssl.SSLWantReadError:
                self._in.write(self.peer.recv(65536))

    def _run(self, step: Callable):
        """Repeats a step, sending and receiving what it needs."""
        while True:
            try:
                result = step()
            except ssl.SSLWantReadError:
                self.flush()
                data = self.peer.recv(65536)
                if data:
                    self._in.write(data)
                else:
                    self._in.write_eof()
            except ssl.SSLError:
                self.flush()  # the alert
                raise
            else:
                self.flush()
                return result

    def flush(self) -> None:
        if data := self.out.read():
            self.peer.sendall(data)

    def handshake(self) -> "Tls":
        self._run(self.object.do_handshake)
        return self

    def sendall(self, data: bytes) -> None:
        """Sends data as one TLS record (16 KiB at most)."""
        self.object.write(data)
        self.flush()

    def recv(self, size: int = 65536) -> bytes:
        """What comes next; b"" after close_notify.  Truncation is an error."""
        try:
            return self._run(lambda: self.object.read(size))
        except ssl.SSLZeroReturnError:
            return b""

    def read_line(self) -> bytes:
        while b"\n" not in self._line:
            data = self.recv()
            if not data:
                break
            self._line += data
        line, newline, self._line = self._line.partition(b"\n")
        return line + newline

    def read_rest(self) -> bytes:
        data, self._line = self._line, b""
        while more := self.recv():
            data += more
        return data

    def close_notify(self) -> None:
        """Says that no more will come, without waiting for the same."""
        try:
            self.object.unwrap()
        except ssl.SSLWantReadError:
            pass
        self.flush()


def pings(tls: Tls | None) -> bytes:
    """Many requests, over TLS or in the clear, to be sent by the caller."""
    requests = b"PING\n" * 3000
    if tls is None:
        return requests
    tls.object.write(requests)
    return tls.out.read()


def upgrade(
    peer: socket.socket,
    context: ssl.SSLContext | None = None,
    name: str = "localhost",
) -> Tls:
    """STARTTLS and the handshake, the ClientHello in STARTTLS's segment."""
    tls = Tls(peer, context, name)
    peer.sendall(b"STARTTLS\n" + tls.hello())
    return tls.handshake()


def dialogue(port: int, context: ssl.SSLContext | None = None) -> None:
    """One whole good session: PING, STARTTLS, PING, QUIT."""
    with connect(port) as peer:
        ask(peer, b"PING\n", b"PONG\n")
        tls = upgrade(peer, context)
        ask(tls, b"PING\n", b"PONG\n")
        tls.sendall(b"QUIT\n")
        equal(tls.read_rest(), b"", "after QUIT over TLS")


def serves(port: int, context: ssl.SSLContext | None = None) -> bool:
    """Whether such a session succeeds: one that is late is cut by short limits."""
    try:
        dialogue(port, context)
    except (OSError, AssertionError):
        return False
    return True
