"""Kernels and machines that lack something, played for the program to be started."""

import ctypes
import os
import signal
import struct
from pathlib import Path

# Of prctl(2) and seccomp(2).
PR_SET_SECCOMP, PR_SET_NO_NEW_PRIVS, SECCOMP_MODE_FILTER = 22, 38, 2
RET_ERRNO, RET_ALLOW = 0x00050000, 0x7FFF0000
# Of ptrace(2).
PTRACE_TRACEME, PTRACE_DETACH = 0, 17
# Of getauxval(3).
AT_IGNORE, AT_SYSINFO_EHDR = 1, 33

_libc = ctypes.CDLL(None, use_errno=True)
_libseccomp = ctypes.CDLL("libseccomp.so.2")


def number_of(call: str) -> int:
    """The number of a system call on this machine; negative: there is none."""
    return _libseccomp.seccomp_syscall_resolve_name(call.encode())


class _Rule(ctypes.Structure):
    """struct sock_filter, and sock_fprog."""

    _fields_ = [
        ("code", ctypes.c_uint16),
        ("yes", ctypes.c_uint8),
        ("no", ctypes.c_uint8),
        ("constant", ctypes.c_uint32),
    ]


class _Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_uint16), ("rules", ctypes.POINTER(_Rule))]


def refuse(call: str, error: int) -> None:
    """From now on this system call fails with the errno (seccomp(2))."""
    rules = (_Rule * 4)(
        _Rule(0x20, 0, 0, 0),  # load the number
        _Rule(0x15, 0, 1, number_of(call)),
        _Rule(0x06, 0, 0, RET_ERRNO | error),
        _Rule(0x06, 0, 0, RET_ALLOW),
    )
    program = _Program(len(rules), rules)
    if _libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) or _libc.prctl(
        PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.byref(program)
    ):
        os._exit(1)


def await_hiding() -> None:
    """In the child, before it executes a program: hide_vdso() is to come."""
    if _libc.ptrace(PTRACE_TRACEME, 0, None, None):
        os._exit(1)


def hide_vdso(pid: int) -> None:
    """Starts the program that await_hiding() came before, without a vDSO (vdso(7)).

    Where the clock is not the TSC, each look at it is a system call; so it is
    for a program that does not know where its vDSO is.
    """
    # It has stopped at the first instruction of the program.
    _, status = os.waitpid(pid, 0)
    assert os.WIFSTOPPED(status) and os.WSTOPSIG(status) == signal.SIGTRAP, status
    auxiliary = Path(f"/proc/{pid}/auxv").read_bytes()
    word = "@Q" if struct.calcsize("P") == 8 else "@I"
    size = struct.calcsize(word)
    entry = next(
        at
        for at in range(0, len(auxiliary), 2 * size)
        if struct.unpack_from(word, auxiliary, at)[0] == AT_SYSINFO_EHDR
    )
    with open(f"/proc/{pid}/maps") as maps:
        stack = next(line.split()[0] for line in maps if "[stack]" in line)
    start, end = (int(part, 16) for part in stack.split("-"))
    with open(f"/proc/{pid}/mem", "r+b", 0) as memory:
        memory.seek(start)
        found = memory.read(end - start).rindex(auxiliary.rstrip(b"\0"))
        memory.seek(start + found + entry)
        memory.write(struct.pack(word, AT_IGNORE))
    if _libc.ptrace(PTRACE_DETACH, pid, None, None):
        raise OSError(ctypes.get_errno(), "ptrace")
