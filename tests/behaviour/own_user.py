"""A user of this run alone.

No other process then counts against the limits of a pingtlsd under test, or is
within its reach, and two runs on one machine do not disturb each other.
"""

import os
import socket

# User ids that neither Debian nor systemd gives to anybody, and that a
# container's usual 65,536 include.
FIRST, LAST = 60578, 61183

# Held until the end of this process, each by its abstract name.
_claims: list[socket.socket] = []


def _users_with_processes() -> set[int]:
    users = set()
    for process in os.scandir("/proc"):
        try:
            users.add(process.stat().st_uid)
        except FileNotFoundError:
            pass  # it ended
    return users


def own_user() -> int:
    """A user id, without an account, that is this process's until it ends."""
    taken = _users_with_processes()
    claim = socket.socket(socket.AF_UNIX)
    for user in range(FIRST, LAST + 1):
        if user in taken:
            continue
        try:
            claim.bind(f"\0pingtls-tests-user-{user}")
        except OSError:
            continue  # another run's
        _claims.append(claim)
        return user
    raise RuntimeError(f"no user id from {FIRST} to {LAST} is free")
