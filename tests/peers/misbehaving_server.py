#!/usr/bin/python3
"""A server that is wrong in one way of your choice, for clients to bear with.

It serves as many sessions as come, each in a thread, until it is ended.
"""

import argparse
import socket
import threading
from typing import BinaryIO


def pong(lines: BinaryIO, peer: socket.socket) -> None:
    """Answers PING; returns at STARTTLS, or at the end."""
    while line := lines.readline():
        if line.strip().upper() == b"STARTTLS":
            return
        peer.sendall(b"PONG\n")


def closes(lines: BinaryIO, peer: socket.socket) -> None:
    """Closes without a word."""


def mute(lines: BinaryIO, peer: socket.socket) -> None:
    """Reads, and never answers anything."""
    while lines.readline():
        pass


def forgetful(lines: BinaryIO, peer: socket.socket) -> None:
    """Leaves every second PING without an answer."""
    answer = True
    while line := lines.readline():
        if line.strip().upper() != b"PING":
            return
        if answer:
            peer.sendall(b"PONG\n")
        answer = not answer


def talkative(lines: BinaryIO, peer: socket.socket) -> None:
    """Answers STARTTLS in the clear, as other protocols do."""
    pong(lines, peer)
    peer.sendall(b"220 go ahead\n")
    lines.read()


def injected(lines: BinaryIO, peer: socket.socket) -> None:
    """Adds an unasked clear-text PONG behind the answer to the first PING."""
    lines.readline()
    peer.sendall(b"PONG\nPONG\n")
    pong(lines, peer)
    lines.read()


def loses(lines: BinaryIO, peer: socket.socket) -> None:
    """Loses the ClientHello: never says anything after STARTTLS."""
    pong(lines, peer)
    lines.read()


def hangs_up(lines: BinaryIO, peer: socket.socket) -> None:
    """Closes at STARTTLS."""
    pong(lines, peer)


def chatters(lines: BinaryIO, peer: socket.socket) -> None:
    """Answers with a line that never ends (1 MiB of it, then closes)."""
    lines.readline()
    peer.sendall(b"P" * (1 << 20))


def wrong(lines: BinaryIO, peer: socket.socket) -> None:
    """Answers PING with something else, control characters included."""
    while lines.readline():
        peer.sendall(b"PANG \x1b[2J\x07\xff\n")


def verbose(lines: BinaryIO, peer: socket.socket) -> None:
    """Answers PING with 400 octets."""
    while lines.readline():
        peer.sendall(b"y" * 400 + b"\n")


HABITS = [
    closes,
    mute,
    forgetful,
    talkative,
    injected,
    loses,
    hangs_up,
    chatters,
    verbose,
    wrong,
]


def session(habit, peer: socket.socket) -> None:
    with peer, peer.makefile("rb") as lines:
        try:
            habit(lines, peer)
            # Closed with something left to read, it would be reset instead.
            peer.shutdown(socket.SHUT_WR)
            lines.read()
        except OSError:
            pass  # the client left


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__.splitlines()[0],
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="\n".join(f"{h.__name__}: {h.__doc__}" for h in HABITS),
    )
    parser.add_argument("habit", choices=[h.__name__ for h in HABITS])
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=10001, help="0: any")
    options = parser.parse_args()
    habit = next(h for h in HABITS if h.__name__ == options.habit)

    with socket.create_server((options.host, options.port)) as listener:
        host, port = listener.getsockname()
        print(f"misbehaving_server: listening on {host}:{port}", flush=True)
        while True:
            peer, _ = listener.accept()
            threading.Thread(target=session, args=(habit, peer), daemon=True).start()


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        pass
