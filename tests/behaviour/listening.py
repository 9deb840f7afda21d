#!/usr/bin/python3
"""It starts where it can: names, sockets, descriptors and limits as they are."""

import os
import resource
import shutil
import signal
from pathlib import Path

from peer import dialogue
from programs import (
    PATIENT,
    PINGTLSD,
    TO_SERVE,
    USER,
    Program,
    Server,
    needs_plain_build,
    pair,
    run,
    scratch,
    state,
)
from tap import ROOT, equal, has, main, needs, needs_root, test, wait_until

BASIC = [PINGTLSD, "--log", "stderr", *TO_SERVE, *PATIENT, *pair("ecdsa")]


def own_directory(name: str) -> Path:
    directory = scratch() / name
    directory.mkdir()
    if ROOT:
        shutil.chown(directory, USER)
    return directory


NAMES = """
127.0.0.1 twice.test
127.0.0.1 twice.test
127.0.0.1 half.test
203.0.113.1 half.test
203.0.113.1 none.test
"""


def served_once(pingtlsd: Program) -> None:
    port = int(pingtlsd.wait_line(r"listening on 127\.0\.0\.1:(\d+)$")[1])
    dialogue(port)
    pingtlsd.wait_line("session from")
    equal(sum("listening on 127" in x for x in pingtlsd.lines), 1, "sockets")
    pingtlsd.signal(signal.SIGTERM)
    equal(pingtlsd.wait(), 0, "exit status")


def in_namespace(**files: str) -> list:
    """What runs a command where these texts are the machine's files in /etc."""
    needs_root()
    script = []
    for name, text in files.items():
        ours = scratch() / name
        ours.write_text(text)
        ours.chmod(0o644)
        script.append(f"mount --bind {ours} /etc/{name}")
    script.append('exec "$@"')
    return [needs("unshare"), "--mount", "sh", "-c", " && ".join(script), "sh"]


def named(name: str) -> Program:
    """A pingtlsd that listens on a port of this name."""
    return Program([*in_namespace(hosts=NAMES), *BASIC, "--listen", f"{name}:0"])


@test("a name that resolves to one address twice is that address")
def repeated() -> None:
    pingtlsd = named("twice.test")
    served_once(pingtlsd)
    equal(pingtlsd.said("cannot|not listening"), None, "what it says is wrong")


@test("of a name's addresses, one that the machine lacks is warned of")
def lacking() -> None:
    pingtlsd = named("half.test")
    served_once(pingtlsd)
    pingtlsd.wait_line(r"not listening on 203\.0\.113\.1:0: Cannot assign requested")


@test("a name with no address of the machine's is an error")
def all_lacking() -> None:
    pingtlsd = named("none.test")
    pingtlsd.wait_line(r"cannot listen on 203\.0\.113\.1:0: Cannot assign requested")
    equal(pingtlsd.wait(), 1, "exit status")


@test("a unix socket is for all who reach its path, whatever the umask")
def mode() -> None:
    path = own_directory("mode") / "socket"
    before = os.umask(0o077)
    try:
        pingtlsd = Server(listen=(str(path),))
    finally:
        os.umask(before)
    equal(oct(path.stat().st_mode & 0o777), oct(0o666), "mode")
    pingtlsd.stop()


def holds_nothing(directory: Path, **environment: str) -> None:
    """With --daemonize a pipe that is inherited ends, as nobody can write to it."""
    file, path = directory / "pid", directory / "socket"
    reader, writer = os.pipe()
    daemonize = ["--daemonize", "--pid-file", file, "--listen", path]
    done = run(
        [*BASIC, *daemonize], pass_fds=[writer], env={**os.environ, **environment}
    )
    os.close(writer)
    equal(done.returncode, 0, f"exit status after {done.stderr}")
    pid = int(file.read_text())
    try:
        os.set_blocking(reader, False)
        equal(os.read(reader, 1), b"", "the pipe's end")
        assert state(pid), "the daemon has ended"
    finally:
        os.kill(pid, signal.SIGTERM)
        wait_until("the daemon ends", lambda: not state(pid))
        os.close(reader)


@test("--daemonize holds nothing open that it inherited")
def inherited() -> None:
    holds_nothing(own_directory("daemon"))
    # Sockets that another process was passed, init say.
    holds_nothing(own_directory("other"), LISTEN_FDS="1", LISTEN_PID="1")


@test("a limit on memory that is lower than its own is kept")
def low_memory() -> None:
    needs_plain_build("needs more memory")
    low = 30 << 20
    pingtlsd = Program(
        [*BASIC, "--listen", "127.0.0.1:0"],
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_DATA, (low, low)),
    )
    port = int(pingtlsd.wait_line(r"listening on 127\.0\.0\.1:(\d+)$")[1])
    dialogue(port)
    pingtlsd.wait_line("session from .*: quit")
    pingtlsd.signal(signal.SIGTERM)
    equal(pingtlsd.wait(), 0, "exit status")


@test("where memory is too little to start with, the line says for what")
def no_memory() -> None:
    needs_plain_build("needs more memory")
    failed = 0
    for low in range(2 << 20, 12 << 20, 1 << 20):
        pingtlsd = Program(
            [*BASIC, "--listen", "127.0.0.1:0"],
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_DATA, (low, low)),
        )
        wait_until(
            "it listens or has failed",
            lambda: pingtlsd.said("listening on") or state(pingtlsd.pid) == "Z",
        )
        if not pingtlsd.said("listening on"):
            failed += 1
            equal(pingtlsd.wait(), 1, f"exit status with {low} octets")
            equal(len(pingtlsd.lines), 1, f"lines of {pingtlsd.lines}")
            has(pingtlsd.lines[0], "^pingtlsd: cannot .*: .*memory")
        pingtlsd.kill()
    assert failed > 0, "it always started"


@test("a user in many groups is no obstacle")
def many_groups() -> None:
    user = "pingtls-test"
    many = "".join(f"{user}-{n}:x:{70000 + n}:{user}\n" for n in range(70))
    wrap = in_namespace(
        passwd=Path("/etc/passwd").read_text()
        + f"{user}:x:{USER}:{USER}::/:/bin/false\n",
        group=Path("/etc/group").read_text() + many,
    )
    pingtlsd = Program([*wrap, *BASIC, "--user", user, "--listen", "127.0.0.1:0"])
    pingtlsd.wait_line("listening on")
    status = Path(f"/proc/{pingtlsd.pid}/status").read_text()
    groups = next(x for x in status.splitlines() if x.startswith("Groups:"))
    assert len(groups.split()) > 70, groups
    pingtlsd.signal(signal.SIGTERM)
    equal(pingtlsd.wait(), 0, "exit status")


main()
