"""What the compiled system-call filters allow, read from the program itself."""

import ctypes
import os
import re
import sys
from pathlib import Path

ARCHITECTURE = 4  # the offset of seccomp_data.arch
NUMBER = 0  # and of seccomp_data.nr
ALLOW = 0x7FFF0000
# No number of a system call is larger.
LARGEST = 1000

# What the build has compiled, if it has libseccomp.
HEADER = Path(os.environ["PINGTLSD"]).parent / "confine/sandbox_filters.h"
FILTERED = HEADER.exists()

_libseccomp = ctypes.CDLL("libseccomp.so.2")
_libseccomp.seccomp_arch_native.restype = ctypes.c_uint32
_libseccomp.seccomp_syscall_resolve_num_arch.restype = ctypes.c_char_p


def name_of(number: int) -> str:
    native = _libseccomp.seccomp_arch_native()
    name = _libseccomp.seccomp_syscall_resolve_num_arch(native, number)
    return name.decode() if name else f"number {number}"


Program = list[tuple[int, int, int, int]]


def programs() -> dict[str, Program]:
    """The filters that the build has compiled, by their names."""
    found: dict[str, Program] = {}
    for name, code in re.findall(
        r"sock_filter (\w+)\[\] = {(.*?)};", HEADER.read_text(), re.S
    ):
        found[name] = [
            tuple(int(part, 0) for part in line.split(", "))  # type: ignore[misc]
            for line in re.findall(r"{(.*?)}", code)
        ]
    assert found, f"no filters in {HEADER}"
    return found


def may_allow(program: Program, number: int) -> bool:
    """Whether the program allows this call with some arguments.

    Follows every way through it that the arguments, of which nothing is known,
    leave open.
    """
    architecture = _libseccomp.seccomp_arch_native()
    open_ends: list[tuple[int, int | None]] = [(0, None)]
    while open_ends:
        at, value = open_ends.pop()
        code, yes, no, constant = program[at]
        match code:
            case 0x20:  # load a word of seccomp_data
                known = {NUMBER: number, ARCHITECTURE: architecture}
                open_ends.append((at + 1, known.get(constant)))
            case 0x54:  # and
                open_ends.append((at + 1, None if value is None else value & constant))
            case 0x05:
                open_ends.append((at + 1 + constant, value))
            case 0x15 | 0x25 | 0x35 | 0x45:
                if value is None:
                    taken = {yes, no}
                else:
                    holds = {
                        0x15: value == constant,
                        0x25: value > constant,
                        0x35: value >= constant,
                        0x45: value & constant != 0,
                    }[code]
                    taken = {yes if holds else no}
                open_ends += [(at + 1 + skip, value) for skip in taken]
            case 0x06:
                if constant == ALLOW:
                    return True
            case _:
                sys.exit(f"unknown instruction {code:#x}")
    return False


def allowed_calls(program: Program) -> list[str]:
    return [name_of(n) for n in range(LARGEST) if may_allow(program, n)]
