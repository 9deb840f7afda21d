"""The attempts that are made in a conversation of pingtls, and what stops each."""

from attempts import ATTEMPTS, Attempt
from attempts_in_keyholder import DEFENCES as IN_KEYHOLDER
from attempts_in_keyholder import elsewhere

# As a session, it can have no new descriptor.
LIMITED = "duplicates queues datagram open_file connect_out connect_abstract".split()
DEFENCES = {
    name: (*defences, "limits") if name in LIMITED else defences
    for name, defences in IN_KEYHOLDER.items()
}

STOPPED = tuple(
    elsewhere(a, DEFENCES[a.name]) for a in ATTEMPTS if a.name in DEFENCES
)

# What it can do, and harms no one.
HARMLESS = tuple(
    a
    for a in ATTEMPTS
    if a.name in ("spin", "receive_all", "shut_stream", "close_all", "babble")
) + (
    Attempt(
        "return_from_signal",
        "the return from a signal that never came",
        "rt_sigreturn sigreturn",
        (),
    ),
)
