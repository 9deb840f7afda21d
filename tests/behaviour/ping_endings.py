#!/usr/bin/python3
"""pingtls ends when it is told to, whatever keeps it waiting."""

import fcntl
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from programs import (
    PINGTLS,
    Program,
    certs,
    children,
    command_name,
    python_peer,
    run,
    scratch,
    server,
    state,
)
from tap import (
    DEADLINES,
    HANG,
    equal,
    has,
    main,
    needs,
    needs_root,
    test,
    wait_until,
)


def command(*options: object) -> list[str]:
    return [PINGTLS, "--ca-file", str(certs() / "ca.pem"), *map(str, options)]


@contextmanager
def stalled(stream: str, *options: object) -> Iterator[subprocess.Popen]:
    """A flood of pings of which nobody reads standard output or error."""
    reader, writer = os.pipe()
    fcntl.fcntl(writer, fcntl.F_SETPIPE_SZ, 4096)
    others = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with server() as pingtlsd:
        flood = command("-i", 0, *options, f"localhost:{pingtlsd.port}")
        with subprocess.Popen(flood, **{**others, stream: writer}) as program:
            os.close(writer)
            yield program
            program.wait(HANG)
        os.close(reader)


def full(reader_of: subprocess.Popen) -> None:
    """Waits until the pipe of its standard output is full."""
    path = f"/proc/{reader_of.pid}/fd/1"

    def cannot_write() -> bool:
        try:
            end = os.open(path, os.O_WRONLY | os.O_NONBLOCK)
        except OSError:
            return False
        try:
            # Less than a line of pingtls fits.
            os.write(end, bytes(100))
            return False
        except BlockingIOError:
            return True
        finally:
            os.close(end)

    wait_until("the pipe is full", cannot_write)


# A line for each ping, and an object for each conversation.
REPORTS = ((), ("-j", "-r"))


@test("nobody reads standard output: -w ends it, with --json too")
def stalled_deadline() -> None:
    for report in REPORTS:
        for seconds in DEADLINES:
            with stalled("stdout", "-w", seconds, *report) as program:
                status = program.wait(HANG)
            if status == 0:
                break
        equal(status, 0, f"exit status with {report}")


@test("nobody reads standard output: SIGTERM and SIGINT end it, with --json too")
def stalled_signals() -> None:
    for report in REPORTS:
        for number in signal.SIGTERM, signal.SIGINT:
            with stalled("stdout", *report) as program:
                full(program)
                program.send_signal(number)
                equal(program.wait(HANG), 0, f"exit status with {report}")


@test("a reader that goes away ends it, with --json too")
def closed_pipe() -> None:
    for report in REPORTS:
        with server() as pingtlsd:
            with subprocess.Popen(
                command("-i", 0.01, *report, f"localhost:{pingtlsd.port}"),
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            ) as program:
                program.stdout.readline()
                program.stdout.close()
                equal(program.wait(HANG), 2, f"exit status with {report}")
                has(program.stderr.read(), "^pingtls: cannot write to .*: Broken pipe")
            pingtlsd.wait_sessions(0)


@test("a full disk ends it, with --json too")
def full_disk() -> None:
    for report in REPORTS:
        with server() as pingtlsd, open("/dev/full", "wb") as disk:
            ended = subprocess.run(
                command("-i", 0.01, *report, f"localhost:{pingtlsd.port}"),
                stdout=disk,
                stderr=subprocess.PIPE,
                text=True,
                timeout=HANG,
            )
            equal(ended.returncode, 2, f"exit status with {report}")
            equal(len(ended.stderr.splitlines()), 1, ended.stderr)
            has(ended.stderr, "^pingtls: cannot write to .*: No space left on device")
            pingtlsd.wait_sessions(0)


@test("standard output that does not block is waited for, too")
def non_blocking() -> None:
    reader, writer = os.pipe()
    fcntl.fcntl(writer, fcntl.F_SETPIPE_SZ, 4096)
    os.set_blocking(writer, False)
    with server() as pingtlsd:
        where = f"localhost:{pingtlsd.port}"
        with subprocess.Popen(
            command("-i", 0, "-c", 300, where), stdout=writer
        ) as program:
            full(program)
            os.close(writer)
            with open(reader, "rb") as lines:
                text = lines.read().replace(b"\0", b"").decode()
            equal(program.wait(HANG), 0, "exit status")
    has(text, r"over TLS: seq=300\b", "over TLS: 300 sent, 300 received")


@test("nobody reads standard error: -w ends it all the same")
def stalled_error() -> None:
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    try:
        while True:
            os.write(writer, bytes(4096))
    except BlockingIOError:
        pass
    os.set_blocking(writer, True)
    targets = ["127.0.0.1:1"] * 3
    ended = subprocess.run(
        command("-w", 1, *targets),
        stdout=subprocess.DEVNULL,
        stderr=writer,
        timeout=HANG,
    )
    equal(ended.returncode, 1, "exit status")
    os.close(reader)
    os.close(writer)


class Listener:
    """A server of one connection, in a thread."""

    def __init__(self, serve: Callable[[socket.socket], None]) -> None:
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.where = f"localhost:{self.socket.getsockname()[1]}"
        self._serve = serve
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self) -> None:
        peer, _ = self.socket.accept()
        with peer:
            try:
                self._serve(peer)
            except OSError:
                pass


@test("-c with -w waits for answers that come after -W")
def late_answers() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        options = "--plain", "-c", 3, "-i", 0.01, "-W", 0.05, "-w", 2 * HANG
        where = f"127.0.0.1:{listener.getsockname()[1]}"
        program = Program(command(*options, where))
        peer, _ = listener.accept()
    with peer:
        program.wait_line(r"no answer .* seq=3\b")
        peer.sendall(b"PONG\n" * 3)
        equal(program.wait(), 0, "exit status")
    has("\n".join(program.lines), "3 sent, 3 received, 0% loss")


@test("-w is not longer for a server that never closes")
def never_closes() -> None:
    def serve(peer: socket.socket) -> None:
        while peer.recv(4096):
            peer.sendall(b"PONG\n")
        time.sleep(2 * HANG)

    def seconds() -> float:
        began = time.monotonic()
        run(command("--plain", "-w", 0.2, Listener(serve).where))
        return time.monotonic() - began

    # Another second for its close would show in each; load does not.
    assert any(seconds() < 1.2 for _ in range(10)), "1.2 s each time"


@test("a handshake that -w cuts is not called the server's fault")
def cut_handshake() -> None:
    peer, port = python_peer("misbehaving_server.py", "loses")
    for seconds in DEADLINES:
        ended = run(command("-c", 1, "-w", seconds, f"localhost:{port}"))
        equal(ended.returncode, 1, "exit status")
        if "in the handshake" in ended.stderr:
            break
    has(ended.stderr, "the deadline was over in the handshake")
    assert "--starttls-delay" not in ended.stderr, ended.stderr
    peer.kill()


def upgrade_in_the_clear(peer: socket.socket) -> None:
    """PONG, and the ClientHello is read."""
    lines = peer.makefile("rb", buffering=0)
    equal(lines.readline(), b"PING\n")
    peer.sendall(b"PONG\n")
    equal(lines.readline(), b"STARTTLS\n")
    assert lines.read(1) == b"\x16"


HALF_A_RECORD = b"\x16\x03\x03\x00\x7a\x02\x00\x00\x76\x03\x03"


def half_way(peer: socket.socket) -> None:
    """The handshake stops in the first record."""
    upgrade_in_the_clear(peer)
    peer.sendall(HALF_A_RECORD)
    time.sleep(2 * HANG)


def drip(peer: socket.socket) -> None:
    """An octet of that record every 0.1 s."""
    upgrade_in_the_clear(peer)
    for octet in HALF_A_RECORD + bytes(10 * HANG):
        peer.sendall(bytes([octet]))
        time.sleep(0.1)


def in_handshake(serve: Callable[[socket.socket], None], option: str, said: str) -> str:
    """What it says of such a server's handshake once -w or -W is over.

    On a slow machine a short one is over before the octets come.
    """
    for seconds in DEADLINES:
        ended = run(command("-c", 1, option, seconds, Listener(serve).where))
        equal(ended.returncode, 1, "exit status")
        if re.search(said, ended.stderr):
            break
    has(ended.stderr, said)
    assert "--starttls-delay" not in ended.stderr, ended.stderr
    return ended.stderr


@test("a handshake that stops half way is said to have")
def stops_half_way() -> None:
    said = in_handshake(half_way, "-W", "stopped half way: 11 octets")
    has(said, "MTU")


@test("a handshake that -w cuts half way is not said to have lost packets")
def cut_half_way() -> None:
    over = "the deadline was over in the handshake, .* [1-9][0-9]* octets"
    for serve in half_way, drip:
        said = in_handshake(serve, "-w", over)
        assert "MTU" not in said, said


@test("a server whose handshake is slow is not said to have fallen silent")
def slow_handshake() -> None:
    said = in_handshake(drip, "-W", "slow in the handshake: [1-9][0-9]* octets")
    assert "MTU" not in said, said


def stopped_in_handshake(seconds: float) -> str:
    """What it says of a handshake that lasted so long, while it was stopped."""
    in_handshake = threading.Event()

    def serve(peer: socket.socket) -> None:
        upgrade_in_the_clear(peer)
        in_handshake.set()
        time.sleep(2 * HANG)

    with subprocess.Popen(
        command("-c", 1, "-W", seconds, Listener(serve).where),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as program:
        wait_until(
            "it is in the handshake, or late",
            lambda: in_handshake.is_set() or state(program.pid) == "Z",
        )
        processes = [program.pid, *children(program.pid)]
        # As a shell's job control does.
        os.killpg(program.pid, signal.SIGSTOP)
        wait_until(
            "it is stopped, or was late",
            lambda: {state(x) for x in processes} <= {"T", "Z", ""},
        )
        time.sleep(seconds + 0.1)
        os.killpg(program.pid, signal.SIGCONT)
        return program.communicate(timeout=HANG)[1]


@test("time that passed while it was stopped is nobody's fault")
def suspended() -> None:
    said = (stopped_in_handshake(seconds) for seconds in DEADLINES)
    assert any("while this process was stopped" in text for text in said)


# A network whose name server never answers: it is a socket that nobody reads.
MUTE_RESOLVER = """
set -e
ip link set lo up
mount --bind "$1" /etc/resolv.conf
mount --bind "$2" /etc/nsswitch.conf
shift 2
exec "$@"
"""
MUTE_SERVER = """
import os, socket, sys
mute = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
mute.bind(("127.0.0.1", 53))
mute.set_inheritable(True)
os.execv(sys.argv[1], sys.argv[1:])
"""


def without_answers(*options: object) -> list[str]:
    """The command in that network."""
    needs_root()
    resolv, switch = scratch() / "resolv.conf", scratch() / "nsswitch.conf"
    resolv.write_text("nameserver 127.0.0.1\n")
    switch.write_text("hosts: dns\n")
    apart = [needs("unshare"), "--net", "--mount", "--propagation", "private"]
    return [
        *(*apart, "sh", "-c", MUTE_RESOLVER, "sh", str(resolv), str(switch)),
        *(sys.executable, "-c", MUTE_SERVER, *command(*options)),
    ]


@test("a look-up is cut short by -w, that of TLSA records too")
def look_up() -> None:
    for options in [], ["--dane"]:
        words = "-w", 0.5, "-W", HANG, *options, "name.example"
        ended = run(without_answers(*words))
        equal(ended.returncode, 1, f"exit status: {ended.stdout}{ended.stderr}")
        has(ended.stderr, r"cannot resolve: the look-up took over .* .the deadline was over")


@test("a look-up is cut short by a signal, and leaves no process")
def look_up_signal() -> None:
    for options in [], ["--dane"]:
        program = Program(without_answers("-W", HANG, *options, "name.example"))
        wait_until(
            "it looks up",
            lambda: command_name(program.pid) == "pingtls" and children(program.pid),
        )
        program.signal(signal.SIGTERM)
        equal(program.wait(), 1, "exit status")
        equal(program.session(), [], "processes that stay")


@test("a server that is gone while -i waits is told by what it said")
def idle() -> None:
    with server("--idle-timeout", 1) as pingtlsd:
        where = f"localhost:{pingtlsd.port}"
        for timeout in HANG / 2, 2 * HANG:
            ended = run(command("-W", timeout, "-i", HANG, where))
            equal(ended.returncode, 1, f"exit status: {ended.stdout}{ended.stderr}")
            has(ended.stderr, "ERR timeout", "-i is longer")


@test("a server that ends a session of many pings is not said to find -i long")
def session_over() -> None:
    for seconds in DEADLINES:
        with server("--session-timeout", seconds) as pingtlsd:
            where = f"localhost:{pingtlsd.port}"
            ended = run(command("--plain", "-W", 0.05, "-i", 0.1, where))
        equal(ended.returncode, 1, f"exit status: {ended.stdout}{ended.stderr}")
        has(ended.stderr, "ERR timeout")
        if "seq=3" in ended.stdout:
            break
    assert "-i is longer" not in ended.stderr, ended.stderr


@test("a port that speaks TLS at once is called that, and one that does not")
def wrong_mode() -> None:
    def serve(peer: socket.socket) -> None:
        peer.recv(100)
        peer.sendall(b"\x15\x03\x01\x00\x02\x02\x46")

    ended = run(command("-c", 1, Listener(serve).where))
    equal(ended.returncode, 1, "exit status")
    has(ended.stderr, "speaks TLS from the start")
    with server() as pingtlsd:
        ended = run(command("-c", 1, f"tls://localhost:{pingtlsd.port}"))
        equal(ended.returncode, 1, "exit status")
        has(ended.stderr, "speaks clear text first", "STARTTLS")
        has(ended.stderr, r'" \(in the clear, from anyone\)$')


@test("an error is one line, whatever is in it")
def one_line() -> None:
    for words in ["a\nb"], ["--ca-file", "/no\nsuch", "host"], ["--bad\noption"]:
        ended = run([PINGTLS, *words])
        equal(ended.returncode, 2, f"exit status of {words}")
        equal(len(ended.stderr.splitlines()), 1, f"lines of {ended.stderr!r}")


main()
