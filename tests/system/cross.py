#!/usr/bin/python3
"""Built for arm64 on amd64: both programs run, and the filter fits what they do.

qemu-user(1) runs them, which filters no system calls and knows no Landlock.  So
they run without the sandbox, and what calls they make is held to the filter by
the interpreter of the unit tests.
"""

import os
import re
import socket
import struct
import subprocess
import tempfile
import threading
from itertools import dropwhile
from pathlib import Path

from tap import HANG, HANG_TEST, comment, equal, has, main, test, wait_until

HOST = "aarch64-linux-gnu"
QEMU = "qemu-aarch64"
SERVER, CLIENT = "src/pingtlsd", "src/pingtls"
WORK = Path(tempfile.mkdtemp())
CERTS = WORK / "certs"
# A user that nobody else is.
USER = "60619:60619"
# Some address.
POINTER = 4096
# What qemu writes in words, and the filter looks at.
FLAGS = {
    "NULL": 0,
    "PROT_NONE": 0,
    "PROT_READ": 1,
    "PROT_WRITE": 2,
    "PROT_EXEC": 4,
    "MAP_PRIVATE": 2,
    "MAP_SHARED": 1,
    "MAP_FIXED": 0x10,
    "MAP_ANONYMOUS": 0x20,
    "MAP_NORESERVE": 0x4000,
    "MADV_DONTNEED": 4,
    "FUTEX_PRIVATE_FLAG": 128,
    "FUTEX_WAKE": 1,
    "FUTEX_WAIT": 0,
    "MSG_NOSIGNAL": 0x4000,
    "MSG_PEEK": 2,
    "MSG_DONTWAIT": 0x40,
    "SHUT_WR": 1,
    "CLOCK_REALTIME": 0,
    "CLOCK_REALTIME_COARSE": 5,
    "CLOCK_MONOTONIC": 1,
    "CLOCK_MONOTONIC_COARSE": 6,
}
# A call with its arguments, as qemu -strace shows it.
CALL = re.compile(r"^\d+ (\w+)\((.*?)\)", re.MULTILINE)


class Said:
    """What processes write to the standard error that they share, by process.

    In one file qemu's halves of lines, a call and its result, would mix: each
    write is a packet here, with its writer's credentials (unix(7)).
    """

    def __init__(self) -> None:
        self.by_process: dict[int, str] = {}
        self._reads, self.writes = socket.socketpair(
            socket.AF_UNIX, socket.SOCK_SEQPACKET
        )
        self._reads.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        ucred = struct.Struct("3i")
        space = socket.CMSG_SPACE(ucred.size)
        while True:
            text, ancillary, *_ = self._reads.recvmsg(65536, space)
            if not text:
                return
            pid, _, _ = ucred.unpack(ancillary[0][2])
            said = self.by_process.get(pid, "")
            self.by_process[pid] = said + text.decode(errors="replace")

    def holds(self, words: str) -> bool:
        return any(words in said for said in list(self.by_process.values()))

    def end(self) -> None:
        """Waits until the last of the writers has ended."""
        self._reader.join(HANG)


said = Said()


def must(*command: object, **options) -> str:
    words = [str(word) for word in command]
    ended = subprocess.run(
        words,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=HANG_TEST,
        **options,
    )
    if ended.returncode != 0:
        raise AssertionError(f"{' '.join(words)}: {ended.stdout[-3000:]}")
    return ended.stdout


@test("they build, with filters for that machine")
def build() -> None:
    must("autoreconf", "--install")
    libraries = f"/usr/lib/{HOST}/pkgconfig:/usr/share/pkgconfig"
    environment = os.environ | {"PKG_CONFIG_LIBDIR": libraries}
    must("./configure", "--quiet", f"--host={HOST}", env=environment)
    jobs = f"-j{os.cpu_count()}"
    must("make", "-s", jobs)
    must("make", "-s", jobs, "-C", "tests", "check", "TESTS=")
    has(must("file", SERVER), "aarch64")


@test("the filters allow, refuse and kill by each call's arguments")
def filters() -> None:
    has(must(QEMU, "tests/unit/confine/test_sandbox_filter"), "^ok 1 ")


@test("a dialogue, with a signature of the keyholder's")
def dialogue() -> None:
    must("certs/make-certs", CERTS)
    pair = "--cert", CERTS / "rsa-cert.pem", "--key", CERTS / "rsa-key.pem"
    # A log of qemu's in another descriptor would be closed with all others.
    command = [QEMU, "-strace", SERVER, "--no-sandbox"]
    command += ["--user", USER, "--listen", "127.0.0.1:10001", *pair]
    with said.writes:
        server = subprocess.Popen([str(word) for word in command], stderr=said.writes)
    try:
        wait_until(
            "it listens or has ended",
            lambda: said.holds(" listen(") or server.poll() is not None,
        )
        trusting = "--ca-file", CERTS / "ca.pem", "--verify-name", "localhost"
        ping = must(QEMU, CLIENT, "-c", 2, *trusting, "127.0.0.1:10001")
        has(ping, "over TLS: 2 sent, 2 received, 0% loss")
    finally:
        server.terminate()
        server.wait()
        said.end()
    equal(server.returncode, 0, "status of the server")


def number(word: str) -> int:
    """An argument as the kernel gets it; what is pointed to does not matter."""
    if word.startswith(("{", '"', "[")):
        return POINTER
    total = 0
    for part in word.split("|"):
        total |= FLAGS[part] if part in FLAGS else int(part, 0)
    return total


def arguments(text: str) -> list[int]:
    bare = re.sub(r'"(\\.|[^"\\])*"(\.\.\.)?|\{[^}]*\}', str(POINTER), text)
    found = [number(word.strip()) for word in bare.split(",") if word.strip()]
    return (found + [0] * 6)[:6]


def is_first(call: tuple[str, str]) -> bool:
    """Whether it is a session's look at its connection."""
    return call[0] == "recvfrom" and call[1].startswith("3,")


def of_sessions() -> list[tuple[str, list[int]]]:
    """Each call that a session made from its first octet on."""
    [listener] = [text for text in said.by_process.values() if " accept4(" in text]
    made = []
    for pid in re.findall(r"^\d+ clone\(.*\) = (\d+)$", listener, re.MULTILINE):
        calls = CALL.findall(said.by_process[int(pid)])
        for name, text in dropwhile(lambda call: not is_first(call), calls):
            made.append((name, arguments(text)))
    return made


@test("each call that its session made is one that the filter allows or refuses")
def calls() -> None:
    numbers = dict(
        re.findall(
            r"^#define __NR_(\w+) (\d+)$",
            must(f"{HOST}-gcc", "-dM", "-E", "-include", "asm/unistd.h", "-xc", "/dev/null"),
            re.MULTILINE,
        )
    )
    made = of_sessions()
    names = {name for name, _ in made}
    comment(f"{len(made)} calls: {' '.join(sorted(names))}")
    assert {"recvfrom", "sendto", "exit_group"} <= names, "the session was not seen"
    text = "".join(
        f"{numbers[name]} {' '.join(map(str, given))}\n" for name, given in made
    )
    judge = subprocess.run(
        [QEMU, "tests/unit/confine/judge_calls"],
        input=text,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    verdicts = judge.stdout.split()
    equal(len(verdicts), len(made), "verdicts")
    killed = [call for call, verdict in zip(made, verdicts) if verdict == "killed"]
    equal(killed, [], "calls that would end a session")


main()
