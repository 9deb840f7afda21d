#!/usr/bin/python3
"""Floods a server from one address of the loopback interface, for a while.

Prints a line when it begins, and how many connections it made at its end, which
SIGINT brings about earlier.  It can be stopped with SIGSTOP meanwhile.
"""

import argparse
import socket
import ssl
import struct
import time

# A linger of no time: close() sends a reset, so no port stays in TIME_WAIT.
NO_LINGER = struct.pack("ii", 1, 0)


def hello() -> bytes:
    """An honest ClientHello."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = ssl.create_default_context().wrap_bio(
        incoming, outgoing, server_hostname="localhost"
    )
    try:
        tls.do_handshake()
    except ssl.SSLWantReadError:
        pass
    return outgoing.read()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("port", type=int)
    parser.add_argument("--source", required=True)
    parser.add_argument("--rate", type=int, required=True, help="connections a second")
    parser.add_argument("--seconds", type=float, required=True)
    parser.add_argument("--open", type=int, default=0, help="how many stay open")
    parser.add_argument("--handshakes", action="store_true", help="begin one in each")
    options = parser.parse_args()

    flood = Flood(options)
    print("flooder: begins", flush=True)
    try:
        flood.run()
    except KeyboardInterrupt:
        pass
    print(f"flooder: made {flood.made} connections", flush=True)


class Flood:
    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        self.begin = b"STARTTLS\n" + hello() if options.handshakes else b""
        self.held: list[socket.socket] = []
        self.made = 0

    def connect(self) -> None:
        """One more connection; the oldest goes when there are too many."""
        peer = socket.create_connection(
            ("127.0.0.1", self.options.port), 1, (self.options.source, 0)
        )
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, NO_LINGER)
        self.held.append(peer)
        self.made += 1
        peer.sendall(self.begin)
        if self.begin:
            peer.recv(1)
        while len(self.held) > self.options.open:
            self.held.pop(0).close()

    def run(self) -> None:
        pause = 1 / self.options.rate
        due = time.monotonic()
        end = due + self.options.seconds
        while (now := time.monotonic()) < end:
            # What a stop left undone is not caught up with.
            due = max(due, now - pause) + pause
            time.sleep(max(0, due - now))
            try:
                self.connect()
            except OSError:
                pass  # refused


main()
