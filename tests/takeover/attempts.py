"""The attempts: what each does, by which system calls, and what stops it."""

from collections.abc import Callable
from dataclasses import dataclass

from scene import HOSTILE, STRANGER, Scene
from programs import Server, scratch, state
from tap import wait_until

# How long harm that is on its way may take to show.
SHOWN = 2
# A listener kills a session 5 seconds after its time.
STAY_SECONDS = 10


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
    # Where the filter lacks, too, it reaches no one else.
    confined_by_structure: bool = False
    tries: int = 1  # in sessions of their own, as it succeeds now and then
    pair: str = "ecdsa"  # the service's certificate and key
    options: tuple[str, ...] = ()  # and these
    # It is about a listener: in a process that serves one connection it is not
    # made.
    listener_only: bool = False
    # By a process that serves one connection alone it can be made.
    inetd_may: bool = False
    refused: str = ""  # a system call that the kernel refuses to all
    prepare: Callable[[Scene], object] = lambda _: None  # before the session begins


def victim(scene: Scene) -> int:
    return scene.victim


def keyholder(scene: Scene) -> int:
    return scene.keyholder


def victim_ends(scene: Scene) -> bool:
    scene.send_input()
    return shows(lambda: state(scene.victim) in ("", "Z"))


def file_of_the_user(scene: Scene) -> str:
    path = scratch() / "of-the-user"
    path.write_text("not empty\n")
    path.chmod(0o666)
    return str(path)


def next_session_opens_files(scene: Scene) -> bool:
    with scene.enter() as peer:
        return scene.make(peer, "open_file", "/etc/passwd") == "made"


def shows(what: Callable[[], object]) -> bool:
    """Whether it comes true in time."""
    try:
        wait_until("", what, SHOWN)
    except AssertionError:
        return False
    return True


def forged_line(scene: Scene) -> bool:
    return shows(lambda: scene.service.said("forged line"))


def forged_client(scene: Scene) -> bool:
    return shows(lambda: scene.service.said("; client: CN=admin"))


def crash_is_not_logged(scene: Scene) -> bool:
    return not shows(lambda: scene.service.said(f"session from {HOSTILE}.* by signal"))


def stays(scene: Scene) -> bool:
    """Whether the session is there long after its time, and the listener's grace."""
    assert isinstance(scene.service, Server)
    service = scene.service
    try:
        wait_until("", lambda: not service.sessions(), STAY_SECONDS)
    except AssertionError:
        return True
    return False


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
    Attempt(
        "duplicates",
        "500 descriptors",
        "fcntl",
        ("filter", "limits"),
    ),
    Attempt(
        "queues",
        "500 queues of octets that no one reads",
        "socketpair sendto",
        ("filter", "limits"),
    ),
    Attempt("buffers", "larger buffers in the kernel", "setsockopt", ("filter",)),
    Attempt(
        "close_others",
        "descriptors of others, where close_range is refused",
        "close",
        ("closing one by one",),
        listener_only=True,
        refused="close_range",
    ),
    Attempt(
        "datagram",
        "a datagram to any socket of the machine",
        "socketpair sendto",
        ("filter", "limits"),
        lambda scene: scene.caught_path,
        Scene.datagram_came,
    ),
    Attempt(
        "write_log",
        "a line in the log",
        "write",
        ("filter", "standard descriptors"),
        harm=forged_line,
        inetd_may=True,
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
        ("filter", "limits", "landlock 1"),
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
        ("filter", "limits", "landlock 4"),
        lambda scene: scene.port,
    ),
    Attempt(
        "connect_abstract",
        "an abstract unix socket",
        "socket connect",
        ("filter", "limits", "landlock 6"),
        Scene.abstract_name,
    ),
    Attempt(
        "add_rule",
        "the root directory opened to sessions to come",
        "openat landlock_add_rule",
        ("filter", "limits", "closed ruleset"),
        harm=next_session_opens_files,
    ),
)


def no_more_upgrades(scene: Scene) -> bool:
    """Whether a client that comes now is not served, or not in time."""
    try:
        scene.bystanders.session()
    except (OSError, AssertionError):
        return True
    return False


CHANNEL = (
    Attempt(
        "in_flight",
        "descriptors on their way, which the kernel counts for the user",
        "socketpair sendmsg",
        ("filter", "limits"),
        harm=no_more_upgrades,
    ),
    Attempt(
        "linger",
        "a connection for the keyholder to close, which takes a minute",
        "setsockopt sendmsg",
        ("filter", "SO_PASSRIGHTS"),
        harm=no_more_upgrades,
        tries=50,
    ),
    Attempt("sign_twice", "two signatures", "sendto recvfrom", ("one signature",)),
    Attempt(
        "sign_raw",
        "raw RSA over what is no digest",
        "sendto recvfrom",
        ("form of what is signed",),
        pair="rsa",
    ),
    Attempt(
        "sign_old",
        "RSA over SHA-1",
        "sendto recvfrom",
        ("form of what is signed",),
        pair="rsa",
    ),
    Attempt(
        "sign_text",
        "Ed25519 over a text",
        "sendto recvfrom",
        ("form of what is signed",),
        pair="ed25519",
    ),
    Attempt(
        "shut_channel",
        "its channel to the keyholder shut",
        "shutdown",
        (),
        confined_by_structure=True,
    ),
    Attempt(
        "shrink_channel",
        "no room in its channel to the keyholder",
        "setsockopt",
        (),
        confined_by_structure=True,
    ),
    Attempt("babble", "its channel filled with what is no request", "sendto", ()),
)

RESULTS = (
    Attempt(
        "grow_result",
        "more memory of what its result is in: another's result",
        "mremap",
        ("filter", "results of their own"),
        Scene.neighbour,
        confined_by_structure=True,
        listener_only=True,
    ),
    Attempt(
        "read_memory",
        "another client's address in its own memory",
        "",
        ("tables that are not inherited",),
        lambda _: STRANGER,
        prepare=Scene.stranger,
        listener_only=True,
    ),
    Attempt(
        "read_text",
        "the address of a client that has come and gone, on its own stack",
        "",
        ("wiped stack",),
        lambda _: STRANGER[::-1],
        prepare=Scene.stranger_leaves,
        listener_only=True,
    ),
    Attempt(
        "forge_result",
        "a result that cannot be true",
        "exit_group",
        ("check of results",),
        harm=forged_line,
        listener_only=True,
    ),
    Attempt(
        "forge_words",
        "words in a result that look like other parts of the line",
        "exit_group",
        ("separators cleaned",),
        harm=forged_client,
        listener_only=True,
    ),
    Attempt(
        "crash",
        "a crash behind a result that speaks of none",
        "",
        (),
        harm=crash_is_not_logged,
        listener_only=True,
    ),
    Attempt(
        "stay",
        "no end when its time is over",
        "ppoll",
        ("kill by the listener",),
        harm=stays,
        options=("--session-timeout", "1"),
        listener_only=True,
    ),
)

HARMLESS = (
    Attempt(
        "spin",
        "calls without end that reach no one",
        "getrandom clock_gettime gettimeofday time futex munmap ppoll getpid",
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

ATTEMPTS = HARMLESS + RESULTS + CHANNEL + MEMORY + DESCRIPTORS + OTHERS
