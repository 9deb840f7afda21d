#!/usr/bin/python3
"""pingtls behaves as people know it from ping: counts, times, exit status."""

import re
import signal
import socket
import subprocess
import time
from pathlib import Path

from programs import PINGTLS, Program, certs, python_peer, run, server
from tap import DEADLINES, HANG, equal, has, main, test


def ping(*options: object, **how) -> subprocess.CompletedProcess[str]:
    return run([PINGTLS, "--ca-file", certs() / "ca.pem", *options], **how)


def host(port: int) -> str:
    return f"localhost:{port}"


def replies(text: str) -> list[str]:
    """The lines of single replies: those with a sequence number and a time."""
    return re.findall(r"(?m)^.*seq=\d+.*time=.* ms.*$", text)


@test("-c: so many pings, one in the clear and the rest over TLS; status 0")
def count() -> None:
    with server() as pingtlsd:
        ended = ping("-c", 5, "-i", 0.01, host(pingtlsd.port))
        equal(ended.returncode, 0, f"exit status: {ended.stdout}{ended.stderr}")
        assert len(replies(ended.stdout)) >= 5, ended.stdout
        has(ended.stdout, "loss", "min/avg/max/mdev", "clear")
        has(ended.stdout, "handshake", r"TLS ?v?1\.3")
        has(ended.stdout, "AES|CHACHA", "localhost", "pingtls test CA", r"\d+ days")
        equal(ended.stderr, "", "standard error")
        pingtlsd.wait_sessions(0)


@test("--plain never upgrades")
def plain() -> None:
    with server() as pingtlsd:
        ended = ping("--plain", "-c", 3, "-i", 0.01, host(pingtlsd.port))
        equal(ended.returncode, 0, f"exit status: {ended.stdout}{ended.stderr}")
        equal(len(replies(ended.stdout)), 3, ended.stdout)
        assert "handshake" not in ended.stdout, ended.stdout


@test("-q: the summary only")
def quiet() -> None:
    with server() as pingtlsd:
        ended = ping("-q", "-c", 3, "-i", 0.01, host(pingtlsd.port))
        equal(ended.returncode, 0, f"exit status: {ended.stdout}{ended.stderr}")
        equal(replies(ended.stdout), [], "replies shown")
        has(ended.stdout, "min/avg/max/mdev")


@test("-v says more")
def verbose() -> None:
    with server() as pingtlsd:
        short = ping("-c", 2, "-i", 0.01, host(pingtlsd.port))
        long = ping("-v", "-c", 2, "-i", 0.01, host(pingtlsd.port))
        equal(long.returncode, 0, f"exit status: {long.stdout}{long.stderr}")
        assert len(long.stdout.splitlines()) > len(short.stdout.splitlines())


@test("-w ends it, with status 1 when fewer than -c were answered")
def deadline() -> None:
    with server() as pingtlsd:
        ended = ping("-w", 0.5, "-c", 1000, "-i", 0.1, host(pingtlsd.port))
        equal(ended.returncode, 1, f"exit status: {ended.stdout}{ended.stderr}")
        has(ended.stdout, "min/avg/max/mdev")
        for seconds in DEADLINES:
            ended = ping("-w", seconds, "-i", 0.1, host(pingtlsd.port))
            if ended.returncode == 0:
                break
        equal(ended.returncode, 0, f"exit status: {ended.stdout}{ended.stderr}")


@test("-W: answers that do not come in time are lost; status 1")
def mute() -> None:
    peer, port = python_peer("misbehaving_server.py", "mute")
    ended = ping("--plain", "-c", 2, "-i", 0.01, "-W", 0.2, host(port))
    equal(ended.returncode, 1, f"exit status: {ended.stdout}{ended.stderr}")
    has(ended.stdout, "100% .*loss")
    # Nor is there an upgrade, which an answer could disturb.
    ended = ping("-c", 2, "-i", 0.01, "-W", 0.2, host(port))
    equal(ended.returncode, 1, f"exit status: {ended.stdout}{ended.stderr}")
    equal(ended.stderr, "", "standard error")
    has(ended.stdout, "2 sent, 0 received")
    peer.kill()


@test("an answer that comes after -W counts, with its own number and true time")
def late() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        where = f"127.0.0.1:{listener.getsockname()[1]}"
        client = Program([PINGTLS, "--plain", "-i", 0.01, "-W", 0.1, where])
        peer, _ = listener.accept()
    with peer:
        client.wait_line("no answer .* seq=1 within 0.1 s")
        client.wait_line("no answer .* seq=2 within 0.1 s")
        peer.sendall(b"PONG\n")
        found = client.wait_line(r"PONG .* seq=1 time=(\d+)")
        assert int(found[1]) >= 100, found[0]
        client.signal(signal.SIGINT)
        equal(client.wait(), 0, "exit status")
    has("\n".join(client.lines), r"\d+ sent, 1 received, \d+(\.\d+)?% loss")


@test("some answers are lost and some come: the loss is told; status 0")
def loss() -> None:
    peer, port = python_peer("misbehaving_server.py", "forgetful")
    ended = ping("--plain", "-c", 4, "-i", 0.01, "-W", 0.2, host(port))
    has(ended.stdout, r"\d+% .*loss")
    assert "100%" not in ended.stdout and " 0%" not in ended.stdout, ended.stdout
    equal(ended.returncode, 0, f"exit status: {ended.stdout}{ended.stderr}")
    peer.kill()


@test("Ctrl-C ends it in order, with the summary")
def interrupt() -> None:
    with server() as pingtlsd:
        client = Program(
            [PINGTLS, "--ca-file", certs() / "ca.pem", "-i", 0.05, host(pingtlsd.port)]
        )
        client.wait_line(r"seq=3\b")
        client.signal(signal.SIGINT)
        equal(client.wait(), 0, "exit status")
        has("\n".join(client.lines), "loss", "min/avg/max/mdev")
        pingtlsd.wait_sessions(0)


@test("each line leaves at once, so that it pipes")
def flushed() -> None:
    with server() as pingtlsd:
        began = time.monotonic()
        # Its interval is far longer than this test may last.
        client = Program(
            [PINGTLS, "--ca-file", certs() / "ca.pem", "-i", 10 * HANG]
            + [host(pingtlsd.port)]
        )
        client.wait_line(r"seq=")
        assert time.monotonic() - began < HANG
        client.signal(signal.SIGINT)
        client.wait()


@test("-4, -6 and -p choose where to go")
def addresses() -> None:
    with server(listen=("127.0.0.1:0",)) as pingtlsd:
        port = pingtlsd.port
        for words in ["-4", f"localhost:{port}"], ["-p", port, "localhost"]:
            ended = ping("-c", 2, "-i", 0.01, *words)
            equal(ended.returncode, 0, f"exit status of {words}")
        equal(ping("-6", "-c", 2, f"127.0.0.1:{port}").returncode, 1, "exit status")
    if not Path("/proc/net/if_inet6").exists():
        return
    with server(listen=("[::1]:0",)) as pingtlsd:
        for words in [f"[::1]:{pingtlsd.port}"], ["-6", "-p", pingtlsd.port, "::1"]:
            ended = ping("-c", 2, "-i", 0.01, *words)
            equal(ended.returncode, 0, f"exit status: {ended.stdout}{ended.stderr}")


@test("every address of a name is tried")
def every_address() -> None:
    # localhost is ::1 first where there is IPv6; the server is on 127.0.0.1.
    with server(listen=("127.0.0.1:0",)) as pingtlsd:
        equal(ping("-c", 2, "-i", 0.01, host(pingtlsd.port)).returncode, 0, "exit status")


@test("a mistake on the command line has one line and exit status 2")
def usage() -> None:
    for words in (
        [],
        ["--no-such-option", "localhost"],
        ["-c", "many", "localhost"],
        ["-c", "0", "localhost"],
        ["-i", "-1", "localhost"],
        ["localhost:99999"],
        ["tls://no-port"],
        ["smtp://user@host"],
        ["nosuch://host"],
        ["--verify-name=a b", "host"],
        ["host\nx"],
    ):
        ended = run([PINGTLS, *words])
        equal(ended.returncode, 2, f"exit status of {words}")
        equal(len(ended.stderr.splitlines()), 1, f"lines of {ended.stderr!r}")
        has(ended.stderr, "^pingtls: ")


main()
