#!/usr/bin/python3
"""Sources that connect too fast, or whose handshakes keep failing, must wait."""

import os
import signal
import ssl

from peer import Tls, ask, connect, dialogue, read_line, read_rest
from programs import Server, server, state
from tap import equal, main, test, wait_until

TOO_FAST = b"ERR too many connections from your address\n"
PENALISED = b"ERR too many failures from your address\n"
OTHER = "127.0.0.2"


def first_line(port: int, source: str = "") -> bytes:
    with connect(port, source=source) as peer:
        peer.sendall(b"PING\nQUIT\n")
        return read_line(peer)


def fail_handshake(pingtlsd: Server, source: str = "") -> None:
    with connect(pingtlsd.port, source=source) as peer:
        peer.sendall(b"STARTTLS\nPING\n")
        read_rest(peer)
    pingtlsd.wait_sessions(0)


@test("connections beyond the rate are refused, others' are not, and time heals")
def rate() -> None:
    with server("--max-rate-per-source", 1) as pingtlsd:
        answers = [first_line(pingtlsd.port) for _ in range(20)]
        equal(answers[:4], [b"PONG\n"] * 4, "the burst")
        assert TOO_FAST in answers, answers
        equal(first_line(pingtlsd.port, OTHER), b"PONG\n", "another source")
        pingtlsd.wait_line(r"refused 127\.0\.0\.1:\d+: too many connections a second")
        wait_until(
            "the source is served again",
            lambda: first_line(pingtlsd.port) == b"PONG\n",
        )


@test("a source whose handshakes keep failing is refused for a while")
def failures() -> None:
    def penalised() -> bool:
        """After one more; each is forgiven as time passes."""
        fail_handshake(pingtlsd)
        return first_line(pingtlsd.port) == PENALISED

    with server("--penalties", "handshake=3,min=4,max=6") as pingtlsd:
        fail_handshake(pingtlsd)
        equal(first_line(pingtlsd.port), b"PONG\n", "after one failure")
        wait_until("the source is refused", penalised)
        equal(first_line(pingtlsd.port, OTHER), b"PONG\n", "another source")
        pingtlsd.wait_line(r"refusing 127\.0\.0\.1 for the next \d s")
        wait_until(
            "the source is served again",
            lambda: first_line(pingtlsd.port) == b"PONG\n",
        )


@test("a source whose sessions crash is refused for a while")
def crashes() -> None:
    with server("--penalties", "crash=60") as pingtlsd:
        with connect(pingtlsd.port) as peer:
            ask(peer, b"PING\n", b"PONG\n")
            os.kill(pingtlsd.wait_sessions(1)[0], signal.SIGABRT)
            equal(read_rest(peer), b"", "of a session that crashed")
        pingtlsd.wait_sessions(0)
        wait_until("it is", lambda: first_line(pingtlsd.port) == PENALISED)


@test("an exempt source is not")
def exempt() -> None:
    with server(
        *("--penalties", "handshake=60,min=1"),
        *("--penalty-exempt", "192.0.2.0/24,127.0.0.0/31"),
    ) as pingtlsd:
        fail_handshake(pingtlsd)
        equal(first_line(pingtlsd.port), b"PONG\n", "the exempt source")
        fail_handshake(pingtlsd, OTHER)
        equal(first_line(pingtlsd.port, OTHER), PENALISED, "another")


@test("no one is penalised for what the service could not do")
def own_fault() -> None:
    with server("--penalties", "handshake=60,min=1") as pingtlsd:
        keyholder = pingtlsd.keyholder()
        os.kill(keyholder, signal.SIGSTOP)
        with connect(pingtlsd.port) as peer:
            tls = Tls(peer)
            peer.sendall(b"STARTTLS\n" + tls.hello())
            session = pingtlsd.wait_sessions(1)
            wait_until("the session asks", lambda: state(session[0]) == "S")
            os.kill(keyholder, signal.SIGKILL)
            try:
                tls.handshake()
                raise AssertionError("a handshake without a signature")
            except ssl.SSLError:
                pass
        pingtlsd.wait_line("unable to upgrade")
        pingtlsd.wait_line("started a new keyholder")
        dialogue(pingtlsd.port)


main()
