"""The attempts: what each does, by which system calls, and what stops it."""

from collections.abc import Callable
from dataclasses import dataclass

from scene import Scene
from programs import scratch, state
from tap import wait_until

# How long harm that is on its way may take to show.
SHOWN = 2


@dataclass
class Attempt:
    name: str  # in the library
    what: str  # as a person would say it
    calls: str  # the system calls that it makes; "all": very many
    # Each of them alone stops it (DEFENCES of takeover.py; "landlock N": from
    # its version N on).  None: it can be made, and reaches no one else.
    defences: tuple[str, ...]
    argument: Callable[[Scene], object] = lambda _: ""
    # Whether it harmed others; None: that it can be made is harm enough.
    harm: Callable[[Scene], bool] | None = None
    # By a process that serves one connection alone it can be made.
    instance_may: bool = False


def victim(scene: Scene) -> int:
    return scene.victim


def keyholder(scene: Scene) -> int:
    return scene.keyholder


def victim_ends(scene: Scene) -> bool:
    try:
        wait_until("", lambda: state(scene.victim) in ("", "Z"), SHOWN)
    except AssertionError:
        return False
    return True


def file_of_the_user(scene: Scene) -> str:
    path = scratch() / "of-the-user"
    path.write_text("not empty\n")
    path.chmod(0o666)
    return str(path)


def next_session_opens_files(scene: Scene) -> bool:
    with scene.enter() as peer:
        return scene.make(peer, "open_file", "/etc/passwd") == "made"


def forged_line(scene: Scene) -> bool:
    return scene.service.said("forged line") is not None


MEMORY = (
    Attempt("private", "64 MiB of memory", "mmap", ("limits",)),
    Attempt("heap", "64 MiB of heap", "brk", ("limits",)),
    Attempt("turned", "64 MiB made writable later", "mmap mprotect", ("limits",)),
    Attempt(
        "shared", "64 MiB of shared memory, which no limit counts", "mmap", ("filter",)
    ),
    Attempt("stacks", "64 MiB of stacks, which no limit counts", "mmap", ("filter",)),
    Attempt("code", "memory to execute", "mmap", ("filter",)),
    Attempt("code_later", "memory made executable", "mmap mprotect", ("filter",)),
    Attempt("merge", "memory merged with that of others", "mmap madvise", ("filter",)),
)

DESCRIPTORS = (
    Attempt("duplicates", "500 descriptors", "fcntl", ("filter",)),
    Attempt("buffers", "larger buffers in the kernel", "setsockopt", ("filter",)),
    Attempt(
        "datagram",
        "a datagram to any socket of the machine",
        "socketpair sendto",
        ("filter",),
        lambda scene: scene.caught_path,
        Scene.datagram_came,
    ),
    Attempt(
        "write_log",
        "a line in the log",
        "write",
        ("filter", "standard descriptors"),
        harm=forged_line,
        instance_may=True,
    ),
    Attempt(
        "signal_by_input",
        "SIGKILL to the listener when input comes",
        "fcntl",
        ("filter", "landlock 6"),
        victim,
        victim_ends,
    ),
)

OTHERS = (
    Attempt(
        "open_file",
        "a file opened",
        "openat",
        ("filter", "landlock 1"),
        lambda _: "/etc/passwd",
    ),
    Attempt(
        "empty_file",
        "a file emptied",
        "truncate",
        ("filter", "landlock 3"),
        file_of_the_user,
    ),
    Attempt("execute", "a program run", "all", ("filter", "landlock 1")),
    Attempt("fork_off", "a process", "clone", ("filter", "limits")),
    Attempt(
        "kill_other",
        "SIGKILL to the listener",
        "kill",
        ("filter", "landlock 6"),
        victim,
        victim_ends,
    ),
    Attempt(
        "trace_other",
        "tracing the keyholder",
        "ptrace",
        ("filter", "not dumpable", "landlock 1"),
        keyholder,
    ),
    Attempt(
        "limit_other",
        "no more descriptors for the listener",
        "prlimit64",
        ("filter",),
        victim,
    ),
    Attempt(
        "slow_other",
        "less processor time for the listener",
        "setpriority",
        ("filter",),
        victim,
    ),
    Attempt(
        "connect_out",
        "a TCP connection",
        "socket connect",
        ("filter", "landlock 4"),
        lambda scene: scene.port,
    ),
    Attempt(
        "connect_abstract",
        "an abstract unix socket",
        "socket connect",
        ("filter", "landlock 6"),
        Scene.abstract_name,
    ),
    Attempt(
        "add_rule",
        "the root directory opened to sessions to come",
        "openat landlock_add_rule",
        ("filter", "closed ruleset"),
        harm=next_session_opens_files,
    ),
)

HARMLESS = (
    Attempt(
        "spin",
        "calls without end that reach no one",
        "getrandom clock_gettime gettimeofday time futex munmap ppoll",
        (),
    ),
    Attempt("receive_all", "every descriptor received from", "recvfrom", ()),
    Attempt("shut_stream", "its own connection shut", "shutdown", ()),
    Attempt(
        "close_all",
        "every descriptor closed, and an end without a word",
        "close exit_group",
        (),
    ),
)

ATTEMPTS = HARMLESS + MEMORY + DESCRIPTORS + OTHERS
