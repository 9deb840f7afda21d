#!/usr/bin/python3
"""Many sessions of all kinds, good and hostile, one after the other.

    soak_peers.py PORT SEED COUNT

Each good session is checked; of the hostile ones each hears what it may hear at
most.  The last line is how many there were of each kind, as JSON.
"""

import collections
import json
import random
import socket
import ssl
import sys
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "behaviour"))
from peer import Tls, ask, connect, equal, read_rest

# Peers that have stopped in some state are held open, so many of them at once.
STALLED = 16

NOISE = random.Random(1).randbytes(4096)


class Peers:
    """The kinds of sessions; each method is one session of its kind."""

    def __init__(self, port: int, seed: int) -> None:
        self.port = port
        self.random = random.Random(seed)
        self.stalled: collections.deque[socket.socket] = collections.deque()
        self.contexts = []
        for version in ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3:
            context = ssl.create_default_context()
            # Whom it talks to is not what is tested here.
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
            context.minimum_version = context.maximum_version = version
            self.contexts.append(context)

    def tls(self, peer: socket.socket) -> Tls:
        return Tls(peer, self.random.choice(self.contexts))

    def upgraded(self, peer: socket.socket) -> Tls:
        tls = self.tls(peer)
        peer.sendall(b"STARTTLS\n" + tls.hello())
        return tls.handshake()

    def part(self, octets: bytes) -> bytes:
        return octets[: self.random.randrange(len(octets))]

    def reset(self, peer: socket.socket) -> None:
        # A linger of no time: close() sends a reset.
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0" + bytes(4))

    def last_words(self, peer: socket.socket) -> bytes:
        """What comes after our end of file; a reset is as good."""
        try:
            peer.shutdown(socket.SHUT_WR)
            return read_rest(peer)
        except OSError:
            return b""

    # Good ones.

    def plain(self, peer: socket.socket) -> None:
        ask(peer, b"PING\n", b"PONG\n")
        peer.sendall(b"QUIT\n")
        equal(read_rest(peer), b"")

    def pipelined(self, peer: socket.socket) -> None:
        peer.sendall(b"PING\n" * 20 + b"QUIT\n")
        equal(read_rest(peer), b"PONG\n" * 20)

    def over_tls(self, peer: socket.socket) -> None:
        ask(peer, b"PING\n", b"PONG\n")
        tls = self.upgraded(peer)
        ask(tls, b"PING\n", b"PONG\n")
        tls.sendall(b"QUIT\n")
        equal(tls.read_rest(), b"")

    # Hostile ones.

    def garbage(self, peer: socket.socket) -> None:
        start = self.random.randrange(len(NOISE) - 1)
        peer.sendall(NOISE[start : start + self.random.randrange(1, 2000)])
        heard = self.last_words(peer)
        assert len(heard) < 256, heard

    def line_too_long(self, peer: socket.socket) -> None:
        peer.sendall(b"x" * 600)
        equal(self.last_words(peer), b"ERR line too long\n")

    def half_handshake(self, peer: socket.socket) -> None:
        peer.sendall(b"STARTTLS\n" + self.part(self.tls(peer).hello()))
        self.last_words(peer)

    def broken_handshake(self, peer: socket.socket) -> None:
        hello = bytearray(self.tls(peer).hello())
        hello[self.random.randrange(5, len(hello))] ^= 0xFF
        peer.sendall(b"STARTTLS\n" + hello)
        self.last_words(peer)

    def injected(self, peer: socket.socket) -> None:
        peer.sendall(b"STARTTLS\nPING\n" + self.tls(peer).hello())
        heard = self.last_words(peer)
        assert b"PONG" not in heard, heard

    def left_in_handshake(self, peer: socket.socket) -> None:
        peer.sendall(b"STARTTLS\n" + self.tls(peer).hello())
        equal(peer.recv(1), b"\x16")

    def broken_record(self, peer: socket.socket) -> None:
        tls = self.upgraded(peer)
        tls.object.write(b"PING\n")
        record = bytearray(tls.out.read())
        record[self.random.randrange(len(record))] ^= 0xFF
        peer.sendall(record)
        self.last_words(peer)

    def errors_over_tls(self, peer: socket.socket) -> None:
        tls = self.upgraded(peer)
        tls.sendall(b"x\nSTARTTLS\ny\nPING\n")
        heard = tls.read_rest()
        assert heard.endswith(b"ERR too many errors\n"), heard

    def reset_in_the_clear(self, peer: socket.socket) -> None:
        peer.sendall(self.part(b"PING\nPING\nSTARTTLS\n"))
        self.reset(peer)

    def reset_in_handshake(self, peer: socket.socket) -> None:
        peer.sendall(b"STARTTLS\n" + self.part(self.tls(peer).hello()))
        self.reset(peer)

    def reset_over_tls(self, peer: socket.socket) -> None:
        self.upgraded(peer).sendall(self.part(b"PING\nPING\n"))
        self.reset(peer)

    def stalls(self, peer: socket.socket) -> None:
        """Stays as it is until enough others do."""
        peer.sendall(self.part(b"PING\nSTARTTLS\n"))
        self.stalled.append(peer.dup())
        if len(self.stalled) > STALLED:
            self.stalled.popleft().close()

    # Out of a hundred.
    SHARES = {
        **{plain: 25, pipelined: 5, over_tls: 20},
        **{garbage: 8, line_too_long: 4, half_handshake: 6, broken_handshake: 4},
        **{injected: 4, left_in_handshake: 3, broken_record: 3, errors_over_tls: 3},
        **{reset_in_the_clear: 6, reset_in_handshake: 4, reset_over_tls: 3},
        **{stalls: 2},
    }

    def run(self, count: int) -> dict[str, int]:
        kinds: list[Callable] = list(self.SHARES)
        shares = list(self.SHARES.values())
        chosen = self.random.choices(kinds, shares, k=count)
        for kind in chosen:
            with connect(self.port) as peer:
                try:
                    kind(self, peer)
                except Exception as error:
                    error.add_note(f"in a session of the kind {kind.__name__}")
                    raise
        for peer in self.stalled:
            peer.close()
        return dict(collections.Counter(kind.__name__ for kind in chosen))


if __name__ == "__main__":
    port, seed, count = map(int, sys.argv[1:])
    print(json.dumps(Peers(port, seed).run(count)))
