#!/usr/bin/python3
"""pingtls pings another service by conversations, and several targets in turn."""

import re
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from over_tls import server_context
from programs import PINGTLS, certs, closed_port, run, server
from tap import HANG, HANG_TEST, equal, has, main, test, wait_until


def ping(*options: object):
    return run([PINGTLS, "--ca-file", certs() / "ca.pem", *options])


class Smtp:
    """An SMTP server that upgrades; what it heard over TLS is in `heard`."""

    def __init__(self, pair: str = "ecdsa", close_notify: bool = True) -> None:
        self.heard: list[bytes] = []
        self._orderly = close_notify
        self._context = server_context(pair)
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self) -> None:
        while True:
            peer, _ = self._socket.accept()
            try:
                self._serve(peer)
            except OSError:
                pass
            peer.close()

    def _serve(self, peer: socket.socket) -> None:
        lines = peer.makefile("rb", buffering=0)
        peer.sendall(b"220 mx.example ESMTP\r\n")
        assert lines.readline().startswith(b"EHLO ")
        peer.sendall(b"250-mx.example\r\n250 STARTTLS\r\n")
        equal(lines.readline(), b"STARTTLS\r\n")
        peer.sendall(b"220 go ahead\r\n")
        tls = self._context.wrap_socket(peer, server_side=True)
        lines = tls.makefile("rb", buffering=0)
        while line := lines.readline():
            self.heard.append(line.rstrip())
            quits = line.startswith(b"QUIT")
            tls.sendall(b"221 bye\r\n" if quits else b"250 mx.example\r\n")
            if quits:
                break
        if self._orderly:
            tls.unwrap()
        tls.close()


@test("a conversation a ping, with its phases, and an orderly leave")
def conversations() -> None:
    smtp = Smtp()
    ended = ping("-c", 3, "-i", 0.01, f"smtp://localhost:{smtp.port}")
    equal(ended.returncode, 0, f"exit status: {ended.stdout}{ended.stderr}")
    lines = re.findall(
        r"smtp from 127\.0\.0\.1: seq=\d time=[\d.]+ ms \(resolve [\d.]+, connect "
        r"[\d.]+, greeting [\d.]+, starttls [\d.]+, tls [\d.]+\)",
        ended.stdout,
    )
    equal(len(lines), 3, ended.stdout)
    has(
        ended.stdout,
        "3 connections, 3 good, 0% loss",
        "\nrtt min/avg/max/mdev = ",
        "\ntls min/avg/max/mdev = ",
    )
    equal(ended.stdout.count("certificate: "), 1, "certificates shown")
    equal(smtp.heard.count(b"QUIT"), 3, "farewells")


@test("--starttls names the service of targets without one")
def starttls_option() -> None:
    smtp = Smtp()
    ended = ping("-c", 1, "--starttls=smtp", f"localhost:{smtp.port}")
    equal(ended.returncode, 0, f"exit status: {ended.stdout}{ended.stderr}")


@test("a certificate that is refused is shown all the same, and is status 1")
def refused() -> None:
    smtp = Smtp("wrong-name")
    ended = ping("-c", 1, f"smtp://localhost:{smtp.port}")
    equal(ended.returncode, 1, "exit status")
    has(ended.stdout, r"certificate: CN=elsewhere\.example", "0 good, 100% loss")
    has(ended.stderr, "certificate not verified: name mismatch", "--verify-name")
    equal(smtp.heard, [], "heard over TLS")


@test("of TLSA records, SMTP takes none of usage 0 or 1")
def tlsa() -> None:
    smtp = Smtp()
    target = f"smtp://localhost:{smtp.port}"
    seen = re.search("TLSA record 3 (1 1 .*)", ping("-v", "-c", 1, target).stdout)[1]
    equal(ping("-c", 1, "--tlsa", f"3 {seen}", target).returncode, 0, "usage 3")
    ended = ping("-c", 1, "--tlsa", f"1 {seen}", target)
    equal(ended.returncode, 1, "usage 1")
    has(ended.stderr, "no TLSA record can be used: SMTP knows usages 2 and 3 only")


@test("a missing close_notify after the farewell is shown with -v, and no failure")
def no_close_notify() -> None:
    smtp = Smtp(close_notify=False)
    where = f"smtp://localhost:{smtp.port}"
    quiet, verbose = ping("-c", 1, where), ping("-v", "-c", 1, where)
    equal((quiet.returncode, verbose.returncode), (0, 0), verbose.stderr)
    assert "close_notify" not in quiet.stdout, quiet.stdout
    has(verbose.stdout, "no close_notify", 'in the clear.*"220 go ahead"')


@test("several targets, once each; status 1 if one of them fails")
def several() -> None:
    smtp, closed = Smtp(), closed_port()
    with server() as pingtlsd:
        good = f"localhost:{pingtlsd.port}", f"smtp://localhost:{smtp.port}"
        ended = ping(*good)
        equal(ended.returncode, 0, f"exit status: {ended.stdout}{ended.stderr}")
        equal(ended.stdout.count(" pingtls statistics ---"), 2, "summaries")
        ended = ping(good[0], f"smtp://127.0.0.1:{closed}", good[1])
        equal(ended.returncode, 1, "exit status")
        equal(len(ended.stderr.splitlines()), 1, f"lines of {ended.stderr!r}")
        equal(ended.stdout.count(" pingtls statistics ---"), 3, "summaries")


@test("--reconnect makes a connection for each ping of ours")
def reconnect() -> None:
    with server() as pingtlsd:
        ended = ping("-r", "-c", 3, "-i", 0.01, f"localhost:{pingtlsd.port}")
        equal(ended.returncode, 0, f"exit status: {ended.stdout}{ended.stderr}")
        has(ended.stdout, "3 connections, 3 good")
        # Each shows its phases, and its pings have its number.
        for number in 1, 2, 3:
            has(
                ended.stdout,
                rf"(?m)^PONG from 127\.0\.0\.1 in the clear: seq={number} time=.*\n"
                r"(STARTTLS: .*\ncertificate: .*\n)?"
                rf"PONG from 127\.0\.0\.1 over TLS: seq={number} time=.*\n"
                rf"pingtls from 127\.0\.0\.1: seq={number} time=[\d.]+ ms "
                r"\(resolve [\d.]+, connect [\d.]+, starttls [\d.]+, tls [\d.]+\)$",
            )
        wait_until(
            "three sessions in the log",
            lambda: sum("session from" in x for x in pingtlsd.lines) == 3,
        )
        # With -w all of them have to be answered, one a connection.
        ended = ping(
            "-r", "-c", 2, "-i", 0.01, "-w", HANG, f"localhost:{pingtlsd.port}"
        )
        equal(ended.returncode, 0, f"exit status: {ended.stdout}{ended.stderr}")


@test("where nobody reads about it, the other targets are left alone")
def unread() -> None:
    with server() as pingtlsd, open("/dev/full", "wb") as full:
        where = f"localhost:{pingtlsd.port}"
        ended = run(
            [PINGTLS, "--ca-file", certs() / "ca.pem", "--parallel=1"]
            + [where, where, where],
            **{"capture_output": False, "stdout": full, "stderr": subprocess.PIPE},
        )
        equal(ended.returncode, 2, f"exit status: {ended.stderr}")
        has(ended.stderr, "cannot write to standard output: No space left")
    # It has ended, and so has its log.
    equal(sum("session from" in x for x in pingtlsd.lines), 1, "sessions")


@test("--min-days and --pinnedpubkey are asked of a certificate that verifies")
def demands() -> None:
    with server() as pingtlsd:
        where = f"localhost:{pingtlsd.port}"
        ended = ping("-v", "-c", 1, "--min-days", 30, where)
        equal(ended.returncode, 0, f"exit status: {ended.stdout}{ended.stderr}")
        pin = re.search(r"sha256//\S+", ended.stdout)[0]
        ended = ping("-c", 1, "--min-days", 4000, where)
        equal(ended.returncode, 1, "exit status")
        has(ended.stderr, r"ends in \d+ days, fewer than --min-days")
        wrong = "sha256//" + "A" * 43 + "="
        equal(ping("-c", 1, f"--pinnedpubkey={wrong};{pin}", where).returncode, 0)
        ended = ping("-c", 1, f"--pinnedpubkey={wrong}", where)
        equal(ended.returncode, 1, "exit status")
        has(ended.stderr, re.escape(f"no pin of --pinnedpubkey fits the server's key, {pin}"))


@test("-D puts the time before each line")
def timestamps() -> None:
    with server() as pingtlsd:
        ended = ping("-D", "--plain", "-c", 2, "-i", 0.01, f"localhost:{pingtlsd.port}")
        for line in filter(None, ended.stdout.splitlines()):
            has(line, r"^\[\d+\.\d{6}\] ")


@test("numbers are addresses: verified as such, and sent as no name")
def numbers() -> None:
    with server() as pingtlsd:
        for number in "127.1", "2130706433", "0x7f000001", "0177.0.0.1":
            ended = ping("-c", 1, f"{number}:{pingtlsd.port}")
            equal(ended.returncode, 0, f"{number}: {ended.stderr}")
            has(ended.stdout, r"matches 127\.0\.0\.1,")


class Proxy:
    """An HTTP proxy whose answer shares a segment with the tunnel's first octets."""

    def __init__(self, answer: bytes = b"HTTP/1.1 200 OK\r\nX: y\r\n\r\n") -> None:
        self.asked: list[bytes] = []
        self._answer = answer
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self) -> None:
        while True:
            peer, _ = self._socket.accept()
            threading.Thread(target=self._serve, args=(peer,), daemon=True).start()

    def _serve(self, peer: socket.socket) -> None:
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            head += peer.recv(1)
        self.asked.append(head.split(b"\r\n")[0])
        if b" 200 " not in self._answer:
            peer.sendall(self._answer)
            peer.close()
            return
        port = int(head.split()[1].rpartition(b":")[2])
        server_side = socket.create_connection(("127.0.0.1", port))
        first = server_side.recv(4096) if b"smtp" in head else b""
        peer.sendall(self._answer + first)
        threading.Thread(target=copy, args=(peer, server_side), daemon=True).start()
        copy(server_side, peer)


def copy(source: socket.socket, sink: socket.socket) -> None:
    try:
        while octets := source.recv(65536):
            sink.sendall(octets)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        pass


@test("-x: through an HTTP proxy, which resolves the name")
def proxy() -> None:
    proxy = Proxy()
    through = "-x", f"127.0.0.1:{proxy.port}"
    with server() as pingtlsd:
        where = f"name.of.the.proxy.invalid:{pingtlsd.port}"
        ended = ping("-c", 1, *through, "--verify-name=localhost", where)
        equal(ended.returncode, 0, f"exit status: {ended.stdout}{ended.stderr}")
        has(ended.stdout, "through the proxy 127.0.0.1:")
    smtp = Smtp()
    ended = ping(
        *("-c", 1, *through, "--verify-name=localhost"),
        f"smtp://smtp.invalid:{smtp.port}",
    )
    equal(ended.returncode, 0, f"exit status: {ended.stdout}{ended.stderr}")
    has(ended.stdout, r", proxy [\d.]+, greeting ")
    equal(
        proxy.asked,
        [f"CONNECT {where} HTTP/1.1".encode()]
        + [f"CONNECT smtp.invalid:{smtp.port} HTTP/1.1".encode()],
        "asked of the proxy",
    )


@test("-x: a proxy that refuses is named, and so is one that is none")
def proxy_refuses() -> None:
    for answer, word in (
        (b"HTTP/1.1 403 Forbidden\r\n\r\n", "403 Forbidden"),
        (b"220 I am a mail server\r\n", "220 I am"),
    ):
        proxy = Proxy(answer)
        ended = ping("-c", 1, "-x", f"127.0.0.1:{proxy.port}", "smtp://mx.example")
        equal(ended.returncode, 1, "exit status")
        equal(len(ended.stderr.splitlines()), 1, f"lines of {ended.stderr!r}")
        has(ended.stderr, "proxy", word)


@contextmanager
def stops_after(said: bytes) -> Iterator[str]:
    """Where a server is that says this and no more."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def talk() -> None:
            with listener.accept()[0] as peer:
                peer.sendall(said)
                while peer.recv(4096):
                    pass

        thread = threading.Thread(target=talk, daemon=True)
        thread.start()
        yield f"localhost:{listener.getsockname()[1]}"
        thread.join(HANG)


@test("what to do about a time-out depends on who was silent, and since when")
def silent() -> None:
    guess, patience = "is it a port for smtps://?", "-W waits longer"

    def fails(advice: str, what: str, *options: object) -> None:
        ended = ping("-c", 1, "-W", 0.3, *options)
        equal(ended.returncode, 1, "exit status")
        has(ended.stderr, f"did not send {what} ")
        equal(guess in ended.stderr, advice == guess, ended.stderr)
        equal(patience in ended.stderr, advice == patience, ended.stderr)

    with stops_after(b"") as where:
        fails(guess, "its greeting", f"smtp://{where}")
    for said in b"220-mx.exa", b"220-mx.example\r\n", b"220-mx.example\r\n22":
        with stops_after(said) as where:
            fails(patience, "the whole of its greeting", f"smtp://{where}")
    for said, what in (b"", "its reply"), (b"HTTP/1.1 200 ", "the whole of its reply"):
        with stops_after(said) as proxy:
            fails(patience, what, "-x", proxy, "smtp://mx.example")


@test("no conversation lasts longer than a minute, however patient -W is")
def a_minute() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        target = f"smtp://127.0.0.1:{silent.getsockname()[1]}"
        ended = run([PINGTLS, "-c", 1, "-W", 1000, target], timeout=HANG_TEST)
    equal(ended.returncode, 1, "exit status")
    has(ended.stderr, r"did not send its greeting within 6\d\.\d+ s")


main()
