#!/usr/bin/python3
"""Every way to run it ends in the same dialogue."""

import os
import pwd
import re
import shutil
import signal
import socket
import subprocess
from pathlib import Path

from peer import ask, connect, dialogue, upgrade
from programs import (
    AS_USER,
    PINGTLSD,
    TO_SERVE,
    USER,
    Program,
    Server,
    cert,
    command_name,
    free_port,
    key,
    needs_libsystemd,
    pair,
    run,
    scratch,
    server,
    socket_activate,
    state,
)
from tap import HANG, ROOT, Skip, comment, equal, has, main, needs, test, wait_until


def upgrade_on(peer: socket.socket) -> None:
    """One whole dialogue on a connected socket of any kind."""
    ask(peer, b"PING\n", b"PONG\n")
    tls = upgrade(peer)
    ask(tls, b"PING\n", b"PONG\n")
    tls.sendall(b"QUIT\n")
    equal(tls.read_rest(), b"", "after QUIT")


def unix(path: Path) -> socket.socket:
    peer = socket.socket(socket.AF_UNIX)
    peer.settimeout(HANG)
    peer.connect(str(path))
    return peer


def has_ipv6() -> bool:
    """Whether this machine's loopback has ::1."""
    disabled = Path("/proc/sys/net/ipv6/conf/lo/disable_ipv6")
    return disabled.exists() and disabled.read_text() == "0\n"


def reached(port: int) -> bool:
    try:
        connect(port).close()
    except ConnectionRefusedError:
        return False
    return True


def inetd_words(how: tuple = TO_SERVE) -> list[str]:
    """The command of an exec'd way, which inetd would have in its file."""
    return [PINGTLSD, "--inetd", *how, *pair("ecdsa"), *pair("rsa")]


@test("several addresses at once: IPv4, IPv6 and a unix socket")
def several() -> None:
    # The service user must be able to remove its socket at the end.
    directory = scratch() / "several"
    directory.mkdir()
    if ROOT:
        shutil.chown(directory, USER)
    path = directory / "socket"
    listen = ["127.0.0.1:0", "127.0.0.2:0", str(path)]
    if has_ipv6():
        listen.append("[::1]:0")
    else:
        comment("no IPv6 on this machine's loopback: left out")
    with server(listen=tuple(listen)) as pingtlsd:
        for address in pingtlsd.addresses():
            if address.startswith("/"):
                peer = unix(path)
            else:
                host, _, port = address.rpartition(":")
                peer = connect(int(port), host.strip("[]"))
            with peer:
                upgrade_on(peer)
    assert not path.exists(), "the unix socket's path stays behind"


@test("the unix socket of a service that was killed is taken over")
def stale_unix_socket() -> None:
    path = scratch() / "stale.sock"
    killed = Server(listen=(str(path),))
    killed.kill()
    if not path.exists():
        raise AssertionError("SIGKILL left no socket: the test is wrong")
    with server(listen=(str(path),)), unix(path) as peer:
        upgrade_on(peer)


@test("a port given alone is served on every address")
def port_alone() -> None:
    port = free_port()
    with server(listen=(str(port),)):
        for host in ["127.0.0.1", "::1"] if has_ipv6() else ["127.0.0.1"]:
            with connect(port, host) as peer:
                upgrade_on(peer)


def inetd_on(ours: socket.socket, theirs: socket.socket, stderr_too: bool) -> None:
    """--inetd on fd 0, 1 and maybe 2, as inetd and systemd would."""
    ours.settimeout(HANG)
    with ours:
        with theirs:
            process = Program(
                inetd_words(),
                stdin=theirs,
                stdout=theirs,
                stderr=theirs if stderr_too else subprocess.DEVNULL,
            )
        upgrade_on(ours)
    equal(process.wait(), 0, "exit status")
    wait_until("no process stays", lambda: not process.session())


@test("--inetd on an accepted TCP connection, on a unix socket, on a socketpair")
def inetd_sockets() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        ours = connect(listener.getsockname()[1])
        inetd_on(ours, listener.accept()[0], False)
    inetd_on(*socket.socketpair(), False)


@test("--inetd with standard error on the socket too: no log line in the dialogue")
def inetd_stderr() -> None:
    inetd_on(*socket.socketpair(), True)


@test("--inetd on what is not a connected socket is refused in one line")
def inetd_without_socket() -> None:
    for options in {"stdin": subprocess.DEVNULL}, {"stdin": subprocess.PIPE}:
        ended = subprocess.run(
            # The log is syslog; this is for who typed it.
            inetd_words(AS_USER),
            stderr=subprocess.PIPE,
            text=True,
            timeout=HANG,
            **options,
        )
        equal(ended.returncode, 2, "exit status")
        equal(len(ended.stderr.splitlines()), 1, f"lines of {ended.stderr!r}")
        has(ended.stderr, "^pingtlsd: --inetd: ", "no connected socket", "inetd\\(8\\)")


@test("--inetd with --listen is refused")
def ambiguous() -> None:
    ended = run([*inetd_words(AS_USER), "--listen", "127.0.0.1:0", "--log", "stderr"])
    assert ended.returncode in (1, 2), ended.returncode
    has(ended.stderr, "^pingtlsd: ", "inetd", "listen")


@test("--inetd reads the key only when STARTTLS comes")
def inetd_key_late() -> None:
    path = scratch() / "late-key.pem"
    path.touch()  # opened at the start, by whoever may read it then
    if ROOT:
        shutil.chown(path, USER)
    command = [PINGTLSD, "--inetd", "--log", "stderr", *TO_SERVE]
    ours, theirs = socket.socketpair()
    ours.settimeout(HANG)
    with ours:
        with theirs:
            process = Program(
                [*command, "--cert", cert("ecdsa"), "--key", path],
                stdin=theirs,
                stdout=theirs,
                stderr=subprocess.DEVNULL,
            )
        ask(ours, b"PING\n", b"PONG\n")
        path.write_bytes(Path(key("ecdsa")).read_bytes())
        ask(upgrade(ours), b"PING\n", b"PONG\n")
    process.wait()
    wait_until("no process stays", lambda: not process.session())


@test("under tcpserver")
def tcpserver() -> None:
    # -1 prints the port, -R and -H and -l keep it from asking the network.
    words = [needs("tcpserver"), "-1RHl0", "127.0.0.1", "0", *inetd_words()]
    process = Program(words, stderr=subprocess.DEVNULL)
    port = int(process.wait_line(r"^(\d+)$")[1])
    for _ in range(3):
        with connect(port) as peer:
            upgrade_on(peer)
    process.kill()


@test("under inetd")
def inetd() -> None:
    tool = needs("inetd")
    port = free_port()
    configuration = scratch() / "inetd.conf"
    try:
        user = pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        raise Skip("inetd knows users by name, and this one has none") from None
    words = " ".join([PINGTLSD, "pingtlsd", *inetd_words()[1:]])
    configuration.write_text(f"127.0.0.1:{port} stream tcp nowait {user} {words}\n")
    process = Program([tool, "-i", str(configuration)])
    wait_until("inetd listens", lambda: reached(port))
    with connect(port) as peer:
        upgrade_on(peer)
    process.kill()


def activated(*options: str, command: list[str]) -> None:
    process, port = socket_activate(*options, command=command)
    for _ in range(3):
        with connect(port) as peer:
            upgrade_on(peer)
    process.kill()


@test("socket-activated, one service for all connections (Accept=no)")
def accept_no() -> None:
    activated(command=[PINGTLSD, "--log", "stderr", *TO_SERVE, *pair("ecdsa")])


@test("socket-activated, one instance per connection (Accept=yes)")
def accept_yes() -> None:
    activated("--accept", "--inetd", command=inetd_words())


@test("socket-activated, one instance per connection on LISTEN_FDS")
def accept_yes_listen_fds() -> None:
    activated(
        "--accept", command=[PINGTLSD, "--log", "stderr", *TO_SERVE, *pair("ecdsa")]
    )


@test("sockets that are passed to another process are warned of, and left alone")
def passed_to_another() -> None:
    needs_libsystemd()
    environment = os.environ | {"LISTEN_FDS": "1", "LISTEN_PID": "1"}
    with server(env=environment) as pingtlsd:
        warned = f"LISTEN_PID is 1, and this process {pingtlsd.pid}: the sockets"
        pingtlsd.wait_line(f"{warned} passed are not taken")
        dialogue(pingtlsd.port)


@test("--daemonize returns when connections are accepted; the pid file says who")
def daemonize() -> None:
    port, pid_file = free_port(), scratch() / "pingtlsd.pid"
    started = run(
        [PINGTLSD, "--daemonize", "--pid-file", pid_file, *TO_SERVE]
        + ["--listen", f"127.0.0.1:{port}", *pair("ecdsa")]
    )
    equal(started.returncode, 0, f"exit status: {started.stderr}")
    warnings = [x for x in started.stderr.splitlines() if "--no-sandbox" not in x]
    equal(warnings, [], "standard error")
    pid = int(pid_file.read_text())
    try:
        equal(command_name(pid), "pingtlsd")
        assert os.getsid(pid) != os.getsid(0), "still in our session"
        dialogue(port)
    finally:
        os.kill(pid, signal.SIGTERM)
        # A zombie has ended: its parent is init, or what a container has for it.
        wait_until("the daemon ends", lambda: state(pid) in ("", "Z"))
    assert not reached(port)


@test("--daemonize that cannot start says so and returns an error")
def daemonize_error() -> None:
    with socket.create_server(("127.0.0.1", 0)) as held:
        address = f"127.0.0.1:{held.getsockname()[1]}"
        ended = run(
            [PINGTLSD, "--daemonize", *AS_USER, "--listen", address, *pair("ecdsa")]
        )
    equal(ended.returncode, 1, "exit status")
    has(ended.stderr, re.escape(address), "Address already in use")


main()
